// Parses what was typed, calls the command, and turns what it throws into a sentence and an exit code.

import { hasTerminal } from '../cli/ask.ts';
import { type Command, CommandError, UsageError } from '../cli/command.ts';
import { asksForVersion, type CommandSource, parseCommandLine } from '../cli/command-line.ts';
import { ExitCode, exitCodeOfError } from '../cli/exit-code.ts';
import { paint, withVisibleOutput } from '../cli/terminal.ts';
import { VERSION } from '../instance/version.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { unlessLoopIsEmpty } from './empty-loop.ts';

/** Command that `confdit` alone runs on a terminal. */
const MENU = 'menu';
/** The server has ways of its own with its log, and with what ends it. */
const SERVER = 'start';

/** Resolves to the exit code. */
export async function main(process: NodeJS.Process): Promise<ExitCode> {
  const words = process.argv.slice(2);
  const world = withVisibleOutput(process);
  // The version is asked for so often that no command is loaded for it.
  if (asksForVersion(words)) {
    endWithOutput(process);
    world.stdout.write(`confdit ${VERSION}\n`);
    return ExitCode.success;
  }
  const commands = await loadCommands();
  try {
    const isAlone = words.length === 0 && hasTerminal(process);
    const line = await parseCommandLine(isAlone ? [MENU] : words, commands);
    const isServer = line.type === 'command' && line.command.name === SERVER;
    if (!isServer) endWithOutput(process);
    if (line.type === 'command') {
      const run = line.command.run(line.invocation, world);
      return await (isServer ? run : unlessLoopIsEmpty(process, run, neverDone));
    }
    if (line.type === 'help') world.stdout.write(await helpOf(line.command, commands));
    return ExitCode.success;
  } catch (error) {
    const isRefused = error instanceof CommandError;
    // A name or a filter that was typed and is none.
    if (!isRefused && !(error instanceof LdapError)) throw error;
    const advice = error instanceof UsageError ? ` Try ${await helpFor(words[0], commands)}.` : '';
    world.stderr.write(`${paint('red', 'confdit:', world.stderr)} ${error.message}${advice}\n`);
    return exitCodeOfError(isRefused ? error.exitCode : ExitCode.wrongData, words);
  }
}

/** The server is half of the program, and no other command loads it. */
async function loadCommands(): Promise<CommandSource> {
  const { Catalogue } = await import('../cli/catalogue.ts');
  return new Catalogue(async (...typed) => (await import('./start.ts')).start(...typed));
}

async function helpOf(command: Command | undefined, commands: CommandSource): Promise<string> {
  const { formatCommandHelp, formatHelp } = await import('../cli/help.ts');
  return command === undefined ? formatHelp(await commands.all()) : formatCommandHelp(command);
}

/** Returns how to ask for help: of the command that was typed, where it is one. */
async function helpFor(word: string | undefined, commands: CommandSource): Promise<string> {
  const command = word === undefined ? undefined : await commands.find(word);
  return command === undefined || command.isHidden === true ? 'confdit --help' : `confdit ${word} --help`;
}

/** The server has words of its own for it. */
function neverDone(): CommandError {
  const text =
    'The command ends before it is done: nothing is left that it could wait for. This is a fault of confdit.';
  return new CommandError(text, ExitCode.other);
}

/** Nobody reads on, as in `confdit resolve | head`, or there is no room: what follows would be done unseen. */
function endWithOutput(process: NodeJS.Process): void {
  for (const output of [process.stdout, process.stderr]) {
    output.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(ExitCode.noReader);
      if (output !== process.stderr) {
        process.stderr.write(`confdit: The output cannot be written: ${error.message}.\n`);
      }
      process.exit(ExitCode.localError);
    });
  }
}
