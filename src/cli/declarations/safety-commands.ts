// The commands that keep an instance safe: checked, repaired, backed up, and restored.

import type { Command } from '../command.ts';
import { INSTANCE_OPTION, INSTANCE_OPTIONS } from '../commands/instance-options.ts';
import { JSON_OPTION } from '../output-options.ts';

const GROUP = 'Safety';

const checkCommand: Command = {
  name: 'check',
  group: GROUP,
  synopsis:
    'Verifies an instance whose server is down: rights, lock, snapshot, journal, archives, configuration.',
  description:
    'Each problem is reported with its file, the number of the change, and what to do; the exit code is 1 then.',
  options: [...INSTANCE_OPTIONS, JSON_OPTION],
  run: async (...typed) => (await import('../commands/check.ts')).checkInstance(...typed),
};

const repairCommand: Command = {
  name: 'repair',
  group: GROUP,
  synopsis: 'Repairs what check reports, and keeps what it removes in a folder of its own.',
  options: INSTANCE_OPTIONS,
  run: async (...typed) => (await import('../commands/check.ts')).repairInstance(...typed),
};

const backupCommand: Command = {
  name: 'backup',
  group: GROUP,
  operands: 'FILE',
  synopsis: 'Writes the instance to one file (a compressed tar archive), also while its server runs.',
  description:
    'FILE may be a folder, where the backup is named by its time, or - for standard output. The file holds passwords\n' +
    'and keys. What is in cn=tasks, logs, and earlier backups are left out.',
  options: [INSTANCE_OPTION, JSON_OPTION],
  run: async (...typed) => (await import('../commands/backup.ts')).backup(...typed),
};

const restoreCommand: Command = {
  name: 'restore',
  group: GROUP,
  operands: 'FILE',
  synopsis: 'Replaces the instance by a backup, once all of it is verified; the old instance is kept.',
  description: 'FILE may be - for standard input.',
  options: [
    INSTANCE_OPTION,
    { name: 'verify-only', synopsis: 'report whether the backup is whole, and change nothing' },
  ],
  run: async (...typed) => (await import('../commands/backup.ts')).restore(...typed),
};

export const safetyCommands: readonly Command[] = [
  checkCommand,
  repairCommand,
  backupCommand,
  restoreCommand,
];
