// What no expression gets: whoever may write expressions sees what they resolve to, and need not be one who may read
// secrets or log in as the administrator. The server's own files hold both, and so does what the system tells of it.

import { realpathSync } from 'node:fs';
import { relative } from 'node:path';

/** The administrator's password at the first start. */
export const KEPT_VARIABLES: ReadonlySet<string> = new Set(['CONFDIT_ADMIN_PASSWORD']);
/** Names the file that it is in instead. */
export const PASSWORD_FILE_VARIABLE = 'CONFDIT_ADMIN_PASSWORD_FILE';

/** Below the instance folder: the password made up, the configuration and its past, keys, tasks, mail, backups. */
const KEPT_FILES =
  /^(?:config\/(?:admin\.pin|config[^/]*$|(?:journal|archived-configs|keys|repair-[^/]*)\/)|(?:tasks|mail|backups)\/)/;
/** The environment of processes, their memory, and their open files. */
const OF_PROCESSES = /^\/proc\/\d+\//;

/** Takes absolute paths without symbolic links. */
export function isKeptBack(path: string, instanceFolder: string): boolean {
  return OF_PROCESSES.test(path) || KEPT_FILES.test(relative(instanceFolder, path));
}

/** Returns the path without symbolic links, at once; as it is where nothing can be said of it. */
export function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // Whatever is wrong with it is told by whoever reads it.
    return path;
  }
}
