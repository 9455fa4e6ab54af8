// The commands there are, in the order of help. A command is a file in `commands/` and a line here.

import type { Command } from '../cli/command.ts';
import { CONNECTION_OPTIONS } from '../cli/connection-options.ts';
import { dsconfigCommand } from '../cli/dsconfig/dsconfig-command.ts';
import { objectCommands } from '../cli/dsconfig/object-commands.ts';
import { objectFamilies } from '../cli/dsconfig/object-family.ts';
import { objectDefinitions } from '../config/definitions.ts';
import { openDirectory } from './commands/open-directory.ts';
import { startCommand } from './commands/start.ts';

const SUBCOMMANDS = objectCommands({
  families: objectFamilies(objectDefinitions),
  connectionOptions: CONNECTION_OPTIONS,
  open: openDirectory,
});

export const COMMANDS: readonly Command[] = [startCommand, dsconfigCommand(SUBCOMMANDS), ...SUBCOMMANDS];
