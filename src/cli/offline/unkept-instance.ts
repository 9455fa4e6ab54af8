// The instance that an import makes before it knows whether there is anything to import. When nothing was stored, what it
// has made goes again: a folder that nobody meant would be taken for an instance later.

import { lstat, readdir, rm, rmdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { errorCode } from '../../files/file-error.ts';
import { isLockName } from '../../files/folder-lock.ts';
import { SNAPSHOT_NAME } from '../../store/snapshot.ts';

const CONFIG_FOLDER = 'config';
/** Folders that are made when an instance is opened. Others in the same place belong to somebody else. */
const MADE_FOLDERS = [CONFIG_FOLDER, 'schema'];

/**
 * Runs what opens an instance. If the folder was none before and the outcome is not to be kept, or there is none, everything
 * of an instance is removed that was not there before. An instance stays as it is, and so does all where it is not known what
 * was there.
 *
 * @param folder The instance folder, which need not exist.
 */
export async function unlessKept<T>(
  folder: string,
  run: () => Promise<T>,
  isKept: (outcome: T) => boolean,
): Promise<T> {
  const root = resolve(folder);
  const found = await pathsIn(root);
  if (found === undefined || found.includes(join(root, CONFIG_FOLDER, SNAPSHOT_NAME))) return run();
  const before = new Set(found);
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
  const made = ((await pathsIn(root)) ?? []).filter((path) => !before.has(path));
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

/** Returns the folders of an instance and everything below them; undefined if some of it cannot be read. */
async function pathsIn(root: string): Promise<readonly string[] | undefined> {
  const paths: string[] = [];
  for (const name of MADE_FOLDERS) {
    const folder = join(root, name);
    try {
      if (!(await isThere(folder))) continue;
      // Without the types, folders that cannot be looked at are listed as files are.
      const found = await readdir(folder, { recursive: true, withFileTypes: true });
      paths.push(folder, ...found.map((one) => join(one.parentPath, one.name)));
    } catch {
      return undefined;
    }
  }
  return paths;
}

/** Rejects if it cannot be known. */
async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}
