// The commands of dsconfig: menus, and dsconfig itself with its subcommands and batches. What its subcommands are is declared
// by the kinds of objects.

import type { Command, CommandOption } from '../command.ts';
import { HELP_WORDS } from '../dsconfig/help-categories.ts';
import { EITHER_OPTIONS, openTyped } from './tree-options.ts';

const GROUP = 'Configuration';

/** Opened by `confdit` alone on a terminal. */
export const menuCommand: Command = {
  name: 'menu',
  group: GROUP,
  synopsis: 'Opens menus on a terminal, as confdit alone does: objects, properties with help, tests.',
  options: [
    {
      name: 'commandFilePath',
      value: 'FILE',
      synopsis: 'append the equivalent commands to this file, secrets as stars',
    },
    ...EITHER_OPTIONS,
  ],
  run: async (...typed) => (await import('../menu/menu-command.ts')).openMenu(...typed, openTyped),
};

const BATCH_OPTIONS: readonly CommandOption[] = [
  { name: 'batch', synopsis: 'read commands from standard input, one a line' },
  { name: 'batchFilePath', short: 'F', value: 'FILE', synopsis: 'read commands from a file, one a line' },
];

export const dsconfigCommand: Command = {
  name: 'dsconfig',
  group: GROUP,
  synopsis: 'Runs a command line written for dsconfig of PingDS or OpenDJ.',
  description:
    'Options may be before or after the subcommand, and the connection is encrypted. With --batch or --batchFilePath\n' +
    'the commands of a file are run one after the other, until one of them fails; each gets the connection options given\n' +
    `here. The subcommands are listed by ${HELP_WORDS}.`,
  operands: 'SUBCOMMAND',
  options: BATCH_OPTIONS,
  takesAllWords: true,
  run: async (...typed) =>
    (await import('../dsconfig/dsconfig-command.ts')).runDsconfig(...typed, menuCommand),
};
