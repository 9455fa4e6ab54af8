// Sources that no expression may read. A user who may write expressions sees their values, and may be neither
// allowed to read secrets nor to log in as the administrator. Files of the server and of the operating system
// contain both.

import { realpathSync } from 'node:fs';
import { relative } from 'node:path';

/** Administrator's password at the first start. */
export const KEPT_VARIABLES: ReadonlySet<string> = new Set(['CONFDIT_ADMIN_PASSWORD']);
/** Variables that name files of the server: with that password, and with the master key. */
export const KEPT_FILE_VARIABLES: readonly string[] = [
  'CONFDIT_ADMIN_PASSWORD_FILE',
  'CONFDIT_MASTER_KEY_FILE',
];

/**
 * Files below the instance folder: the generated password, the configuration and its history, keys, tasks,
 * mail, backups.
 */
const KEPT_FILES =
  /^(?:config\/(?:admin\.pin|config[^/]*$|(?:journal|archived-configs|keys|repair-[^/]*)\/)|(?:tasks|mail|backups)\/)/;
/** Environment, memory and open files of processes. */
const OF_PROCESSES = /^\/proc\/\d+\//;

/** Returns true if expressions must not read the file. Takes absolute paths without symbolic links. */
export function isKeptBack(path: string, instanceFolder: string): boolean {
  return OF_PROCESSES.test(path) || KEPT_FILES.test(relative(instanceFolder, path));
}

/** Returns the path without symbolic links. Returns it unchanged if that cannot be found out. */
export function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // The caller that reads the file reports the error.
    return path;
  }
}
