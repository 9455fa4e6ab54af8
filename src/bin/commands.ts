// The commands there are, in the order of help. A command is a file in `commands/` and a line here.

import type { Command } from '../cli/command.ts';
import { startCommand } from './commands/start.ts';

export const COMMANDS: readonly Command[] = [startCommand];
