// The options of commands that work on a running server or, with --offline, on the files of an instance; and how such a
// command opens the tree that the options name.

import type { CommandOption } from '../command.ts';
import { INSTANCE_OPTIONS } from '../commands/instance-options.ts';
import { CONNECTION_OPTIONS } from '../connection/connection-options.ts';
import type { OpenDirectory } from '../connection/directory.ts';

export const OFFLINE_OPTION: CommandOption = {
  name: 'offline',
  group: 'instance',
  synopsis: 'work on the files of the instance instead of a running server',
};

export const EITHER_OPTIONS: readonly CommandOption[] = [
  OFFLINE_OPTION,
  ...INSTANCE_OPTIONS,
  ...CONNECTION_OPTIONS,
];

/** Opens what was typed. What opens it is loaded then. */
export const openTyped: OpenDirectory = async (...typed) =>
  (await import('../commands/open-directory.ts')).openDirectory(...typed);
