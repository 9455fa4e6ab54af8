// The commands of the program itself: stored passwords, and the completion of command lines.

import type { Command } from '../command.ts';
import { COMPLETE_COMMAND, SHELLS } from '../completion/shells.ts';
import { JSON_OPTION } from '../output-options.ts';

const GROUP = 'The program';

export const encodePasswordCommand: Command = {
  name: 'encode-password',
  group: GROUP,
  synopsis: 'Prints a password as it is stored, or compares one with a stored password.',
  description:
    'The password is read from standard input unless an option says where it is. The lines that are printed are the\n' +
    'values of userPassword of a root DN user.',
  options: [
    {
      name: 'clearPassword',
      short: 'c',
      value: 'PASSWORD',
      synopsis: 'the password; others on this machine can read it',
    },
    {
      name: 'clearPassword:env',
      value: 'NAME',
      synopsis: 'the environment variable that holds the password',
    },
    { name: 'clearPassword:file', short: 'f', value: 'FILE', synopsis: 'the file that holds the password' },
    {
      name: 'encodedPassword',
      short: 'e',
      value: 'TEXT',
      synopsis: 'a stored password: report whether the password is the same',
    },
    JSON_OPTION,
  ],
  run: async (...typed) => (await import('../commands/encode-password.ts')).encodePassword(...typed),
};

/** @param all all commands, in the order of help. */
export function completionCommands(all: () => Promise<readonly Command[]>): readonly Command[] {
  return [
    {
      name: 'completion',
      group: GROUP,
      synopsis: 'Prints the script with which a shell completes command lines: bash, zsh or fish.',
      operands: 'SHELL',
      operandValues: SHELLS,
      options: [],
      run: async (...typed) => (await import('../completion/scripts.ts')).printScript(...typed),
    },
    {
      name: COMPLETE_COMMAND,
      group: GROUP,
      isHidden: true,
      synopsis: 'Prints the words with which a command line can go on.',
      operands: '-- WORD...',
      options: [],
      takesAllWords: true,
      run: async (...typed) =>
        (await import('../completion/complete-words.ts')).completeWords(...typed, await all()),
    },
  ];
}
