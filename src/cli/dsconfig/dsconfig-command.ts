// `confdit dsconfig …`: command lines written for PingDS's dsconfig, unchanged: options before or after the
// subcommand, TLS without being asked for, and batches of commands.

import { type Command, CommandError, UsageError, type World } from '../command.ts';
import { parseOptions, suggestion } from '../command-line.ts';
import { ExitCode } from '../exit-code.ts';
import { formatCommandHelp } from '../help.ts';
import { BATCH_OPTIONS, type Batch, readBatch } from './batch.ts';
import { formatDsconfigHelp, HELP_WORDS } from './dsconfig-help.ts';
import { equivalentWords, formatCommand } from './equivalent-command.ts';
import { familyOfCommand, type ObjectFamily } from './object-family.ts';
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
/** What older releases called options that have another name now. */
const OLD_NAMES: ReadonlyMap<string, string> = new Map([
  ['--bindpasswordfile', '--bindPassword:file'],
  ['--truststorepasswordfile', '--trustStorePassword:file'],
  ['--keystorepasswordfile', '--keyStorePassword:file'],
  ['--usepkcs12truststore', '--trustStorePath'],
  ['--usejavatruststore', '--trustStorePath'],
  ['--usepkcs12keystore', '--keyStorePath'],
  ['--usejavakeystore', '--keyStorePath'],
]);

export interface DsconfigParts {
  /** The subcommands as somebody types them, and as they stand in batches. */
  readonly typed: readonly Command[];
  readonly inBatches: readonly Command[];
  readonly families: readonly ObjectFamily[];
  /** What to open on a terminal when no subcommand is named. */
  readonly menu: Command;
  readonly version: string;
}

export function dsconfigCommand(parts: DsconfigParts): Command {
  const { typed, families, menu, version } = parts;
  return {
    name: 'dsconfig',
    group: 'Configuration',
    synopsis: 'Takes a command line written for dsconfig of PingDS or OpenDJ.',
    description:
      'Options may stand before or after the subcommand, and the connection is encrypted. With --batch or\n' +
      '--batchFilePath the commands of a file are run one after the other, until one of them fails; the connection\n' +
      `options given here are those of every line. The subcommands are listed by ${HELP_WORDS}.`,
    operands: 'SUBCOMMAND',
    options: BATCH_OPTIONS,
    takesAllWords: true,
    async run({ operands }, world) {
      const words = operands.map(inNewName);
      const { subcommand, words: own } = findSubcommand(words, typed);
      if (subcommand !== undefined) return run(subcommand, own, world);
      const help = formatDsconfigHelp(words, typed, families);
      const isVersion = words.some((word) => word === '-V' || word === '--version');
      if (help !== undefined || isVersion) {
        world.stdout.write(help ?? `confdit ${version}\n`);
        return ExitCode.success;
      }
      const batch = await readBatch(words, world);
      if (batch === undefined && world.stdin.isTTY && world.stdout.isTTY) return run(menu, words, world);
      if (batch === undefined) throw new UsageError('Which subcommand of dsconfig?');
      return runBatch(batch, parts, world);
    },
  };
}

function inNewName(word: string): string {
  const [, name = '', value = ''] = /^(--[^=]+)(=.*)?$/s.exec(word) ?? [];
  const known = OLD_NAMES.get(name.toLowerCase());
  return known === undefined ? word : `${known}${value}`;
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
  world.stdout.write(formatCommandHelp(subcommand));
  return ExitCode.success;
}

/** Each command is shown before it is run, without secrets; the first that fails ends the batch, and its line is told. */
async function runBatch(
  batch: Batch,
  { inBatches, families }: DsconfigParts,
  world: World,
): Promise<ExitCode> {
  const isQuiet = batch.words.some((word) => word === '-Q' || word === '--quiet');
  for (const { number, text } of batch.lines) {
    try {
      const words = splitWords(text).map(inNewName);
      const typed = words[0] === 'dsconfig' ? words.slice(1) : words;
      const { subcommand, words: own } = findSubcommand(typed, inBatches);
      if (subcommand === undefined) throw new UsageError('There is no subcommand in it.');
      const family = familyOfCommand(subcommand.name, families);
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
