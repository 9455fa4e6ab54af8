// The commands there are, in the order of help. A command is a file in `commands/` and a line here.

import type { Command } from '../cli/command.ts';
import { backupCommand, restoreCommand } from '../cli/commands/backup.ts';
import { checkCommand, repairCommand } from '../cli/commands/check.ts';
import { convertCommand } from '../cli/commands/convert.ts';
import { exportCommand, exportLdifCommand } from '../cli/commands/export-ldif.ts';
import { formatCommand } from '../cli/commands/format.ts';
import { diffCommand, historyCommand, rollbackCommand } from '../cli/commands/history.ts';
import { importLdifCommand } from '../cli/commands/import-ldif.ts';
import { initCommand } from '../cli/commands/init.ts';
import { INSTANCE_OPTIONS } from '../cli/commands/instance-options.ts';
import { OFFLINE_OPTION } from '../cli/commands/offline-instance.ts';
import { openDirectory } from '../cli/commands/open-directory.ts';
import { reloadCommand } from '../cli/commands/reload.ts';
import { resolveCommand } from '../cli/commands/resolve.ts';
import { shippedSchema } from '../cli/commands/shipped-schema.ts';
import { validateCommand } from '../cli/commands/validate.ts';
import { watchCommand } from '../cli/commands/watch.ts';
import { completionCommands } from '../cli/completion/completion-commands.ts';
import { CONNECTION_OPTIONS } from '../cli/connection/connection-options.ts';
import { dsconfigCommand } from '../cli/dsconfig/dsconfig-command.ts';
import { listPropertiesCommand } from '../cli/dsconfig/list-properties.ts';
import { objectCommands } from '../cli/dsconfig/object-commands.ts';
import { objectFamilies } from '../cli/dsconfig/object-family.ts';
import { encodePasswordCommand } from '../cli/encode-password.ts';
import { editCommand } from '../cli/files/edit-command.ts';
import { planCommands } from '../cli/files/plan-commands.ts';
import { mailCommands } from '../cli/mail/mail-commands.ts';
import { menuCommand } from '../cli/menu/menu-command.ts';
import { statusCommand } from '../cli/status/status.ts';
import { Definitions, objectDefinitions } from '../config/definitions.ts';
import { VERSION } from '../instance/version.ts';
import type { Schema } from '../schema/schema.ts';
import { startCommand } from './start-command.ts';

const ONLINE = { connectionOptions: CONNECTION_OPTIONS, open: openDirectory };
const EITHER = {
  connectionOptions: [OFFLINE_OPTION, ...INSTANCE_OPTIONS, ...CONNECTION_OPTIONS],
  open: openDirectory,
};
const FILES = {
  schema: shippedSchema,
  definitions: (schema: Schema) => new Definitions(objectDefinitions, (text) => schema.dnKeyOfText(text)),
  ...EITHER,
};
const FAMILIES = objectFamilies(objectDefinitions);
const SUBCOMMANDS = objectCommands({ families: FAMILIES, isTyped: true, ...EITHER });
/** What `confdit` alone opens on a terminal. */
export const MENU = menuCommand({ families: FAMILIES, now: () => new Date(), ...EITHER });

export const COMMANDS: readonly Command[] = [
  initCommand,
  startCommand,
  statusCommand({ now: () => new Date(), ...ONLINE }),
  watchCommand,
  reloadCommand,
  resolveCommand,
  ...planCommands(FILES),
  editCommand(FILES),
  validateCommand,
  importLdifCommand,
  exportLdifCommand,
  exportCommand,
  historyCommand,
  diffCommand,
  rollbackCommand,
  checkCommand,
  repairCommand,
  backupCommand,
  restoreCommand,
  formatCommand,
  convertCommand,
  ...mailCommands({ families: FAMILIES, isTyped: true, ...ONLINE }),
  encodePasswordCommand,
  ...completionCommands({ commands: () => COMMANDS, families: FAMILIES, ...ONLINE }),
  MENU,
  listPropertiesCommand(FAMILIES),
  dsconfigCommand({
    typed: [listPropertiesCommand(FAMILIES, EITHER.connectionOptions), ...SUBCOMMANDS],
    inBatches: objectCommands({ families: FAMILIES, isTyped: false, ...EITHER }),
    families: FAMILIES,
    menu: MENU,
    version: VERSION,
  }),
  ...SUBCOMMANDS,
];
