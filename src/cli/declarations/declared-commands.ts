// The commands that are declared by themselves, in the order of help.

import type { Command, CommandRun } from '../command.ts';
import { accessCommands } from './access-commands.ts';
import { clusterCommand } from './cluster-commands.ts';
import { dsconfigCommand, menuCommand } from './configuration-commands.ts';
import { fileCommands } from './file-commands.ts';
import { historyCommands } from './history-commands.ts';
import { ldifCommands } from './ldif-commands.ts';
import { mailCommands } from './mail-commands.ts';
import { completionCommands, encodePasswordCommand } from './program-commands.ts';
import { safetyCommands } from './safety-commands.ts';
import {
  initCommand,
  reloadCommand,
  resolveCommand,
  startCommand,
  statusCommand,
  watchCommand,
} from './server-commands.ts';
import { openTyped } from './tree-options.ts';

/**
 * @param start serves until the process is interrupted; only the process itself can.
 * @param all all commands, with those of objects.
 */
export function declaredCommands(
  start: CommandRun,
  all: () => Promise<readonly Command[]>,
): readonly Command[] {
  return [
    ...[initCommand, startCommand(start), statusCommand(openTyped), watchCommand],
    ...[reloadCommand, resolveCommand],
    ...fileCommands,
    ...ldifCommands,
    ...historyCommands,
    ...safetyCommands,
    clusterCommand,
    ...mailCommands(openTyped, true),
    ...accessCommands,
    encodePasswordCommand,
    ...completionCommands(all),
    ...[menuCommand, dsconfigCommand],
  ];
}
