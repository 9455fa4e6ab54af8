// What was typed is parsed, the command called, and what it throws becomes a sentence and an exit code.

import { CommandError, UsageError } from '../cli/command.ts';
import { parseCommandLine } from '../cli/command-line.ts';
import { formatCommandHelp, formatHelp } from '../cli/help.ts';
import { hasTerminal } from '../cli/menu/menu-command.ts';
import { startCommand } from './commands/start.ts';
import { COMMANDS, MENU } from './commands.ts';
import { VERSION } from './version.ts';

/** Resolves to the exit code. */
export async function main(process: NodeJS.Process): Promise<number> {
  try {
    const words = process.argv.slice(2);
    const isAlone = words.length === 0 && hasTerminal(process);
    const line = parseCommandLine(isAlone ? [MENU.name] : words, COMMANDS);
    // The log of a server has its own ways with what cannot be written.
    if (line.type !== 'command' || line.command !== startCommand) endWithReader(process);
    if (line.type === 'command') return await line.command.run(line.invocation, process);
    if (line.type === 'version') process.stdout.write(`confdit ${VERSION}\n`);
    else
      process.stdout.write(
        line.command === undefined ? formatHelp(COMMANDS) : formatCommandHelp(line.command),
      );
    return 0;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const advice = error instanceof UsageError ? ' Try confdit --help.' : '';
    process.stderr.write(`confdit: ${error.message}${advice}\n`);
    return error.exitCode;
  }
}

/** Whoever reads what is printed, such as `head`, may have seen enough: that is no failure of the command. */
function endWithReader(process: NodeJS.Process): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
}
