// The subcommands of dsconfig, which are commands of confdit too: list-properties, and those of every kind of objects.

import type { Command, CommandOption } from '../command.ts';
import { EITHER_OPTIONS, openTyped } from '../declarations/tree-options.ts';
import { loadFamily } from './family-loaders.ts';
import { objectCommands } from './object-commands.ts';

const OPTIONS = { connectionOptions: EITHER_OPTIONS, open: openTyped };

export interface SubcommandOptions {
  /** True if a person types them one by one; those of a batch ask nothing. */
  readonly isTyped: boolean;
  /** The options of a connection that list-properties accepts too, although it asks no server. */
  readonly listOptions: readonly CommandOption[];
}

/** Resolves to all subcommands, in the order of help. */
export async function allSubcommands({
  isTyped,
  listOptions,
}: SubcommandOptions): Promise<readonly Command[]> {
  const { FAMILIES } = await import('./families.ts');
  const { listPropertiesCommand } = await import('./list-properties.ts');
  return [
    listPropertiesCommand(FAMILIES, listOptions),
    ...objectCommands({ families: FAMILIES, isTyped, ...OPTIONS }),
  ];
}

/** Resolves to the subcommand of this name that a person types; undefined when no kind of objects has it. */
export async function findObjectCommand(name: string): Promise<Command | undefined> {
  const family = await loadFamily(name);
  if (family === undefined) return undefined;
  return objectCommands({ families: [family], isTyped: true, ...OPTIONS }).find((one) => one.name === name);
}
