// Archived configurations: compressed copies of snapshots, named by the number of their last change. Together
// with the journal they give every state that is still kept, and the content of config.ldif before an edit by
// hand.

import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { crc32, createGunzip, createGzip, gunzip } from 'node:zlib';
import { writtenEntriesIn } from '../codec/written-entries.ts';
import { errorCode } from '../files/file-error.ts';
import { type FileSystem, readPieces, readWholeFile, writeWhole } from '../files/file-system.ts';
import type { Entry } from '../ldap/entry.ts';
import type { StoredValues } from './encryption/stored-values.ts';
import { readSnapshotHeader, readSnapshotOctets, type Snapshot } from './snapshot.ts';
import { StoreError, storeErrorFrom } from './store-error.ts';

export const ARCHIVE_FOLDER = 'archived-configs';

const NAME = /^config-(\d{12,15})\.ldif\.gz$/;
const UNFINISHED = /^config-\d{12,15}\.ldif\.gz\.tmp$/;
/** Fastest compression level. LDIF repeats itself so much that higher levels gain little. */
const LEVEL = 1;

/** Returns the file name of the archive of a change number. */
export function archiveName(number: number): string {
  return `config-${String(number).padStart(12, '0')}.ldif.gz`;
}

/** Returns the change number in a file name; undefined if the file is no archive. */
function archiveNumber(name: string): number | undefined {
  const digits = NAME.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/**
 * Returns the change numbers of the archives in a folder, in order; an empty list if the folder does not exist.
 */
export async function listArchives(fileSystem: FileSystem, folder: string): Promise<number[]> {
  try {
    const numbers = (await fileSystem.list(folder)).map(archiveNumber);
    return numbers.filter((number) => number !== undefined).sort((one, other) => one - other);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw storeErrorFrom(error, `The folder ${folder} cannot be read`);
  }
}

/** Removes files of interrupted archive writes. Throws system errors. */
export async function removeUnfinishedArchives(fileSystem: FileSystem, folder: string): Promise<void> {
  const names = (await fileSystem.list(folder)).filter((name) => UNFINISHED.test(name));
  for (const name of names) await fileSystem.remove(join(folder, name));
  if (names.length > 0) await fileSystem.syncFolder(folder);
}

/**
 * Compresses a snapshot file into the folder. The archive is durable when this resolves. Calls `pause` between
 * pieces, to let other work run. Throws StoreError.
 */
export async function writeArchive(
  fileSystem: FileSystem,
  from: string,
  folder: string,
  number: number,
  pause: () => Promise<unknown> = () => Promise.resolve(),
): Promise<void> {
  const path = join(folder, archiveName(number));
  const temporary = `${path}.tmp`;
  try {
    await fileSystem.remove(temporary);
    await compress(fileSystem, from, temporary, pause);
    await fileSystem.rename(temporary, path);
    await fileSystem.syncFolder(folder);
  } catch (error) {
    await fileSystem.remove(temporary).catch(() => undefined);
    throw storeErrorFrom(error, `The file ${path} cannot be written`);
  }
}

async function compress(
  fileSystem: FileSystem,
  from: string,
  to: string,
  pause: () => Promise<unknown>,
): Promise<void> {
  const source = await fileSystem.open(from, 'read');
  try {
    const target = await fileSystem.open(to, 'create');
    try {
      let position = 0;
      await pipeline(
        withPauses(readPieces(source), pause),
        createGzip({ level: LEVEL }),
        async (octets: AsyncIterable<Buffer>) => {
          for await (const piece of octets) {
            await writeWhole(target, piece, position);
            position += piece.length;
          }
        },
      );
      await target.sync();
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function* withPauses(
  pieces: AsyncIterable<Buffer>,
  pause: () => Promise<unknown>,
): AsyncGenerator<Buffer, void> {
  let isFirst = true;
  for await (const piece of pieces) {
    if (!isFirst) await pause();
    isFirst = false;
    yield piece;
  }
}

/** Reads an archived snapshot. Throws StoreError if it cannot be read or its checksum is wrong. */
export async function readArchive(
  fileSystem: FileSystem,
  folder: string,
  number: number,
  values: StoredValues,
): Promise<Snapshot> {
  const path = join(folder, archiveName(number));
  const snapshot = readSnapshotOctets(await readArchiveOctets(fileSystem, folder, number), path, values);
  if (snapshot.number === number && snapshot.hasHeader && !snapshot.isEdited) return snapshot;
  throw new StoreError(`The archived configuration ${path} is not as the server wrote it.`);
}

/**
 * Yields the entries of an archive in pieces, for callers that keep only a few. Verifies the checksum before
 * the first one. Throws StoreError.
 */
export async function* readArchivedEntries(
  fileSystem: FileSystem,
  folder: string,
  number: number,
  values: StoredValues,
): AsyncGenerator<readonly Entry[], void> {
  const path = join(folder, archiveName(number));
  try {
    let header: ReturnType<typeof readSnapshotHeader> | undefined;
    let sum = 0;
    for await (const piece of unpackedPieces(fileSystem, path)) {
      const isFirst = header === undefined;
      header ??= readSnapshotHeader(piece, path);
      sum = crc32(isFirst ? piece.subarray(header.length) : piece, sum);
    }
    const isRight = header?.number === number && header.contentSum === sum.toString(16).padStart(8, '0');
    if (!isRight) throw new StoreError(`The archived configuration ${path} is not as the server wrote it.`);
    for await (const { entries } of writtenEntriesIn(unpackedPieces(fileSystem, path), values.decrypt))
      yield entries;
  } catch (error) {
    throw storeErrorFrom(error, `The archived configuration ${path} cannot be read`);
  }
}

async function* unpackedPieces(fileSystem: FileSystem, path: string): AsyncGenerator<Buffer, void> {
  const file = await fileSystem.open(path, 'read');
  try {
    const unpacked: AsyncIterable<Buffer> = Readable.from(readPieces(file)).compose(createGunzip());
    yield* unpacked;
  } finally {
    await file.close();
  }
}

/** Returns the octets of the archived snapshot file. Throws StoreError. */
export async function readArchiveOctets(
  fileSystem: FileSystem,
  folder: string,
  number: number,
): Promise<Buffer> {
  const path = join(folder, archiveName(number));
  try {
    return await promisify(gunzip)(await readWholeFile(fileSystem, path));
  } catch (error) {
    throw storeErrorFrom(error, `The archived configuration ${path} cannot be read`);
  }
}
