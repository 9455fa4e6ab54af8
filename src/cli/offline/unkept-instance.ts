// The instance that an import makes before it knows whether there is anything to import. When nothing was stored, what it
// has made goes again: a folder that nobody meant would be taken for an instance later.

import { readdir, rm, rmdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { errorCode } from '../../files/file-error.ts';
import { isLockName } from '../../files/folder-lock.ts';
import { SNAPSHOT_NAME } from '../../store/snapshot.ts';

const CONFIG_FOLDER = 'config';

/**
 * Runs what opens an instance. If the folder was none before and the outcome is not to be kept, or there is none, everything
 * is removed that was not there before. An instance stays as it is.
 *
 * @param folder The instance folder, which need not exist.
 */
export async function unlessKept<T>(
  folder: string,
  run: () => Promise<T>,
  isKept: (outcome: T) => boolean,
): Promise<T> {
  const root = resolve(folder);
  const before = new Set(await pathsIn(root));
  if (before.has(join(root, CONFIG_FOLDER, SNAPSHOT_NAME))) return run();
  const parents = await missingFolders(root);
  let isToStay = false;
  try {
    const outcome = await run();
    isToStay = isKept(outcome);
    return outcome;
  } finally {
    if (!isToStay) await removeNew(root, before, parents);
  }
}

async function removeNew(
  root: string,
  before: ReadonlySet<string>,
  parents: readonly string[],
): Promise<void> {
  const made = (await pathsIn(root)).filter((path) => !before.has(path));
  // A server has been started there meanwhile, and needs all of it.
  if (made.some((path) => isLockName(path.slice(dirname(path).length + 1)))) return;
  // What is in a folder comes before the folder.
  for (const path of made.toSorted().toReversed()) await rm(path, { recursive: true, force: true });
  for (const path of parents) await rmdir(path).catch(() => undefined);
}

/** Returns the folder and those above it that are not there, the deepest first. */
async function missingFolders(folder: string): Promise<readonly string[]> {
  const isMissing = await readdir(folder).then(
    () => false,
    (error: unknown) => errorCode(error) === 'ENOENT',
  );
  return isMissing ? [folder, ...(await missingFolders(dirname(folder)))] : [];
}

/** Returns everything below the folder; nothing if the folder cannot be read. */
async function pathsIn(folder: string): Promise<readonly string[]> {
  const found = await readdir(folder, { recursive: true }).catch(() => []);
  return found.map((name) => join(folder, name));
}
