// Parses what was typed after `confdit`, by the options that the commands declare. Nothing is started here.

import { parseArgs } from 'node:util';
import { messageOf } from '../files/file-error.ts';
import { findSimilarName } from '../schema/similar-name.ts';
import { type Command, type CommandOption, type Invocation, UsageError } from './command.ts';

/** Parsed command line: a command to run, or help to show (of all, or of one). */
export type CommandLine =
  | { readonly type: 'command'; readonly command: Command; readonly invocation: Invocation }
  | { readonly type: 'help'; readonly command: Command | undefined }
  | { readonly type: 'version' };

const CONSENT = 'no-prompt';
const CONSENT_AGAIN = 'yes';
const CONSENT_LETTER = 'n';
/** Every command takes these. */
const COMMON_OPTIONS: readonly CommandOption[] = [
  { name: CONSENT, short: CONSENT_LETTER, group: 'common', synopsis: 'never ask; do what the command says' },
  { name: CONSENT_AGAIN, short: 'y', group: 'common', synopsis: `the same as --${CONSENT}` },
  { name: 'help', short: 'H', group: 'common', synopsis: 'this text' },
];
/** The tools of PingDS and OpenDJ of these names mean something else by `-n`: a backend, or a trial. */
const OTHER_LETTER: ReadonlySet<string> = new Set(['import-ldif', 'export-ldif', 'backup', 'restore']);

/** The options of a command, and behind them those that every command has. */
export function allOptionsOf({ name, options }: Pick<Command, 'name' | 'options'>): readonly CommandOption[] {
  const isTaken = OTHER_LETTER.has(name) || options.some(({ short }) => short === CONSENT_LETTER);
  return [
    ...options,
    ...COMMON_OPTIONS.map((option) => {
      if (!isTaken || option.name !== CONSENT) return option;
      const { short: _, ...others } = option;
      return others;
    }),
  ];
}

/** The commands there are; only those that are asked for are loaded. */
export interface CommandSource {
  find(name: string): Promise<Command | undefined>;
  all(): Promise<readonly Command[]>;
}

/** Returns true if the words ask for the version, which needs no command. */
export function asksForVersion([name]: readonly string[]): boolean {
  return name === '--version' || name === '-V';
}

/** Rejects with UsageError for words that are no command line. */
export async function parseCommandLine(
  words: readonly string[],
  commands: CommandSource,
): Promise<CommandLine> {
  const [name, ...rest] = words;
  if (name === undefined || name === '--help' || name === '-H' || name === '-h')
    return { type: 'help', command: undefined };
  if (asksForVersion(words)) return { type: 'version' };
  if (name === 'help') {
    const command = rest[0] === undefined ? undefined : await commandNamed(rest[0], commands);
    return { type: 'help', command };
  }
  const command = await commandNamed(name, commands);
  const isHelp = rest.length === 1 && (rest[0] === '--help' || rest[0] === '-H');
  if (command.takesAllWords === true && !isHelp) {
    return { type: 'command', command, invocation: allOperands(rest) };
  }
  const invocation = parseOptions(rest, command);
  return invocation.has('help') ? { type: 'help', command } : { type: 'command', command, invocation };
}

async function commandNamed(name: string, commands: CommandSource): Promise<Command> {
  const command = await commands.find(name);
  if (command !== undefined) return command;
  const names = (await commands.all()).filter(({ isHidden }) => isHidden !== true).map((one) => one.name);
  throw new UsageError(`There is no command "${name}".${suggestion(name, names)}`);
}

function allOperands(operands: readonly string[]): Invocation {
  return { operands, value: () => undefined, values: () => [], has: () => false };
}

/** Parses the words after the command. Throws UsageError for what it does not take. */
export function parseOptions(words: readonly string[], command: Command): Invocation {
  const options = allOptionsOf(command);
  const { values, positionals } = parseWords(words, options);
  if (positionals.length > 0 && command.operands === undefined) {
    throw tooManyWords(words, positionals, command);
  }
  const given = (name: string): readonly (string | boolean)[] => values[name] ?? [];
  for (const { name, repeatable } of options) {
    if (given(name).length > 1 && repeatable !== true && given(name)[0] !== true)
      throw new UsageError(`The option --${name} can be given only once.`);
  }
  const texts = (name: string) => given(name).filter((value) => typeof value === 'string');
  return {
    value: (name) => texts(name).at(-1),
    values: texts,
    has: (name) => given(name).length > 0 || (name === CONSENT && given(CONSENT_AGAIN).length > 0),
    operands: positionals,
  };
}

/** An option with its value, as words that are read as such again. */
export function wordsOfOption(name: string, value: string): readonly string[] {
  return value.startsWith('-') ? [`--${name}=${value}`] : [`--${name}`, value];
}

/** Returns the invocation with further values of some options, after those that were typed. */
export function withValues(
  typed: Invocation,
  added: Readonly<Record<string, readonly string[]>>,
): Invocation {
  return {
    operands: typed.operands,
    value: (name) => added[name]?.at(-1) ?? typed.value(name),
    values: (name) => [...typed.values(name), ...(added[name] ?? [])],
    has: (name) => added[name] !== undefined || typed.has(name),
  };
}

/** The names of options are known in any case, as dsconfig's are. */
function inDeclaredCase(word: string, options: readonly CommandOption[]): string {
  const [, name, rest = ''] = /^--([^=]+)(=.*)?$/s.exec(word) ?? [];
  if (name === undefined) return word;
  const known = options.find((option) => option.name.toLowerCase() === name.toLowerCase());
  return known === undefined ? word : `--${known.name}${rest}`;
}

/** Names the place and not the word: a value with a blank that nobody quoted may be the half of a password. */
function tooManyWords(
  words: readonly string[],
  positionals: readonly string[],
  { name }: Command,
): UsageError {
  const place = words.indexOf(positionals[0] ?? '') + 1;
  const which =
    positionals.length === 1
      ? `Word ${place} behind ${name} is`
      : `${positionals.length} words behind ${name}, from word ${place} on, are`;
  return new UsageError(`${which} more than the command takes. Put a value that has blanks in quotes.`);
}

function parseWords(words: readonly string[], options: readonly CommandOption[]) {
  const config = options.map(({ name, short, value }) => {
    const type = value === undefined ? ('boolean' as const) : ('string' as const);
    return [name, { type, multiple: true, ...(short === undefined ? {} : { short }) }] as const;
  });
  try {
    const parsed = parseArgs({
      args: words.map((word) => inDeclaredCase(word, options)),
      allowPositionals: true,
      options: Object.fromEntries(config),
    });
    return {
      values: parsed.values as Readonly<Record<string, readonly (string | boolean)[] | undefined>>,
      positionals: parsed.positionals,
    };
  } catch (error) {
    const message = messageOf(error);
    const unknown = /^Unknown option '--?([^']+)'/.exec(message)?.[1];
    if (unknown === undefined) throw new UsageError(wrongValue(message));
    const similar = suggestion(
      unknown,
      options.map(({ name }) => name),
      '--',
    );
    if (similar !== '') throw new UsageError(`There is no option --${unknown} here.${similar}`);
    const place = words.findIndex((word) => word.startsWith('-') && word.includes(unknown)) + 1;
    throw new UsageError(`Word ${place} behind the command begins with "-" and is no option of it.`);
  }
}

/** The other things that `parseArgs` complains of: an option without the value it takes, or with one it does not take. */
function wrongValue(message: string): string {
  const option = /^Option '(?:-\w, )?([^' ]+)/.exec(message)?.[1];
  if (option === undefined) return 'The options cannot be read. Put a value that has blanks in quotes.';
  if (message.includes('does not take')) return `The option ${option} takes no value.`;
  const example = option.startsWith('--') ? `${option}=-x` : `${option}-x`;
  return `The option ${option} needs a value. One that begins with "-" is joined to it: ${example}.`;
}

/** Returns a sentence with the name that was probably meant; empty if no name is similar. */
export function suggestion(written: string, names: Iterable<string>, before = ''): string {
  const similar = findSimilarName(written, names);
  return similar === undefined ? '' : ` Did you mean ${before}${similar}?`;
}
