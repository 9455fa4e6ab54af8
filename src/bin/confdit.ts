#!/usr/bin/env node
// The program: words in, a command called, an exit code out.

import { CommandError, UsageError } from '../cli/command.ts';
import { parseCommandLine } from '../cli/command-line.ts';
import { formatCommandHelp, formatHelp } from '../cli/help.ts';
import { COMMANDS } from './commands.ts';
import { VERSION } from './version.ts';

try {
  const line = parseCommandLine(process.argv.slice(2), COMMANDS);
  if (line.type === 'version') process.stdout.write(`confdit ${VERSION}\n`);
  else if (line.type === 'command') process.exitCode = await line.command.run(line.invocation, process);
  else
    process.stdout.write(line.command === undefined ? formatHelp(COMMANDS) : formatCommandHelp(line.command));
} catch (error) {
  if (!(error instanceof CommandError)) throw error;
  const advice = error instanceof UsageError ? ' Try confdit --help.' : '';
  process.stderr.write(`confdit: ${error.message}${advice}\n`);
  process.exitCode = error.exitCode;
}
