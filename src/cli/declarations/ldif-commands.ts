// The commands that write and read LDIF files.

import type { Command, CommandOption } from '../command.ts';
import { INSTANCE_OPTIONS } from '../commands/instance-options.ts';
import { CONNECTION_OPTIONS } from '../connection/connection-options.ts';

const GROUP = 'LDIF files';

/** The options of every export: which entries, and where they are. */
export const EXPORT_OPTIONS: readonly CommandOption[] = [
  { name: 'offline', synopsis: 'read the files of the instance instead of asking its server' },
  { name: 'baseDN', short: 'b', value: 'DN', synopsis: 'the entry and all below it (default: cn=config)' },
  { name: 'filter', value: 'FILTER', synopsis: 'only entries that match (default: (objectClass=*))' },
  { name: 'operational', synopsis: 'write also operational attributes, such as timestamps' },
];

const importLdifCommand: Command = {
  name: 'import-ldif',
  group: GROUP,
  operands: 'FILE...',
  synopsis: 'Adds the entries of LDIF files, and makes their changes.',
  description:
    'Every file is read to its end first: if anything is wrong with it nothing is changed, and every problem is reported\n' +
    'with file and line. FILE may be - for standard input. With --offline the files go into the instance while its server\n' +
    'is down: all is validated together and stored as one change. Otherwise a running server is asked, with many requests\n' +
    'under way at a time; what it refuses is reported with file and line, and ends the import unless --continue is given.',
  options: [
    ...INSTANCE_OPTIONS,
    { name: 'offline', synopsis: 'work on the files of the instance, whose server must be down' },
    { name: 'continue', short: 'c', synopsis: 'leave out what is wrong and go on with the rest' },
    {
      name: 'replace-existing',
      short: 'r',
      synopsis: 'change existing entries to what the file says, instead of refusing them',
    },
    { name: 'dry-run', short: 'n', synopsis: 'check everything and change nothing' },
    { name: 'allow-file-urls', synopsis: 'read values from files: attribute:< file:///path' },
    ...CONNECTION_OPTIONS,
  ],
  run: async (...typed) => (await import('../commands/import-ldif.ts')).importLdif(...typed),
};

const exportLdifCommand: Command = {
  name: 'export-ldif',
  group: GROUP,
  synopsis: 'Writes entries to an LDIF file.',
  description:
    'All attributes that people may set are written, so that the files make the same configuration again: import-ldif and\n' +
    'apply read them. Who made an entry and when is left out unless --operational is given.\n' +
    'With --offline the files of the instance are read, whether its server runs or not; otherwise a running server is\n' +
    'asked, which shows secrets only to those who may read them. Secrets are encrypted: import-ldif --offline takes them\n' +
    'where the master key is the same. Only its owner can read the file.',
  options: [
    ...INSTANCE_OPTIONS,
    { name: 'ldifFile', short: 'l', value: 'FILE', synopsis: 'the file to write (default: stdout)' },
    {
      name: 'clear-secrets',
      synopsis: 'write secrets in clear text; the server logs that and raises an alert',
    },
    ...EXPORT_OPTIONS,
    ...CONNECTION_OPTIONS,
  ],
  run: async (...typed) => (await import('../commands/export-ldif.ts')).exportLdif(...typed),
};

export const ldifCommands: readonly Command[] = [importLdifCommand, exportLdifCommand];
