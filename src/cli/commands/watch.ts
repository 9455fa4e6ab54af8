// `confdit watch`: what changes in the configuration of a running server, as it changes, and by whom.

import { Dn } from '../../ldap/dn.ts';
import { type Invocation, UsageError, type World } from '../command.ts';
import type { ServerConnection } from '../connection/server-connection.ts';
import { ExitCode } from '../exit-code.ts';
import { type ChangelogLine, formatChangelogLine, historyOnline } from '../history-listing.ts';
import { aborted, untilEnded } from '../ongoing.ts';
import { openServer } from './open-directory.ts';

const ROOT = 'cn=config';

/** Prints changes until it is interrupted, or has printed as many as were asked for. */
export async function watch(invocation: Invocation, world: World): Promise<ExitCode> {
  const base = Dn.parse(invocation.value('baseDN') ?? ROOT);
  const print = printerOf(invocation, world);
  let left = countOf(invocation);
  const server = await openServer(invocation, world);
  try {
    await untilEnded(world, async (signal) => {
      const interrupted = aborted(signal);
      let heard = Promise.withResolvers<void>();
      // The first of all: what changes while the number of the last change is read is not missed.
      const lost = server.watch(base.toString(), () => heard.resolve());
      let seen = await Promise.race([lastNumber(server), lost]);
      tellStart(base, world);
      while (left > 0) {
        await Promise.race([heard.promise, lost, interrupted]);
        if (signal.aborted) return;
        heard = Promise.withResolvers();
        const last = await Promise.race([lastNumber(server), lost]);
        if (last <= seen) continue;
        const lines = await historyOnline(server, { limit: last - seen, to: last });
        seen = last;
        for (const line of lines.filter(({ dn }) => isWithin(dn, base)).slice(0, left)) {
          print(line);
          left--;
        }
      }
    });
    return ExitCode.success;
  } finally {
    await server.close();
  }
}

/** To whoever sits at a terminal: until something changes nothing else is to be seen. */
function tellStart(base: Dn, { stderr }: Pick<World, 'stderr'>): void {
  if (stderr.isTTY === true)
    stderr.write(`Changes of ${base} are reported as they are made. Ctrl-C ends this.\n`);
}

function printerOf(invocation: Invocation, { stdout }: Pick<World, 'stdout'>): (line: ChangelogLine) => void {
  const hasChanges = invocation.has('changes');
  if (!invocation.has('json')) return (line) => void stdout.write(formatChangelogLine(line, hasChanges));
  return ({ changes, ...line }) =>
    void stdout.write(`${JSON.stringify(hasChanges ? { ...line, changes } : line)}\n`);
}

function countOf(invocation: Invocation): number {
  const written = invocation.value('count');
  if (written === undefined) return Number.POSITIVE_INFINITY;
  if (/^[1-9]\d{0,8}$/.test(written)) return Number(written);
  throw new UsageError(`--count is ${JSON.stringify(written)}; it must be a whole number from 1 on.`);
}

async function lastNumber(server: ServerConnection): Promise<number> {
  const [root] = await server.search({ base: '', scope: 'base', attributes: ['lastChangeNumber'] });
  return Number(root?.first('lastchangenumber') ?? 0);
}

/** Names are compared as cn=config compares them: without regard to case. */
function isWithin(text: string, base: Dn): boolean {
  const rdns = Dn.parse(text).rdns;
  const tail = base.rdns.length === 0 ? [] : rdns.slice(-base.rdns.length);
  return JSON.stringify(tail).toLowerCase() === JSON.stringify(base.rdns).toLowerCase();
}
