// config.ldif after an edit by hand: its content before, so that the edit can be found, and a copy of an edit
// that would be overwritten. The caller that opens the store decides what the edit means.

import { join } from 'node:path';
import { type FileSystem, freeName, readWholeFile, writeNewFile } from '../files/file-system.ts';
import type { Entry } from '../ldap/entry.ts';
import { ARCHIVE_FOLDER, listArchives, readArchive, readArchiveOctets } from './archive.ts';
import { rewriteLdif } from './encryption/rewrite-ldif.ts';
import type { StoredValues } from './encryption/stored-values.ts';
import { readSnapshot, SNAPSHOT_NAME, type Snapshot } from './snapshot.ts';
import { StoreError, storeErrorFrom } from './store-error.ts';

const NEWLINE = 0x0a;

export interface EditedSnapshot {
  /** Entries of config.ldif now. */
  readonly entries: readonly Entry[];
  /**
   * Entries of config.ldif when the server wrote it; the edit is the difference. Undefined if the header line
   * is missing: then the file is new and holds the whole configuration.
   */
  readonly original: readonly Entry[] | undefined;
  /** Position of the octet if the difference is one bit, which may be an edit or damage. */
  readonly flippedOctet: number | undefined;
}

/**
 * Returns the snapshot as the server wrote it. Returns undefined if config.ldif is not edited or the archive is
 * missing.
 */
export async function findOriginal(
  fileSystem: FileSystem,
  archiveFolder: string,
  { number, isEdited, hasHeader }: Snapshot,
  values: StoredValues,
): Promise<Snapshot | undefined> {
  if (hasHeader && !isEdited) return undefined;
  const archives = await listArchives(fileSystem, archiveFolder);
  const wanted = hasHeader ? number : archives.at(-1);
  if (wanted === undefined || !archives.includes(wanted)) return undefined;
  try {
    return await readArchive(fileSystem, archiveFolder, wanted, values);
  } catch (error) {
    if (error instanceof StoreError) return undefined;
    throw error;
  }
}

/** Returns the edit, from the present snapshot and the original. */
export function editOf({ entries, hasHeader, flippedOctet }: Snapshot, original: Snapshot): EditedSnapshot {
  return { entries, original: hasHeader ? original.entries : undefined, flippedOctet };
}

/**
 * Reads the snapshot like `readSnapshot`. Also throws StoreError for a file that ends in the middle of an
 * entry, which is a loss and not an edit.
 */
export async function readUncutSnapshot(
  fileSystem: FileSystem,
  folder: string,
  values: StoredValues,
): Promise<Snapshot | undefined> {
  const snapshot = await readSnapshot(fileSystem, folder, values);
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

/** Returns the position at which two files of equal length differ, if the difference is one bit. */
function findFlippedOctet(octets: Buffer, archived: Buffer): number | undefined {
  if (octets.length !== archived.length) return undefined;
  const at = octets.findIndex((octet, index) => octet !== archived[index]);
  if (at < 0 || !octets.subarray(at + 1).equals(archived.subarray(at + 1))) return undefined;
  const difference = (octets[at] ?? 0) ^ (archived[at] ?? 0);
  return (difference & (difference - 1)) === 0 ? at : undefined;
}

/**
 * Returns true if the file ends in the middle of an entry. An edit that removes the last entries leaves the
 * others whole.
 */
function isCutShort(octets: Buffer, archived: Buffer): boolean {
  const rest = archived.subarray(octets.length);
  if (rest.length === 0 || !archived.subarray(0, octets.length).equals(octets)) return false;
  const isEntryEnd = octets.at(-1) === NEWLINE && (rest[0] === NEWLINE || octets.at(-2) === NEWLINE);
  return !isEntryEnd;
}

/** Copies config.ldif to a name with the time; secrets in it are encrypted. Returns its path. Throws StoreError. */
export async function keepEditAside(
  fileSystem: FileSystem,
  folder: string,
  now: Date,
  values: StoredValues,
): Promise<string> {
  const path = join(folder, SNAPSHOT_NAME);
  try {
    const stamp = now.toISOString().replaceAll(/[-:.]/g, '');
    const name = await freeName(fileSystem, folder, `config.manualedit-${stamp}`, '.ldif');
    const { octets } = rewriteLdif(await readWholeFile(fileSystem, path), values);
    await writeNewFile(fileSystem, join(folder, name), octets);
    await fileSystem.syncFolder(folder);
    return join(folder, name);
  } catch (error) {
    throw storeErrorFrom(error, `The edited file ${path} cannot be kept aside`);
  }
}
