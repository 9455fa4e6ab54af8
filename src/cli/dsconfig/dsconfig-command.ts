// `confdit dsconfig …`: command lines written for PingDS's dsconfig, unchanged: options before or after the
// subcommand, TLS without being asked for, and batches of commands.

import { VERSION } from '../../instance/version.ts';
import { type Command, CommandError, type Invocation, UsageError, type World } from '../command.ts';
import { parseOptions, suggestion } from '../command-line.ts';
import { EITHER_OPTIONS } from '../declarations/tree-options.ts';
import { ExitCode } from '../exit-code.ts';
import type { Batch } from './batch.ts';
import { equivalentWords, formatCommand } from './equivalent-command.ts';
import { familyOfCommand } from './object-family.ts';
import { allSubcommands, findObjectCommand } from './subcommands.ts';
import { splitWords } from './words.ts';

/** dsconfig's own connections are always encrypted. */
const TLS_OPTION = 'useSsl';
/** Words that say otherwise, or the same. */
const TLS_WORDS: ReadonlySet<string> = new Set([
  `--${TLS_OPTION}`.toLowerCase(),
  '-Z',
  '--usestarttls',
  '-q',
  '--socket',
  '--offline',
]);
const PROPERTIES_COMMAND = 'list-properties';
/** Former names of options by their names of today. */
const OLD_NAMES: ReadonlyMap<string, string> = new Map([
  ['--bindpasswordfile', '--bindPassword:file'],
  ['--truststorepasswordfile', '--trustStorePassword:file'],
  ['--keystorepasswordfile', '--keyStorePassword:file'],
  ['--usepkcs12truststore', '--trustStorePath'],
  ['--usejavatruststore', '--trustStorePath'],
  ['--usepkcs12keystore', '--keyStorePath'],
  ['--usejavakeystore', '--keyStorePath'],
]);

/** Runs a subcommand or a batch; without either, opens the menus on a terminal. */
export async function runDsconfig({ operands }: Invocation, world: World, menu: Command): Promise<ExitCode> {
  const words = operands.map(inNewName);
  const [object, own] = await findTyped(words);
  if (object !== undefined) return run(object, own, world);
  const typed = await allSubcommands({ isTyped: true, listOptions: EITHER_OPTIONS });
  const { subcommand, words: others } = findSubcommand(words, typed);
  if (subcommand !== undefined) return run(subcommand, others, world);
  const { FAMILIES } = await import('./families.ts');
  const { formatDsconfigHelp } = await import('./dsconfig-help.ts');
  const help = formatDsconfigHelp(words, typed, FAMILIES);
  const isVersion = words.some((word) => word === '-V' || word === '--version');
  if (help !== undefined || isVersion) {
    world.stdout.write(help ?? `confdit ${VERSION}\n`);
    return ExitCode.success;
  }
  const { readBatch } = await import('./batch.ts');
  const batch = await readBatch(words, world);
  if (batch === undefined && world.stdin.isTTY && world.stdout.isTTY) return run(menu, words, world);
  if (batch === undefined) throw new UsageError('Which subcommand of dsconfig?');
  return runBatch(batch, world);
}

function inNewName(word: string): string {
  const [, name = '', value = ''] = /^(--[^=]+)(=.*)?$/s.exec(word) ?? [];
  const known = OLD_NAMES.get(name.toLowerCase());
  return known === undefined ? word : `${known}${value}`;
}

/** Resolves to the subcommand of a kind of objects that is the first word to be one, and the other words. */
async function findTyped(
  words: readonly string[],
): Promise<readonly [Command | undefined, readonly string[]]> {
  for (const [index, word] of words.entries()) {
    if (word === PROPERTIES_COMMAND) break;
    const command = await findObjectCommand(word);
    if (command !== undefined) return [command, words.toSpliced(index, 1)];
  }
  return [undefined, words];
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
    // A word behind an option may be its value, unless it is nearly a subcommand.
    const wrong = words.find(
      (word, place) => !word.startsWith('-') && (place === 0 || suggestion(word, byName.keys()) !== ''),
    );
    if (wrong !== undefined) {
      // A word that is like none of them may be the half of a password.
      const similar = suggestion(wrong, byName.keys());
      const word = similar === '' ? 'of this name' : JSON.stringify(wrong);
      throw new UsageError(`dsconfig has no subcommand ${word} here.${similar}`);
    }
    return { subcommand: undefined, words };
  }
  return { subcommand: byName.get(words[index] ?? ''), words: words.toSpliced(index, 1) };
}

function withTls(words: readonly string[], { options }: Command): readonly string[] {
  const isSecured = words.some((word) => {
    const [name = ''] = word.split('=', 1);
    return TLS_WORDS.has(name.startsWith('--') ? name.toLowerCase() : name);
  });
  const takesTls = options.some(({ name }) => name === TLS_OPTION);
  return isSecured || !takesTls ? words : [...words, `--${TLS_OPTION}`];
}

async function run(subcommand: Command, words: readonly string[], world: World): Promise<ExitCode> {
  const invocation = parseOptions(withTls(words, subcommand), subcommand);
  if (!invocation.has('help')) return subcommand.run(invocation, world);
  const { formatCommandHelp } = await import('../help.ts');
  world.stdout.write(formatCommandHelp(subcommand));
  return ExitCode.success;
}

/** Each command is shown before it is run, without secrets; the first that fails ends the batch, and its line is reported. */
async function runBatch(batch: Batch, world: World): Promise<ExitCode> {
  const inBatches = await allSubcommands({ isTyped: false, listOptions: EITHER_OPTIONS });
  const isQuiet = batch.words.some((word) => word === '-Q' || word === '--quiet');
  const { FAMILIES } = await import('./families.ts');
  for (const { number, text } of batch.lines) {
    try {
      const words = splitWords(text).map(inNewName);
      const typed = words[0] === 'dsconfig' ? words.slice(1) : words;
      const { subcommand, words: own } = findSubcommand(typed, inBatches);
      if (subcommand === undefined) throw new UsageError('There is no subcommand in it.');
      const family = familyOfCommand(subcommand.name, FAMILIES);
      if (family !== undefined && !isQuiet) {
        const shown = equivalentWords(subcommand, parseOptions(own, subcommand), family);
        world.stdout.write(`${formatCommand(shown)}\n`);
      }
      const exitCode = await run(subcommand, [...own, ...batch.words], world);
      if (exitCode !== ExitCode.success) throw new CommandError('It has failed.', ExitCode.failed);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      throw new CommandError(`Line ${number}: ${error.message}`, error.exitCode, { cause: error });
    }
  }
  return ExitCode.success;
}
