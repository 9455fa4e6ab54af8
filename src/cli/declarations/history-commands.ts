// The commands of what came before: the last changes, differences, and the way back.

import type { Command } from '../command.ts';
import { INSTANCE_OPTIONS } from '../commands/instance-options.ts';
import { CONNECTION_OPTIONS } from '../connection/connection-options.ts';
import { JSON_OPTION } from '../output-options.ts';
import { OFFLINE_OPTION } from './tree-options.ts';

const GROUP = 'History';
const OPTIONS = [...INSTANCE_OPTIONS, OFFLINE_OPTION, ...CONNECTION_OPTIONS];

const historyCommand: Command = {
  name: 'history',
  group: GROUP,
  synopsis: 'Lists the last changes: number, time, who, and what was done to which entry.',
  options: [
    ...OPTIONS,
    { name: 'limit', short: 'l', value: 'COUNT', synopsis: 'how many changes (default: 20)' },
    { name: 'to', value: 'NUMBER', synopsis: 'the last change to list (default: the last there is)' },
    { name: 'changes', short: 'c', synopsis: 'the changes themselves, as LDIF' },
    JSON_OPTION,
  ],
  run: async (...typed) => (await import('../commands/history.ts')).history(...typed),
};

const diffCommand: Command = {
  name: 'diff',
  group: GROUP,
  operands: 'FROM [TO]',
  synopsis:
    'Prints as LDIF the difference between the states after two changes, or between one and the present.',
  options: OPTIONS,
  run: async (...typed) => (await import('../commands/diff-and-rollback.ts')).diff(...typed),
};

const rollbackCommand: Command = {
  name: 'rollback',
  group: GROUP,
  synopsis:
    'Restores the configuration as it was after an earlier change, in one change that is checked like any other.',
  description:
    'The change is shown as LDIF first. What people may set becomes as it was, in the same order; entryUUID and\n' +
    'timestamps are those of the rollback, and an entry that had been deleted comes back with a new entryUUID.',
  options: [
    ...OPTIONS,
    { name: 'to', value: 'NUMBER', synopsis: 'back to the state after this change' },
    { name: 'dry-run', synopsis: 'check and show everything, and change nothing' },
  ],
  run: async (...typed) => (await import('../commands/diff-and-rollback.ts')).rollback(...typed),
};

export const historyCommands: readonly Command[] = [historyCommand, diffCommand, rollbackCommand];
