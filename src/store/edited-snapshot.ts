// config.ldif that somebody edited: what it was before, so that the edit can be told from the rest, and a copy of an
// edit that would be overwritten. Does not decide what the edit means; whoever opened the store does.

import { join } from 'node:path';
import type { Entry } from '../ldap/entry.ts';
import { listArchives, readArchive } from './archive.ts';
import { type FileSystem, freeName, readWholeFile, writeNewFile } from './file-system.ts';
import { SNAPSHOT_NAME, type Snapshot } from './snapshot.ts';
import { StoreError, storeErrorFrom } from './store-error.ts';

export interface EditedSnapshot {
  /** What config.ldif holds now. */
  readonly entries: readonly Entry[];
  /**
   * What it held when the server wrote it: the edit is the difference. Undefined where its first line is gone: then it
   * is another file, and says what all is to be.
   */
  readonly original: readonly Entry[] | undefined;
}

/** The snapshot as the server wrote it, of an edited one; undefined when it is not edited or the archive is gone too. */
export async function findOriginal(
  fileSystem: FileSystem,
  archiveFolder: string,
  { number, isEdited, hasHeader }: Snapshot,
): Promise<Snapshot | undefined> {
  if (hasHeader && !isEdited) return undefined;
  const archives = await listArchives(fileSystem, archiveFolder);
  const wanted = hasHeader ? number : archives.at(-1);
  if (wanted === undefined || !archives.includes(wanted)) return undefined;
  try {
    return await readArchive(fileSystem, archiveFolder, wanted);
  } catch (error) {
    if (error instanceof StoreError) return undefined;
    throw error;
  }
}

/** Copies config.ldif to a name that says when; gives its path. Throws StoreError. */
export async function keepEditAside(fileSystem: FileSystem, folder: string, now: Date): Promise<string> {
  const path = join(folder, SNAPSHOT_NAME);
  try {
    const stamp = now.toISOString().replaceAll(/[-:.]/g, '');
    const name = await freeName(fileSystem, folder, `config.manualedit-${stamp}`, '.ldif');
    await writeNewFile(fileSystem, join(folder, name), await readWholeFile(fileSystem, path));
    await fileSystem.syncFolder(folder);
    return join(folder, name);
  } catch (error) {
    throw storeErrorFrom(error, `The edited file ${path} cannot be kept aside`);
  }
}
