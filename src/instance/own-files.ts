// The files of an instance that are nobody's entries: its configuration with its past, its passwords and keys, its schema
// and what it is at work on. They are recognized by what they are on the disk, so that no other spelling of a name, no link and
// no other way to the same folder makes something else of them.

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Below the instance folder; `config` is looked at without the folders in it. */
const OWN_FOLDERS = [
  'config/journal',
  'config/archived-configs',
  'config/keys',
  'config/expressions',
  'schema',
  'tasks',
  'mail',
  'backups',
];
/** Files in the folder `config`: config.ldif with what belongs to it, and generated passwords. */
const OWN_CONFIG_FILES = /^(?:config.*|.*\.pin|\..*)$/;
const REPAIR_FOLDER = /^repair-/;

/** Resolves to true if a path leads to a file of the instance itself. Rejects if there is no such file. */
export async function isOwnFile(path: string, instanceFolder: string): Promise<boolean> {
  const wanted = await stat(path, { bigint: true });
  const isSame = async (one: string) => {
    const found = await stat(one, { bigint: true }).catch(() => undefined);
    return found !== undefined && found.dev === wanted.dev && found.ino === wanted.ino;
  };
  for await (const one of ownFiles(instanceFolder)) if (await isSame(one)) return true;
  return false;
}

async function* ownFiles(instanceFolder: string): AsyncGenerator<string, void> {
  const config = join(instanceFolder, 'config');
  const names = await readdir(config).catch(() => []);
  for (const name of names) if (OWN_CONFIG_FILES.test(name)) yield join(config, name);
  const repaired = names.filter((name) => REPAIR_FOLDER.test(name)).map((name) => join('config', name));
  for (const folder of [...OWN_FOLDERS, ...repaired]) yield* filesBelow(join(instanceFolder, folder));
}

async function* filesBelow(folder: string): AsyncGenerator<string, void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else yield path;
  }
}
