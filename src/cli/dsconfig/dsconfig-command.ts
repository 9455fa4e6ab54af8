// `confdit dsconfig …`: command lines written for PingDS's dsconfig, unchanged: options before or after the
// subcommand, TLS without being asked for, and batches of commands.

import { readFile } from 'node:fs/promises';
import { text as readText } from 'node:stream/consumers';
import { type Command, CommandError, type CommandOption, UsageError, type World } from '../command.ts';
import { parseOptions } from '../command-line.ts';
import { ExitCode } from '../exit-code.ts';
import { splitWords } from './words.ts';

const BATCH_OPTIONS: readonly CommandOption[] = [
  { name: 'batch', synopsis: 'read commands from standard input, one a line' },
  { name: 'batchFilePath', short: 'F', value: 'FILE', synopsis: 'read commands from a file, one a line' },
];
/** dsconfig's own connections are always encrypted. */
const TLS_WORD = '--useSsl';
/** Words that say otherwise, or the same. */
const TLS_WORDS: ReadonlySet<string> = new Set([
  TLS_WORD,
  '-Z',
  '--useStartTls',
  '-q',
  '--socket',
  '--offline',
]);

/**
 * @param subcommands those of all kinds of objects.
 * @param menu what to open on a terminal when none of them is named.
 */
export function dsconfigCommand(subcommands: readonly Command[], menu: Command): Command {
  return {
    name: 'dsconfig',
    group: 'Configuration',
    synopsis: 'Takes a command line written for dsconfig of PingDS or OpenDJ.',
    description:
      'Options may stand before or after the subcommand, and the connection is encrypted. With --batch or\n' +
      '--batchFilePath the commands of a file are run one after the other, until one of them fails; the connection\n' +
      'options given here are those of every line.',
    operands: 'SUBCOMMAND',
    options: BATCH_OPTIONS,
    takesAllWords: true,
    async run({ operands }, world) {
      const { subcommand, words } = findSubcommand(operands, subcommands);
      if (subcommand !== undefined) return run(subcommand, words, world);
      const batch = await readBatch(words, world);
      if (batch === undefined && world.stdin.isTTY && world.stdout.isTTY) return run(menu, words, world);
      if (batch === undefined) throw new UsageError('Which subcommand of dsconfig?');
      return runBatch(batch, subcommands, world);
    },
  };
}

interface Found {
  readonly subcommand: Command | undefined;
  readonly words: readonly string[];
}

/** The first word that is one; the options around it are its own. */
function findSubcommand(words: readonly string[], subcommands: readonly Command[]): Found {
  const byName = new Map(subcommands.map((command) => [command.name, command]));
  const index = words.findIndex((word) => byName.has(word));
  if (index < 0) {
    const [first] = words;
    if (first !== undefined && !first.startsWith('-'))
      throw new UsageError(`dsconfig has no subcommand "${first}" here.`);
    return { subcommand: undefined, words };
  }
  return { subcommand: byName.get(words[index] ?? ''), words: words.toSpliced(index, 1) };
}

function run(subcommand: Command, words: readonly string[], world: World): Promise<number> {
  const isSecured = words.some((word) => TLS_WORDS.has(word.replace(/=.*$/s, '')));
  return subcommand.run(parseOptions(isSecured ? words : [...words, TLS_WORD], subcommand), world);
}

interface Batch {
  readonly text: string;
  /** The options that every line gets. */
  readonly words: readonly string[];
}

async function readBatch(words: readonly string[], world: World): Promise<Batch | undefined> {
  const isFile = (word: string) => word === '--batchFilePath' || word === '-F';
  const index = words.findIndex(isFile);
  const fromInput = words.indexOf('--batch');
  if (index >= 0 && fromInput >= 0) {
    throw new CommandError('--batch and --batchFilePath exclude each other.', ExitCode.conflictingArguments);
  }
  if (fromInput >= 0) return { text: await readText(world.stdin), words: words.toSpliced(fromInput, 1) };
  if (index < 0) return undefined;
  const path = words[index + 1];
  if (path === undefined) throw new UsageError('--batchFilePath needs a file.');
  try {
    return { text: await readFile(path, 'utf8'), words: words.toSpliced(index, 2) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(`The batch cannot be read: ${reason}.`, ExitCode.wrongData, { cause: error });
  }
}

/** Each command is shown before it is run; the first that fails ends the batch, and its line is told. */
async function runBatch(batch: Batch, subcommands: readonly Command[], world: World): Promise<number> {
  for (const { number, text } of joinedLines(batch.text)) {
    world.stdout.write(`${text}\n`);
    try {
      const words = splitWords(text);
      const { subcommand, words: own } = findSubcommand(
        words[0] === 'dsconfig' ? words.slice(1) : words,
        subcommands,
      );
      if (subcommand === undefined) throw new UsageError('There is no subcommand in it.');
      const exitCode = await run(subcommand, [...own, ...batch.words], world);
      if (exitCode !== ExitCode.success) return exitCode;
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      throw new CommandError(`Line ${number}: ${error.message}`, error.exitCode, { cause: error });
    }
  }
  return ExitCode.success;
}

/** Without blank lines and comments; a line that ends in a backslash goes on in the next. */
function joinedLines(text: string): readonly { readonly number: number; readonly text: string }[] {
  const lines: { number: number; text: string }[] = [];
  let open: { number: number; text: string } | undefined;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const continues = line.endsWith('\\');
    const part = continues ? line.slice(0, -1) : line;
    if (open !== undefined) open.text += part;
    else if (part.trim() !== '' && !part.trimStart().startsWith('#'))
      open = { number: index + 1, text: part.trim() };
    if (continues || open === undefined) continue;
    lines.push(open);
    open = undefined;
  }
  return open === undefined ? lines : [...lines, open];
}
