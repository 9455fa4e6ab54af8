// The commands that keep the configuration in files: compared with a server, applied, checked, and converted.

import type { Command, CommandOption } from '../command.ts';
import { INSTANCE_OPTIONS, SOURCE_OPTIONS } from '../commands/instance-options.ts';
import { CONNECTION_OPTIONS } from '../connection/connection-options.ts';
import { DOCUMENT_FORMATS, EDIT_FORMATS, FORMAT_NAMES } from '../documents/document-format.ts';
import { MISSING_FILES, REPORT_FORMATS } from '../files/problem-report.ts';
import { JSON_OPTION } from '../output-options.ts';
import { EXPORT_OPTIONS } from './ldif-commands.ts';
import { EITHER_OPTIONS } from './tree-options.ts';

const GROUP = 'Configuration as files';

const PRUNE_OPTION: CommandOption = {
  name: 'prune',
  value: 'DN',
  repeatable: true,
  synopsis: 'delete what is below this entry and in none of the files',
};

const ALL_SERVERS_OPTION: CommandOption = {
  name: 'all-servers',
  synopsis: 'have every server of the cluster try the changes, with the same login',
};

const planCommand: Command = {
  name: 'plan',
  group: GROUP,
  operands: 'FILE...',
  synopsis:
    'Shows what would change if the configuration were as files say, and whether the server would accept it.',
  description:
    'The files hold whole entries: an attribute that is not in an entry of theirs is to be removed. Entries that are in\n' +
    'no file are left alone, unless --prune names an entry above them. FILE may be a folder, or - for standard input.\n' +
    'The changes are tried as one, and nothing is changed. Every problem is reported with file and line, and the exit\n' +
    'code is 1 then. With --all-servers the problems of each server are reported, and which of them could not be asked.',
  options: [
    PRUNE_OPTION,
    ALL_SERVERS_OPTION,
    JSON_OPTION,
    {
      name: 'detailed-exitcode',
      synopsis: 'exit with 0 when there is nothing to change, 1 for any error, 2 when there are changes',
    },
    ...EITHER_OPTIONS,
  ],
  run: async (...typed) => (await import('../files/plan-commands.ts')).plan(...typed),
};

const applyCommand: Command = {
  name: 'apply',
  group: GROUP,
  operands: 'FILE...',
  synopsis: 'Makes the configuration as files say: all changes at once, or none.',
  description:
    'Shows the plan and asks first, unless --no-prompt is given. Nothing is changed when somebody else has changed\n' +
    'one of the entries meanwhile. FILE may be a folder, or - for standard input.',
  options: [PRUNE_OPTION, ALL_SERVERS_OPTION, JSON_OPTION, ...EITHER_OPTIONS],
  run: async (...typed) => (await import('../files/plan-commands.ts')).apply(...typed),
};

const editCommand: Command = {
  name: 'edit',
  group: GROUP,
  operands: 'DN',
  synopsis: 'Opens an entry in an editor, and opens it again with the problems until it is valid.',
  description: 'The editor is that of the environment variable VISUAL or EDITOR.',
  options: [
    {
      name: 'format',
      value: 'FORMAT',
      values: EDIT_FORMATS,
      synopsis: `the form in which the entry is edited: ${EDIT_FORMATS.join(' or ')} (default: ldif)`,
    },
    ...EITHER_OPTIONS,
  ],
  run: async (...typed) => (await import('../files/edit-command.ts')).edit(...typed),
};

const validateCommand: Command = {
  name: 'validate',
  group: GROUP,
  operands: 'FILE...',
  synopsis: 'Checks files of entries as a server would, without a server.',
  description:
    'FILE may be a folder, or - for standard input. Every problem is reported with file, line and column, and the exit code is\n' +
    '1 then. The entries are checked together with the configuration of a new instance, or with that of --instance, and may\n' +
    'name entries of it. Paths of $<file:PATH>, key stores and trust stores begin at the folder of the first file, or at the\n' +
    'instance. $<cred:NAME> reads the folder of credentials of this environment. No secret source is asked: $<http:NAME> counts\n' +
    'as a missing file. A key manager or trust manager whose file cannot be used is a warning, unless --missing-files=ignore\n' +
    'is given.',
  options: [
    {
      name: 'with',
      value: 'PATH',
      repeatable: true,
      synopsis: 'a file or folder with further entries, which those of FILE may name',
    },
    {
      name: 'instance',
      value: 'FOLDER',
      synopsis: 'check with the configuration and the schema of this instance (default: those of a new one)',
    },
    ...SOURCE_OPTIONS,
    {
      name: 'missing-files',
      value: 'MODE',
      synopsis: `how to treat $<file:PATH>, $<cred:NAME> or $<http:NAME> without a value: ${MISSING_FILES.join(', ')} (default: warn; with --instance error)`,
    },
    JSON_OPTION,
    {
      name: 'format',
      value: 'FORMAT',
      values: REPORT_FORMATS,
      synopsis: `${REPORT_FORMATS.join(', ')} (default: text)`,
    },
  ],
  run: async (...typed) => (await import('../commands/validate.ts')).validate(...typed),
};

/** Writes every form; export-ldif has the name and the option of the file that PingDS's tool has. */
const exportCommand: Command = {
  name: 'export',
  group: GROUP,
  synopsis: 'Prints the configuration as LDIF, YAML or JSON.',
  description:
    'What is printed makes the same configuration again: plan, apply and validate read it, and fmt leaves it as it is. A\n' +
    'running server is asked, which shows secrets only to those who may read them; with --offline the files of the\n' +
    'instance are read.',
  options: [
    {
      name: 'format',
      value: 'FORMAT',
      values: DOCUMENT_FORMATS,
      synopsis: `${FORMAT_NAMES} (default: yaml)`,
    },
    ...INSTANCE_OPTIONS,
    { name: 'output', short: 'o', value: 'FILE', synopsis: 'the file to write (default: stdout)' },
    ...EXPORT_OPTIONS,
    ...CONNECTION_OPTIONS,
  ],
  run: async (...typed) => (await import('../commands/export-ldif.ts')).exportDocument(...typed),
};

const formatCommand: Command = {
  name: 'fmt',
  group: GROUP,
  operands: '[FILE...]',
  synopsis: 'Writes files of entries in one form; without files, standard input to standard output.',
  description:
    'The form is the one that export-ldif and export write. Comments stay. FILE may be a folder, or - for standard input.\n' +
    'No file is written before all of them could be read.',
  options: [
    { name: 'check', synopsis: 'write nothing; name the files that have another form, and exit with 1' },
  ],
  run: async (...typed) => (await import('../commands/format.ts')).format(...typed),
};

const convertCommand: Command = {
  name: 'convert',
  group: GROUP,
  operands: 'FILE...',
  synopsis: 'Prints the entries of files in another form: LDIF, YAML or JSON.',
  description:
    'The form of a file is known by the ending of its name: .ldif, .yaml, .yml or .json. FILE may be a folder, or - for\n' +
    'standard input. The entries stay the same. Comments stay with what they are about; JSON has none.',
  options: [
    {
      name: 'to',
      value: 'FORMAT',
      values: DOCUMENT_FORMATS,
      synopsis: `the form to print: ${FORMAT_NAMES} (default: yaml)`,
    },
  ],
  run: async (...typed) => (await import('../commands/convert.ts')).convert(...typed),
};

export const fileCommands: readonly Command[] = [
  planCommand,
  applyCommand,
  editCommand,
  validateCommand,
  exportCommand,
  formatCommand,
  convertCommand,
];
