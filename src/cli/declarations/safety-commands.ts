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
    'FILE may be a folder, where the backup is named by its time, or - for standard output. The secrets in it are\n' +
    'encrypted, and the master key is not in it. What is in cn=tasks, logs, and earlier backups are left out.',
  options: [
    INSTANCE_OPTION,
    {
      name: 'with-key',
      synopsis: 'put the master key into the backup too: whoever has the file has all secrets',
    },
    JSON_OPTION,
  ],
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
    {
      name: 'master-key',
      value: 'FILE',
      synopsis:
        'the master key of the backup; without it, that of the instance that is replaced is kept if it fits',
    },
    { name: 'verify-only', synopsis: 'report whether the backup is whole, and change nothing' },
  ],
  run: async (...typed) => (await import('../commands/backup.ts')).restore(...typed),
};

const rotateKeyCommand: Command = {
  name: 'rotate-key',
  group: GROUP,
  synopsis: 'Encrypts the secrets in all files of an instance with a new key; the server must be down.',
  description:
    'A new data key encrypts everything again. With --master the data keys get another master key instead, and no file\n' +
    'with secrets is written. An interrupted rotation is finished by the next start.',
  options: [
    ...INSTANCE_OPTIONS,
    { name: 'master', synopsis: 'replace the master key, not the data key' },
    {
      name: 'new-key-file',
      value: 'FILE',
      synopsis: 'with --master: the file of the new master key, which is made if it is not there',
    },
  ],
  run: async (...typed) => (await import('../commands/rotate-key.ts')).rotateKey(...typed),
};

export const safetyCommands: readonly Command[] = [
  checkCommand,
  repairCommand,
  backupCommand,
  restoreCommand,
  rotateKeyCommand,
];
