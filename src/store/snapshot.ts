// config.ldif: all entries as LDIF, under a comment line that says through which commit they go.
//
//   # confdit snapshot through change 000000000017 at 2026-11-22T08:15:00.123Z entries 000000000042 crc32 <rest> <line>
//
// The first checksum is over everything after the line, so an edit by hand is noticed; the second over the line without
// itself and the space before it. A file without that line, as it is shipped, goes through commit 0.

import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { LdifError } from '../codec/ldif-error.ts';
import { LdifReader } from '../codec/ldif-reader.ts';
import type { LdifRecord } from '../codec/ldif-record.ts';
import { formatEntry } from '../codec/ldif-writer.ts';
import type { Entry } from '../ldap/entry.ts';
import { textFromOctets } from '../ldap/octets.ts';
import { type FileSystem, readPieces, type StoreFile, writeWhole } from './file-system.ts';
import { errorCode, StoreError, storeErrorFrom } from './store-error.ts';

export const SNAPSHOT_NAME = 'config.ldif';
export const SNAPSHOT_TEMPORARY_NAME = 'config.ldif.tmp';

export interface Snapshot {
  readonly entries: readonly Entry[];
  /** Through which commit they go. */
  readonly number: number;
  /** Whether the content is not what the server wrote. */
  readonly isEdited: boolean;
}

const HEADER_MARK = '# confdit snapshot ';
const HEADER =
  /^# confdit snapshot through change (\d{12,15}) at \S+ entries \d{12,15} crc32 ([0-9a-f]{8}) ([0-9a-f]{8})$/;
const INTRODUCTION =
  '# The journal beside this file holds what was changed since. Change entries over LDAP while the server runs.\nversion: 1\n';
const NEWLINE = 0x0a;
/** What is formatted at a stretch: a small part of a millisecond's work. */
const SLICE_CHARACTERS = 16 * 1024;
/** What may wait for the disk at most, so that a sync of the journal never queues behind a whole snapshot. */
const UNSYNCED_OCTETS_MAX = 4 * 1024 * 1024;

/** The snapshot in this folder, undefined if there is none; throws StoreError for one that cannot be read. */
export async function readSnapshot(fileSystem: FileSystem, folder: string): Promise<Snapshot | undefined> {
  const path = join(folder, SNAPSHOT_NAME);
  let file: StoreFile;
  try {
    file = await fileSystem.open(path, 'read');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw storeErrorFrom(error, `The file ${path} cannot be read`);
  }
  try {
    return await readEntries(file, path);
  } catch (error) {
    if (error instanceof LdifError)
      throw new StoreError(`The file ${path} is not right. ${error.message}`, { cause: error });
    throw storeErrorFrom(error, `The file ${path} cannot be read`);
  } finally {
    await file.close();
  }
}

async function readEntries(file: StoreFile, path: string): Promise<Snapshot> {
  const reader = new LdifReader();
  const entries: Entry[] = [];
  let header: SnapshotHeader | undefined;
  let sum = 0;
  for await (const octets of readLines(file)) {
    let content = octets;
    if (header === undefined) {
      const lineEnd = octets.indexOf(NEWLINE) + 1 || octets.length;
      header = parseHeader(octets.toString('latin1', 0, lineEnd).trimEnd(), path);
      reader.push(octets.toString('latin1', 0, header === NO_HEADER ? 0 : lineEnd));
      content = octets.subarray(header === NO_HEADER ? 0 : lineEnd);
    }
    sum = crc32(content, sum);
    takeEntries(reader.push(textFromOctets(content)), entries);
  }
  takeEntries(reader.end(), entries);
  const { number, contentSum } = header ?? NO_HEADER;
  return { entries, number, isEdited: contentSum !== undefined && contentSum !== hex(sum) };
}

/** Pieces that end with a line, so that no character is cut. */
async function* readLines(file: StoreFile): AsyncGenerator<Buffer, void> {
  let carried: Buffer[] = [];
  for await (const piece of readPieces(file)) {
    const cut = piece.lastIndexOf(NEWLINE) + 1;
    carried.push(cut === 0 ? piece : piece.subarray(0, cut));
    if (cut === 0) continue;
    yield Buffer.concat(carried);
    carried = cut === piece.length ? [] : [piece.subarray(cut)];
  }
  if (carried.length > 0) yield Buffer.concat(carried);
}

function takeEntries(records: readonly LdifRecord[], entries: Entry[]): void {
  for (const record of records) {
    if (record.type === 'change') {
      throw new LdifError(
        record.line,
        'Only entries may stand here, no change records; apply those over LDAP.',
      );
    }
    entries.push(record.entry);
  }
}

interface SnapshotHeader {
  readonly number: number;
  readonly contentSum: string | undefined;
}

const NO_HEADER: SnapshotHeader = { number: 0, contentSum: undefined };

function parseHeader(line: string, path: string): SnapshotHeader {
  if (!line.startsWith(HEADER_MARK)) return NO_HEADER;
  const [, number, contentSum, lineSum] = HEADER.exec(line) ?? [];
  if (lineSum === undefined || hex(crc32(line.slice(0, -lineSum.length - 1))) !== lineSum) {
    throw new StoreError(
      `The first line of ${path} is not as the server wrote it; it says through which change the file goes. ` +
        'Restore that line, or the whole file, from a backup.',
    );
  }
  return { number: Number(number), contentSum };
}

export interface SnapshotToWrite {
  readonly entries: readonly Entry[];
  /** Through which commit they go. */
  readonly number: number;
  readonly at: Date;
  /** Called between slices: gives way to other work. */
  readonly pause: () => Promise<unknown>;
}

/**
 * Replaces the snapshot in this folder so that at every moment either the old one or the new one is there, whole.
 * Throws StoreError; then the old one is still there.
 */
export async function writeSnapshot(
  fileSystem: FileSystem,
  folder: string,
  snapshot: SnapshotToWrite,
): Promise<void> {
  const path = join(folder, SNAPSHOT_NAME);
  const temporary = join(folder, SNAPSHOT_TEMPORARY_NAME);
  try {
    await fileSystem.remove(temporary);
    const file = await fileSystem.open(temporary, 'create');
    try {
      await writeEntries(file, snapshot);
      await file.sync();
    } finally {
      await file.close();
    }
    await fileSystem.rename(temporary, path);
    await fileSystem.syncFolder(folder);
  } catch (error) {
    await fileSystem.remove(temporary).catch(() => undefined);
    throw storeErrorFrom(error, `The file ${path} cannot be written`);
  }
}

async function writeEntries(file: StoreFile, { entries, number, at, pause }: SnapshotToWrite): Promise<void> {
  const placeholder = formatHeader(number, at, entries.length, 0);
  let position = placeholder.length;
  let synced = 0;
  let sum = 0;
  for (const slice of formatSlices(entries)) {
    const octets = Buffer.from(slice, 'latin1');
    sum = crc32(octets, sum);
    await writeWhole(file, octets, position);
    position += octets.length;
    if (position - synced >= UNSYNCED_OCTETS_MAX) {
      await file.sync();
      synced = position;
    }
    await pause();
  }
  await writeWhole(file, Buffer.from(formatHeader(number, at, entries.length, sum), 'latin1'), 0);
}

function* formatSlices(entries: readonly Entry[]): Generator<string, void> {
  let slice = INTRODUCTION;
  for (const entry of entries) {
    slice += `\n${formatEntry(entry)}`;
    if (slice.length < SLICE_CHARACTERS) continue;
    yield slice;
    slice = '';
  }
  yield slice;
}

/** Has the same length whatever the checksum is, so it can be written last in its place. */
function formatHeader(number: number, at: Date, entries: number, sum: number): string {
  const line =
    `${HEADER_MARK}through change ${twelveDigits(number)} at ${at.toISOString()} ` +
    `entries ${twelveDigits(entries)} crc32 ${hex(sum)}`;
  return `${line} ${hex(crc32(line))}\n`;
}

function twelveDigits(count: number): string {
  return String(count).padStart(12, '0');
}

function hex(sum: number): string {
  return sum.toString(16).padStart(8, '0');
}
