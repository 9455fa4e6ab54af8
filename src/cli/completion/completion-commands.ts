// `confdit completion SHELL`, and the hidden command that the shells ask.

import { type Command, type CommandOption, UsageError } from '../command.ts';
import { parseOptions } from '../command-line.ts';
import type { OpenDirectory } from '../directory.ts';
import type { ObjectFamily } from '../dsconfig/object-family.ts';
import { ExitCode } from '../exit-code.ts';
import { completionsOf } from './completions.ts';
import { COMPLETE_COMMAND, completionScript } from './scripts.ts';

const NO_PROMPT: CommandOption = { name: 'no-prompt', synopsis: 'never ask' };

export interface CompletionOptions {
  /** All commands; asked for when they are needed, since these are among them. */
  readonly commands: () => readonly Command[];
  readonly families: readonly ObjectFamily[];
  readonly connectionOptions: readonly CommandOption[];
  readonly open: OpenDirectory;
}

export function completionCommands(options: CompletionOptions): readonly Command[] {
  return [
    {
      name: 'completion',
      group: 'The program',
      synopsis: 'Prints what teaches a shell to complete: bash, zsh or fish.',
      operands: 'SHELL',
      options: [],
      async run({ operands }, world) {
        const [shell, ...others] = operands;
        if (shell === undefined || others.length > 0) throw new UsageError('Which shell: bash, zsh or fish?');
        world.stdout.write(completionScript(shell));
        return 0;
      },
    },
    {
      name: COMPLETE_COMMAND,
      group: 'The program',
      isHidden: true,
      synopsis: 'Prints what may stand at the end of a command line.',
      operands: '-- WORD...',
      options: [],
      takesAllWords: true,
      async run({ operands }, world) {
        const words = operands[0] === '--' ? operands.slice(1) : operands;
        const commands = options.commands().filter(({ isHidden }) => isHidden !== true);
        const namesOf = async (family: ObjectFamily) => {
          const asked: Command = { ...NAMELESS, options: [...options.connectionOptions, NO_PROMPT] };
          const typed = typedConnection(words.slice(1, -1), options.connectionOptions);
          const directory = await options.open(parseOptions(typed, asked), world).catch(() => undefined);
          if (directory === undefined) return [];
          try {
            const found = await directory.search({ base: family.place, scope: 'one', attributes: ['1.1'] });
            return found.map(({ dn }) => dn.name);
          } catch {
            return [];
          } finally {
            await directory.close();
          }
        };
        const found = await completionsOf({ words, commands, families: options.families, namesOf });
        world.stdout.write(found.map((one) => `${one}\n`).join(''));
        return 0;
      },
    },
  ];
}

/** The options of the connection among the words before the one that is completed, with their values. */
function typedConnection(words: readonly string[], known: readonly CommandOption[]): readonly string[] {
  const typed: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    const [name = ''] = word.split('=', 1);
    const option = known.find(
      (one) => name.toLowerCase() === `--${one.name.toLowerCase()}` || name === `-${one.short}`,
    );
    if (option === undefined) continue;
    typed.push(word);
    const next = words[index + 1];
    if (option.value === undefined || word.includes('=') || next === undefined) continue;
    typed.push(next);
    index++;
  }
  // Nobody can be asked while a line is typed.
  return [...typed, '--no-prompt'];
}

const NAMELESS = { name: '', group: '', synopsis: '', run: async () => ExitCode.success } as const;
