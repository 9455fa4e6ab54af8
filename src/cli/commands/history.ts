// `confdit history`, `diff` and `rollback`: what was changed, what is different, and back. From a running server, or from
// the files of an instance, which may be read at any time and are changed only while no server runs.

import { formatChange } from '../../codec/ldif-writer.ts';
import { changesOf } from '../../directory/entry-difference.ts';
import { unlimited } from '../../directory/octet-budget.ts';
import { historyIn } from '../../instance/open-history.ts';
import type { Change } from '../../ldap/change.ts';
import { Oid } from '../../ldap/oids.ts';
import { askYesOrNo } from '../ask.ts';
import { type Command, CommandError, type Invocation, UsageError, type World } from '../command.ts';
import { CONNECTION_OPTIONS } from '../connection/connection-options.ts';
import { ExitCode } from '../exit-code.ts';
import {
  type ChangelogLine,
  formatChangelogLine,
  type HistoryRange,
  historyOffline,
  historyOnline,
} from '../offline/history-listing.ts';
import { formatJson, JSON_OPTION } from '../output.ts';
import { INSTANCE_OPTIONS, instanceOf } from './instance-options.ts';
import {
  configFolderOf,
  inWords,
  OFFLINE_OPTION,
  openOfflineInstance,
  schemaOf,
} from './offline-instance.ts';
import { openServer } from './open-directory.ts';

const GROUP = 'History';
const LIMIT = 20;
const OPTIONS = [...INSTANCE_OPTIONS, OFFLINE_OPTION, ...CONNECTION_OPTIONS];

export const historyCommand: Command = {
  name: 'history',
  group: GROUP,
  synopsis: 'Lists the last changes: number, time, who, what was done to which entry.',
  options: [
    ...OPTIONS,
    { name: 'limit', short: 'l', value: 'COUNT', synopsis: `how many changes (default: ${LIMIT})` },
    { name: 'to', value: 'NUMBER', synopsis: 'the last change to list (default: the last there is)' },
    { name: 'changes', short: 'c', synopsis: 'the changes themselves, as LDIF' },
    JSON_OPTION,
  ],
  run: history,
};

export const diffCommand: Command = {
  name: 'diff',
  group: GROUP,
  operands: 'FROM [TO]',
  synopsis:
    'Prints as LDIF what leads from the state after one change to that after another, or to the present.',
  options: OPTIONS,
  run: diff,
};

export const rollbackCommand: Command = {
  name: 'rollback',
  group: GROUP,
  synopsis:
    'Makes the configuration what it was after an earlier change: one change, checked and journaled like any other.',
  description:
    'What it will do is shown as LDIF first. What people may set becomes as it was, in the same order; entryUUID and\n' +
    'timestamps tell of the rollback, and an entry that had been deleted comes back under a new entryUUID.',
  options: [
    ...OPTIONS,
    { name: 'to', value: 'NUMBER', synopsis: 'back to the state after this change' },
    { name: 'dry-run', synopsis: 'check and show everything, and change nothing' },
  ],
  run: rollback,
};

async function history(invocation: Invocation, world: World): Promise<ExitCode> {
  const limit = numberOf(invocation.value('limit') ?? String(LIMIT), 'limit');
  const to = invocation.value('to');
  const range: HistoryRange = { limit, ...(to === undefined ? {} : { to: numberOf(to, 'to') }) };
  const hasChanges = invocation.has('changes');
  const print = (lines: readonly ChangelogLine[]) => {
    if (!invocation.has('json')) {
      for (const line of lines) world.stdout.write(formatChangelogLine(line, hasChanges));
      return;
    }
    const shown = lines.map(({ changes, ...line }) => (hasChanges ? { ...line, changes } : line));
    world.stdout.write(formatJson(shown));
  };
  if (invocation.has('offline')) {
    const choice = instanceOf(invocation, world);
    const past = historyIn(await configFolderOf(choice), await schemaOf(choice));
    print(await inWords(async () => historyOffline(past.reader, range)));
    return ExitCode.success;
  }
  const server = await openServer(invocation, world);
  try {
    print(await historyOnline(server, range));
    return ExitCode.success;
  } finally {
    await server.close();
  }
}

async function diff(invocation: Invocation, world: World): Promise<ExitCode> {
  const [first, second, ...others] = invocation.operands;
  if (first === undefined || others.length > 0)
    throw new UsageError('diff takes the number of one change or of two.');
  const from = numberOf(first, 'FROM');
  const to = second === undefined ? undefined : numberOf(second, 'TO');
  if (invocation.has('offline')) {
    const choice = instanceOf(invocation, world);
    const schema = await schemaOf(choice);
    const past = historyIn(await configFolderOf(choice), schema);
    const differences = await inWords(async () => past.differences(from, to ?? past.lastNumber, unlimited()));
    world.stdout.write(formatAll(changesOf(differences, schema)));
    return ExitCode.success;
  }
  const { ldif } = await ask(invocation, world, Oid.differences, { from, to });
  world.stdout.write(ldif);
  return ExitCode.success;
}

interface RollbackAnswer {
  readonly from: number;
  readonly number?: number | undefined;
  readonly notes?: readonly string[];
  readonly ldif: string;
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

/** Shows what it would do, asks, and does that and nothing else: a change in between is refused. */
async function rollback(invocation: Invocation, world: World): Promise<ExitCode> {
  const to = numberOf(invocation.value('to') ?? missing('to'), 'to');
  if (!invocation.has('offline')) {
    return rollbackBy((request) => ask(invocation, world, Oid.rollback, request), to, invocation, world);
  }
  const instance = await openOfflineInstance(instanceOf(invocation, world), world);
  const roll = ({ to: target, expected, trial }: RollbackRequest) =>
    inWords(async () => {
      const { changes, ...done } = await instance.history.rollBack(
        { to: target, expected, isTrial: trial },
        instance.requester,
        unlimited(),
      );
      return { ...done, ldif: formatAll(changes) };
    });
  try {
    return await rollbackBy(roll, to, invocation, world);
  } finally {
    await instance.close();
  }
}

interface RollbackRequest {
  readonly to: number;
  readonly expected?: number;
  readonly trial: boolean;
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

function formatAll(changes: readonly Change[]): string {
  return changes.map(formatChange).join('\n');
}

function numberOf(text: string, name: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new UsageError(`${name} is ${JSON.stringify(text)}; it must be a whole number.`);
}

function missing(name: string): never {
  throw new UsageError(`--${name} is missing.`);
}
