// The hidden command that the shells ask for completions.

import type { Command, CommandOption, Invocation, World } from '../command.ts';
import { parseOptions } from '../command-line.ts';
import { CONNECTION_OPTIONS } from '../connection/connection-options.ts';
import type { Directory } from '../connection/directory.ts';
import { openTyped } from '../declarations/tree-options.ts';
import { FAMILIES } from '../dsconfig/families.ts';
import { ExitCode } from '../exit-code.ts';
import { type CompletionSources, type Completions, completionsOf } from './completions.ts';
import { parseTypedLine, type TypedLine } from './typed-line.ts';

/** How many of the last changes are offered where one is named by its number. */
const CHANGES_SHOWN = 20;

/** Prints the words with which the command line in the operands can go on. */
export async function completeWords(
  { operands }: Invocation,
  world: World,
  all: readonly Command[],
): Promise<ExitCode> {
  const [first, second = '', line = ''] = operands;
  const typed: TypedLine =
    first === '--line'
      ? parseTypedLine(line, second, world.env)
      : { words: ['confdit', ...(first === '--' ? operands.slice(1) : operands)], quote: '', kept: '' };
  const words = typed.words.slice(1);
  const commands = all.filter(({ isHidden }) => isHidden !== true);
  const found = await completionsOf({
    words,
    commands,
    families: FAMILIES,
    sources: sourcesOf(words, world),
  });
  world.stdout.write(formatAnswer(found, first === '--line' ? typed : undefined));
  return ExitCode.success;
}

/** @param line undefined: the shell quotes by itself. */
function formatAnswer(found: Completions, line: TypedLine | undefined): string {
  if (found.type !== 'words') return `${found.type}\n`;
  if (line === undefined) return ['words', ...found.words, ''].join('\n');
  const { quote, kept } = line;
  if (quote === undefined) return 'words\n';
  return ['words', quote, kept, ...found.words.map((word) => inQuotes(word, quote)), ''].join('\n');
}

/** The word as bash reads it behind the quote that is open; as it is where none is, since bash quotes it then. */
function inQuotes(word: string, quote: '' | '"' | "'"): string {
  if (quote === '') return word;
  if (quote === "'") return word.replaceAll("'", String.raw`'\''`);
  // Inside double quotes an exclamation mark is expanded, also behind a backslash.
  return word.replace(/[\\"$`]/g, '\\$&').replaceAll('!', `"'!'"`);
}

/** The server that the typed options of the connection name, asked only when something of it is wanted. */
function sourcesOf(words: readonly string[], world: World): CompletionSources {
  const asked: Command = { ...NAMELESS, options: CONNECTION_OPTIONS };
  const typed = typedConnection(words.slice(1, -1), CONNECTION_OPTIONS);
  const ask = async (question: (directory: Directory) => Promise<readonly string[]>) => {
    try {
      const directory = await openTyped(parseOptions(typed, asked), world);
      try {
        return await question(directory);
      } finally {
        await directory.close();
      }
    } catch {
      // Whoever types a line wants no messages in it.
      return [];
    }
  };
  return {
    namesOf: ({ place }) =>
      ask(async (directory) => {
        const found = await directory.search({ base: place, scope: 'one', attributes: ['1.1'] });
        return found.map(({ dn }) => dn.name);
      }),
    changeNumbers: () =>
      ask(async (directory) => {
        const attributes = ['lastChangeNumber'];
        const [root] = await directory.search({ base: '', scope: 'base', attributes });
        const last = Number(root?.first('lastchangenumber') ?? 0);
        return Array.from({ length: Math.min(last, CHANGES_SHOWN) }, (_, index) => String(last - index));
      }),
  };
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
