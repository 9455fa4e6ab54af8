// What was typed is parsed, the command called, and what it throws becomes a sentence and an exit code.

import { CommandError, UsageError } from '../cli/command.ts';
import { parseCommandLine } from '../cli/command-line.ts';
import { formatCommandHelp, formatHelp } from '../cli/help.ts';
import { hasTerminal } from '../cli/menu/menu-command.ts';
import { COMMANDS, MENU } from './commands.ts';
import { VERSION } from './version.ts';

/** Resolves to the exit code. */
export async function main(process: NodeJS.Process): Promise<number> {
  try {
    const words = process.argv.slice(2);
    const isAlone = words.length === 0 && hasTerminal(process);
    const line = parseCommandLine(isAlone ? [MENU.name] : words, COMMANDS);
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
