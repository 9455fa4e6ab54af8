// What was typed is parsed, the command called, and what it throws becomes a sentence and an exit code.

import { hasTerminal } from '../cli/ask.ts';
import { CommandError, UsageError } from '../cli/command.ts';
import { parseCommandLine } from '../cli/command-line.ts';
import { ExitCode, exitCodeOfError } from '../cli/exit-code.ts';
import { formatCommandHelp, formatHelp } from '../cli/help.ts';
import { paint, withVisibleOutput } from '../cli/terminal.ts';
import { VERSION } from '../instance/version.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { COMMANDS, MENU } from './commands.ts';
import { unlessLoopIsEmpty } from './empty-loop.ts';
import { startCommand } from './start-command.ts';

/** Resolves to the exit code. */
export async function main(process: NodeJS.Process): Promise<ExitCode> {
  const words = process.argv.slice(2);
  const world = withVisibleOutput(process);
  try {
    const isAlone = words.length === 0 && hasTerminal(process);
    const line = parseCommandLine(isAlone ? [MENU.name] : words, COMMANDS);
    // The log of a server has its own ways with what cannot be written.
    if (line.type !== 'command' || line.command !== startCommand) endWithOutput(process);
    if (line.type === 'command') {
      const run = line.command.run(line.invocation, world);
      return await (line.command === startCommand ? run : unlessLoopIsEmpty(process, run, neverDone));
    }
    if (line.type === 'version') world.stdout.write(`confdit ${VERSION}\n`);
    else
      world.stdout.write(line.command === undefined ? formatHelp(COMMANDS) : formatCommandHelp(line.command));
    return ExitCode.success;
  } catch (error) {
    const isRefused = error instanceof CommandError;
    // A name or a filter that was typed and is none.
    if (!isRefused && !(error instanceof LdapError)) throw error;
    const advice = error instanceof UsageError ? ` Try ${helpFor(process.argv[2])}.` : '';
    world.stderr.write(`${paint('red', 'confdit:', world.stderr)} ${error.message}${advice}\n`);
    return exitCodeOfError(isRefused ? error.exitCode : ExitCode.wrongData, words);
  }
}

/** The help of the command that was typed, where it is one. */
function helpFor(word: string | undefined): string {
  const isCommand = COMMANDS.some(({ name, isHidden }) => name === word && isHidden !== true);
  return isCommand ? `confdit ${word} --help` : 'confdit --help';
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
