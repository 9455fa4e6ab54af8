// config.ldif that somebody edited: what it was before, so that the edit can be told from the rest, and a copy of an
// edit that would be overwritten. Does not decide what the edit means; whoever opened the store does.

import { join } from 'node:path';
import { type FileSystem, freeName, readWholeFile, writeNewFile } from '../files/file-system.ts';
import type { Entry } from '../ldap/entry.ts';
import { ARCHIVE_FOLDER, listArchives, readArchive, readArchiveOctets } from './archive.ts';
import { readSnapshot, SNAPSHOT_NAME, type Snapshot } from './snapshot.ts';
import { StoreError, storeErrorFrom } from './store-error.ts';

const NEWLINE = 0x0a;

export interface EditedSnapshot {
  /** What config.ldif holds now. */
  readonly entries: readonly Entry[];
  /**
   * What it held when the server wrote it: the edit is the difference. Undefined where its first line is gone: then it
   * is another file, and says what all is to be.
   */
  readonly original: readonly Entry[] | undefined;
  /** Set where the difference is one bit: it may be an edit, and it may be damage. */
  readonly flippedOctet: number | undefined;
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

/** What was edited, by what is there and what was. */
export function editOf({ entries, hasHeader, flippedOctet }: Snapshot, original: Snapshot): EditedSnapshot {
  return { entries, original: hasHeader ? original.entries : undefined, flippedOctet };
}

/** `readSnapshot`, which throws StoreError besides for a file that ends in the middle of an entry: no edit, but a loss. */
export async function readUncutSnapshot(
  fileSystem: FileSystem,
  folder: string,
): Promise<Snapshot | undefined> {
  const snapshot = await readSnapshot(fileSystem, folder);
  if (snapshot?.isEdited !== true) return snapshot;
  const archiveFolder = join(folder, ARCHIVE_FOLDER);
  if (!(await listArchives(fileSystem, archiveFolder)).includes(snapshot.number)) return snapshot;
  const path = join(folder, SNAPSHOT_NAME);
  const octets = await readWholeFile(fileSystem, path);
  const archived = await readArchiveOctets(fileSystem, archiveFolder, snapshot.number).catch(() => octets);
  if (!isCutShort(octets, archived)) {
    const flippedOctet = findFlippedOctet(octets, archived);
    return flippedOctet === undefined ? snapshot : { ...snapshot, flippedOctet };
  }
  throw new StoreError(
    `The file ${path} ends in the middle of an entry, after ${octets.length} of the ${archived.length} octets that the ` +
      'server wrote. Run confdit repair, which takes the archived one, or restore the file from a backup.',
  );
}

/** Where two files of one length differ, if that is in one bit. */
function findFlippedOctet(octets: Buffer, archived: Buffer): number | undefined {
  if (octets.length !== archived.length) return undefined;
  const at = octets.findIndex((octet, index) => octet !== archived[index]);
  if (at < 0 || !octets.subarray(at + 1).equals(archived.subarray(at + 1))) return undefined;
  const difference = (octets[at] ?? 0) ^ (archived[at] ?? 0);
  return (difference & (difference - 1)) === 0 ? at : undefined;
}

/** Whoever takes away the last entries leaves those before them whole. */
function isCutShort(octets: Buffer, archived: Buffer): boolean {
  const rest = archived.subarray(octets.length);
  if (rest.length === 0 || !archived.subarray(0, octets.length).equals(octets)) return false;
  const isEntryEnd = octets.at(-1) === NEWLINE && (rest[0] === NEWLINE || octets.at(-2) === NEWLINE);
  return !isEntryEnd;
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
