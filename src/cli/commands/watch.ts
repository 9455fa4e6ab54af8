// `confdit watch`: what changes in the configuration of a running server, as it changes, and by whom. With several servers of a
// cluster it goes on at the next when one is lost: numbers of changes are the same at all of them.

import { Dn } from '../../ldap/dn.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import { livingTimer } from '../../time/deadline.ts';
import { CommandError, type Invocation, UsageError, type World } from '../command.ts';
import type { ServerConnection } from '../connection/server-connection.ts';
import { ExitCode } from '../exit-code.ts';
import { type ChangelogLine, formatChangelogLine, historyOnline } from '../history-listing.ts';
import { aborted, untilEnded } from '../ongoing.ts';
import { openServer } from './open-directory.ts';
import { serversOf } from './other-servers.ts';

const ROOT = 'cn=config';
/** The pause after all servers were tried in vain, in milliseconds; each is twice the one before. Together they are two minutes. */
const FIRST_PAUSE_MS = 250;
const ROUNDS_MAX = 10;

interface Watched {
  readonly base: Dn;
  readonly print: (line: ChangelogLine) => void;
  /** Called when changes are being reported. */
  readonly begun: () => void;
}

/** How far the printing has come. */
interface Progress {
  left: number;
  /** Number of the last change that is dealt with; undefined before there is a server. */
  seen: number | undefined;
  /** That change, as the server had it that told of it; undefined if nothing has told of it yet. */
  last: ChangelogLine | undefined;
}

/** Prints changes until it is interrupted, or has printed as many as were asked for. */
export async function watch(invocation: Invocation, world: World): Promise<ExitCode> {
  const base = Dn.parse(invocation.value('baseDN') ?? ROOT);
  const progress: Progress = { left: countOf(invocation), seen: undefined, last: undefined };
  const servers = serversOf(invocation);
  let failures = 0;
  const begun = () => {
    if (progress.seen === undefined) tellStart(base, world);
    failures = 0;
  };
  const watched: Watched = { base, print: printerOf(invocation, world), begun };
  await untilEnded(world, async (signal) => {
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        await watchOne(servers[attempt % servers.length] ?? invocation, world, { watched, progress, signal });
        return;
      } catch (error) {
        failures += 1;
        if (servers.length === 1 || !mayPass(error)) throw error;
        const rounds = failures / servers.length;
        if (rounds >= ROUNDS_MAX) throw error;
        if (Number.isInteger(rounds)) await pause(FIRST_PAUSE_MS * 2 ** (rounds - 1), signal);
      }
    }
  });
  return ExitCode.success;
}

async function watchOne(
  invocation: Invocation,
  world: World,
  { watched, progress, signal }: { watched: Watched; progress: Progress; signal: AbortSignal },
): Promise<void> {
  const server = await openServer(invocation, world);
  try {
    await follow(server, watched, progress, signal);
  } finally {
    await server.close();
  }
}

async function follow(
  server: ServerConnection,
  { base, print, begun }: Watched,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const interrupted = aborted(signal);
  let heard = Promise.withResolvers<void>();
  // The first of all: what changes while the number of the last change is read is not missed.
  const lost = server.watch(base.toString(), () => heard.resolve());
  let last = await Promise.race([lastNumber(server), lost]);
  begun();
  progress.seen ??= last;
  let isSame = progress.last === undefined;
  for (;;) {
    const { seen } = progress;
    if (last >= seen && !isSame) {
      await requireSameHistory(server, progress.last);
      isSame = true;
    }
    if (last > seen) {
      const lines = await historyOnline(server, { limit: last - seen, to: last });
      for (const line of lines.filter(({ dn }) => isWithin(dn, base)).slice(0, progress.left)) {
        print(line);
        progress.left--;
      }
      progress.seen = last;
      progress.last = lines.at(-1);
    }
    if (progress.left <= 0) return;
    await Promise.race([heard.promise, lost, interrupted]);
    if (signal.aborted) return;
    heard = Promise.withResolvers();
    last = await Promise.race([lastNumber(server), lost]);
  }
}

/** Throws CommandError if a server does not have a change as another one has told of it. */
async function requireSameHistory(server: ServerConnection, told: ChangelogLine | undefined): Promise<void> {
  if (told === undefined) return;
  const here = await historyOnline(server, { limit: 1, to: told.number }).catch((error: unknown) => {
    if (error instanceof LdapError) return [];
    throw error;
  });
  if (here.some(({ at, by, dn }) => at === told.at && by === told.by && dn === told.dn)) return;
  throw new CommandError(
    `The next server does not have change ${told.number} in its changelog as the one before had it: it is of another cluster, or ` +
      'was made with join after that change. Give servers with --otherServer that have it.',
    ExitCode.failed,
  );
}

/** Resolves after some milliseconds, or when the signal aborts. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = livingTimer(ms, resolve);
  await Promise.race([promise, aborted(signal)]);
  cancel();
}

/** Returns true if another server may do better, or the same one later. */
function mayPass(error: unknown): boolean {
  if (!(error instanceof CommandError)) return false;
  return PASSING.has(error.exitCode);
}

const PASSING: ReadonlySet<ExitCode> = new Set([ExitCode.serverDown, ExitCode.connectError, ExitCode.other]);

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
