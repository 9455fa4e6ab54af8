// `confdit diff` and `confdit rollback`: what is different, and the way back. A running server is asked, or the files of an
// instance, which are changed only while no server runs.

import { Oid } from '../../ldap/oids.ts';
import { askYesOrNo } from '../ask.ts';
import { numberOf } from '../change-number.ts';
import { CommandError, type Invocation, UsageError, type World } from '../command.ts';
import { ExitCode } from '../exit-code.ts';
import type { RollbackAnswer, RollbackRequest } from '../offline/history-files.ts';
import { instanceOf } from './instance-options.ts';
import { openServer } from './open-directory.ts';

/** Prints what leads from one state to another. */
export async function diff(invocation: Invocation, world: World): Promise<ExitCode> {
  const [first, second, ...others] = invocation.operands;
  if (first === undefined || others.length > 0)
    throw new UsageError('diff takes the number of one change or of two.');
  const from = numberOf(first, 'FROM');
  const to = second === undefined ? undefined : numberOf(second, 'TO');
  if (invocation.has('offline')) {
    const { diffOffline } = await import('../offline/history-files.ts');
    world.stdout.write(await diffOffline(instanceOf(invocation, world), { from, to }, world));
    return ExitCode.success;
  }
  const { ldif } = await ask(invocation, world, Oid.differences, { from, to });
  world.stdout.write(ldif);
  return ExitCode.success;
}

/** Throws CommandError for anything that this version does not answer. */
function decodeRollbackAnswer(answer: unknown): RollbackAnswer {
  if (typeof answer === 'object' && answer !== null) {
    const { from, number, notes = [], ldif }: Partial<Record<keyof RollbackAnswer, unknown>> = answer;
    const isNumbered = typeof from === 'number' && (number === undefined || typeof number === 'number');
    if (isNumbered && typeof ldif === 'string' && Array.isArray(notes)) {
      return { from, number, notes: notes.filter((note) => typeof note === 'string'), ldif };
    }
  }
  throw new CommandError(
    'The server has answered something that this version of confdit does not know.',
    ExitCode.failed,
  );
}

/** Shows the change, asks, and makes it; a change in between is refused. */
export async function rollback(invocation: Invocation, world: World): Promise<ExitCode> {
  const to = numberOf(invocation.value('to') ?? missing('to'), 'to');
  if (!invocation.has('offline')) {
    return rollbackBy((request) => ask(invocation, world, Oid.rollback, request), to, invocation, world);
  }
  const { openRollback } = await import('../offline/history-files.ts');
  const offline = await openRollback(instanceOf(invocation, world), world);
  try {
    return await rollbackBy(offline.roll, to, invocation, world);
  } finally {
    await offline.close();
  }
}

async function rollbackBy(
  roll: (request: RollbackRequest) => Promise<RollbackAnswer>,
  to: number,
  invocation: Invocation,
  world: World,
): Promise<ExitCode> {
  const { from, ldif } = await roll({ to, trial: true });
  if (ldif === '') {
    world.stdout.write(`Nothing is different: after change ${from} all is as it was after change ${to}.\n`);
    return ExitCode.success;
  }
  world.stdout.write(ldif);
  if (invocation.has('dry-run')) return ExitCode.success;
  if (!invocation.has('no-prompt') && !(await askYesOrNo('Shall that be done?', world)))
    return ExitCode.cancelled;
  const { number, notes = [] } = await roll({ to, expected: from, trial: false });
  world.stdout.write(`\nChange ${number} makes it so.\n`);
  for (const note of notes) world.stdout.write(`${note}\n`);
  return ExitCode.success;
}

async function ask(
  invocation: Invocation,
  world: World,
  oid: string,
  request: object,
): Promise<RollbackAnswer> {
  const server = await openServer(invocation, world);
  try {
    const answer: unknown = JSON.parse(await server.extended(oid, JSON.stringify(request)));
    return decodeRollbackAnswer(answer);
  } finally {
    await server.close();
  }
}

function missing(name: string): never {
  throw new UsageError(`--${name} is missing.`);
}
