#!/usr/bin/env node
// The program: words in, a command called, an exit code out.

import { HELP, parseCommandLine, UsageError } from '../cli/command-line.ts';
import { start } from './start.ts';
import { VERSION } from './version.ts';

const EXIT_USAGE = 89;

try {
  const command = parseCommandLine(process.argv.slice(2));
  if (command.name === 'help') process.stdout.write(HELP);
  else if (command.name === 'version') process.stdout.write(`confdit ${VERSION}\n`);
  else process.exitCode = await start(command, process);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`confdit: ${error.message} Try confdit --help.\n`);
  process.exitCode = EXIT_USAGE;
}
