// config.ldif: all entries as LDIF, after a comment line with the number of the last commit.
//
// # confdit snapshot through change 000000000017 at 2026-11-22T08:15:00.123Z entries 000000000042 checked <by>
// crc32 <rest> <line>                                                                             (all one line)
//
// The first checksum covers everything after the line, so that an edit by hand is noticed. The second covers
// the line without itself and the space before it. An unchanged file need not be checked again by the same
// program with the same schema, which `by` names. `encrypted <key id>` after it says that secret values are encrypted, and
// with which key: versions before 0.2 refuse such a file, instead of taking ciphertext for passwords. A file without that line, as in the package, ends with commit
// 0.

import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { LdifError } from '../codec/ldif-error.ts';
import { LdifReader } from '../codec/ldif-reader.ts';
import type { LdifRecord } from '../codec/ldif-record.ts';
import { formatEntry } from '../codec/ldif-writer.ts';
import { unreadRecord, WrittenEntries } from '../codec/written-entries.ts';
import { errorCode } from '../files/file-error.ts';
import { type FileSystem, readOctets, readPieces, type StoreFile, writeWhole } from '../files/file-system.ts';
import type { Entry } from '../ldap/entry.ts';
import { textFromOctets } from '../ldap/octets.ts';
import { decryptEntry, encryptEntry, type StoredValues } from './encryption/stored-values.ts';
import type { CheckedEntries } from './store.ts';
import { StoreError, storeErrorFrom } from './store-error.ts';

export const SNAPSHOT_NAME = 'config.ldif';
export const SNAPSHOT_TEMPORARY_NAME = `${SNAPSHOT_NAME}.tmp`;

export interface Snapshot {
  readonly entries: readonly Entry[];
  /** Number of the last commit in the snapshot. */
  readonly number: number;
  /** True if the content is not as the server wrote it. */
  readonly isEdited: boolean;
  /** True if the header line of the server is there. Without it, the commits of the entries are unknown. */
  readonly hasHeader: boolean;
  /** Position at which an edited file differs from the archived one, if the difference is one bit. */
  readonly flippedOctet?: number;
  /** See StoreContents.checked. */
  readonly checked: CheckedEntries | undefined;
}

export const HEADER_MARK = '# confdit snapshot ';
const HEADER =
  /^# confdit snapshot through change (\d{12,15}) at \S+ entries \d{12,15}(?: checked ([0-9a-f]{32}))?(?: encrypted ([0-9a-z]{1,32}))? crc32 ([0-9a-f]{8}) ([0-9a-f]{8})$/;
const INTRODUCTION =
  '# The journal beside this file holds what was changed since. Change entries over LDAP while the server runs.\nversion: 1\n';
const NEWLINE = 0x0a;
const HEADER_OCTETS_MAX = 512;
const PIECE_OCTETS = 64 * 1024;
/** Characters formatted in one slice; it takes a fraction of a millisecond. */
const SLICE_CHARACTERS = 16 * 1024;
/**
 * Maximum number of octets that wait for the disk, so that a sync of the journal never queues behind a whole
 * snapshot.
 */
const UNSYNCED_OCTETS_MAX = 4 * 1024 * 1024;

/** Reads the snapshot in a folder; undefined if there is none. Throws StoreError if it cannot be read. */
export async function readSnapshot(
  fileSystem: FileSystem,
  folder: string,
  values: StoredValues,
  name: string = SNAPSHOT_NAME,
): Promise<Snapshot | undefined> {
  const path = join(folder, name);
  let file: StoreFile;
  try {
    file = await fileSystem.open(path, 'read');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw storeErrorFrom(error, `The file ${path} cannot be read`);
  }
  try {
    const facts = await fileSystem.inspect(path);
    return readSnapshotOctets(await readOctets(file, facts?.octets ?? 0), path, values);
  } catch (error) {
    throw storeErrorFrom(error, `The file ${path} cannot be read`);
  } finally {
    await file.close();
  }
}

/** Returns the last commit number of a snapshot from its header alone; undefined if there is no header. */
export async function readSnapshotNumber(
  fileSystem: FileSystem,
  folder: string,
  name: string,
): Promise<number | undefined> {
  return (await readHeaderOf(fileSystem, folder, name))?.number;
}

/** Returns the id of the key that the secret values of a snapshot are encrypted with; undefined if they are not. */
export async function readSnapshotKeyId(
  fileSystem: FileSystem,
  folder: string,
  name: string,
): Promise<string | undefined> {
  return (await readHeaderOf(fileSystem, folder, name))?.encryptedBy;
}

async function readHeaderOf(
  fileSystem: FileSystem,
  folder: string,
  name: string,
): Promise<SnapshotHeader | undefined> {
  const path = join(folder, name);
  if ((await fileSystem.inspect(path)) === undefined) return undefined;
  const file = await fileSystem.open(path, 'read');
  try {
    const octets = Buffer.alloc(HEADER_OCTETS_MAX);
    const text = octets.toString('latin1', 0, await file.read(octets, 0));
    const header = parseHeader(text.split('\n', 1)[0] ?? '', path);
    return header === NO_HEADER ? undefined : header;
  } catch (error) {
    if (error instanceof StoreError) return undefined;
    throw error;
  } finally {
    await file.close();
  }
}

/** Returns true if a snapshot has its original checksums. Reads it in pieces. */
export async function isSnapshotAsWritten(
  fileSystem: FileSystem,
  folder: string,
  name: string,
): Promise<boolean> {
  const path = join(folder, name);
  const file = await fileSystem.open(path, 'read');
  try {
    let header: SnapshotHeader | undefined;
    let sum = 0;
    for await (const piece of readPieces(file)) {
      const start = header === undefined ? piece.indexOf(NEWLINE) + 1 : 0;
      header ??= parseHeader(piece.toString('latin1', 0, start).trimEnd(), path);
      sum = crc32(piece.subarray(start), sum);
    }
    return header?.contentSum === hex(sum);
  } catch (error) {
    if (error instanceof StoreError) return false;
    throw error;
  } finally {
    await file.close();
  }
}

/** Parses a snapshot from the octets of its file. Throws StoreError. */
export function readSnapshotOctets(octets: Buffer, path: string, values: StoredValues): Snapshot {
  try {
    return readEntries(octets, path, values);
  } catch (error) {
    if (error instanceof StoreError) throw new StoreError(inFile(error.message, path), { cause: error });
    if (error instanceof LdifError)
      throw new StoreError(`The file ${path} cannot be used. ${error.message}`, { cause: error });
    throw storeErrorFrom(error, `The file ${path} cannot be read`);
  }
}

/** Names the file in a sentence that names an entry only. */
function inFile(message: string, path: string): string {
  return message.includes(path) ? message : `The file ${path} cannot be used. ${message}`;
}

function readEntries(octets: Buffer, path: string, values: StoredValues): Snapshot {
  const lineEnd = octets.indexOf(NEWLINE) + 1 || octets.length;
  const header = parseHeader(octets.toString('latin1', 0, lineEnd).trimEnd(), path);
  const { number, contentSum, checkedBy, encryptedBy } = header;
  if (header === NO_HEADER) {
    const entries = requireSome(parseEntries(octets, 1, values), path);
    return { entries, number, isEdited: false, hasHeader: false, checked: undefined };
  }
  const content = octets.subarray(lineEnd);
  if (contentSum !== hex(crc32(content))) {
    const entries = requireSome(parseEntries(content, 2, values), path);
    return { entries, number, isEdited: true, hasHeader: true, checked: undefined };
  }
  // A record is only copied to another file if its values are encrypted with the present key.
  const isCurrent = encryptedBy === values.keyId;
  const written = new WrittenEntries(
    content,
    isCurrent ? values.decrypt : (dn, attribute) => values.decrypt(dn, attribute),
  );
  const checked: CheckedEntries | undefined =
    checkedBy === undefined ? undefined : { checkedBy, entriesWith: (texts) => written.entriesWith(texts) };
  return { entries: written.entries, number, isEdited: false, hasHeader: true, checked };
}

/** Refuses an empty snapshot. Nobody edits a configuration down to nothing: an editor or a disk has lost it. */
function requireSome(entries: Entry[], path: string): Entry[] {
  if (entries.length > 0) return entries;
  throw new StoreError(
    `The file ${path} holds no entry any more. Run confdit repair, which takes the archived one, or restore the file ` +
      'from a backup.',
  );
}

/**
 * Parses entries of a file that anybody may have written. A piece ends with a line, so that no character is
 * cut.
 */
function parseEntries(octets: Buffer, firstLine: number, values: StoredValues): Entry[] {
  const reader = new LdifReader({ firstLine });
  const entries: Entry[] = [];
  for (let start = 0; start < octets.length; ) {
    const cut = octets.indexOf(NEWLINE, start + PIECE_OCTETS) + 1 || octets.length;
    takeEntries(reader.push(textFromOctets(octets.subarray(start, cut))), entries, values);
    start = cut;
  }
  takeEntries(reader.end(), entries, values);
  return entries;
}

function takeEntries(records: readonly LdifRecord[], entries: Entry[], values: StoredValues): void {
  for (const record of records) {
    if (record.type === 'change') {
      throw new LdifError(
        record.line,
        'Only entries are allowed here, no change records; apply those over LDAP.',
      );
    }
    entries.push(decryptEntry(record.entry, values));
  }
}

/** Reads the header of a snapshot from its first octets. */
export function readSnapshotHeader(
  octets: Buffer,
  path: string,
): SnapshotHeader & { readonly length: number } {
  const lineEnd = octets.subarray(0, HEADER_OCTETS_MAX).indexOf(NEWLINE) + 1;
  const header = parseHeader(octets.toString('latin1', 0, lineEnd).trimEnd(), path);
  return { ...header, length: lineEnd };
}

/**
 * Returns the first line of a snapshot, with its line end, for other content with the same entries, whose values are
 * encrypted with that key. Returns undefined if the line is not that of these octets.
 */
export function headerForContent(
  line: string,
  content: Buffer,
  rewritten: Buffer,
  keyId: string,
): string | undefined {
  const [, , , , contentSum, lineSum] = HEADER.exec(line) ?? [];
  if (lineSum === undefined || contentSum !== hex(crc32(content))) return undefined;
  if (hex(crc32(line.slice(0, -lineSum.length - 1))) !== lineSum) return undefined;
  const start = line.slice(0, line.lastIndexOf(' crc32 ')).replace(/ encrypted [0-9a-z]+$/, '');
  const unsummed = `${start} encrypted ${keyId} crc32 ${hex(crc32(rewritten))}`;
  return `${unsummed} ${hex(crc32(unsummed))}\n`;
}

export interface SnapshotHeader {
  readonly number: number;
  readonly contentSum: string | undefined;
  readonly checkedBy: string | undefined;
  /** Id of the key that its secret values are encrypted with; undefined for those of versions before 0.2. */
  readonly encryptedBy: string | undefined;
}

const NO_HEADER: SnapshotHeader = {
  number: 0,
  contentSum: undefined,
  checkedBy: undefined,
  encryptedBy: undefined,
};

function parseHeader(line: string, path: string): SnapshotHeader {
  if (!line.startsWith(HEADER_MARK)) return NO_HEADER;
  const [, number, checkedBy, encryptedBy, contentSum, lineSum] = HEADER.exec(line) ?? [];
  if (lineSum === undefined || hex(crc32(line.slice(0, -lineSum.length - 1))) !== lineSum) {
    throw new StoreError(
      `The first line of ${path} is not as the server wrote it; it says through which change the file goes. ` +
        'Restore that line, or the whole file, from a backup.',
    );
  }
  return { number: Number(number), contentSum, checkedBy, encryptedBy };
}

export interface SnapshotToWrite {
  readonly entries: readonly Entry[];
  /** Number of the last commit in the snapshot. */
  readonly number: number;
  readonly at: Date;
  /** Program and schema that checked the entries: 32 hexadecimal digits. */
  readonly checkedBy?: string | undefined;
  readonly values: StoredValues;
  /** Called between slices, to let other work run. */
  readonly pause: () => Promise<unknown>;
  /** Called with the path of the finished file before it replaces the old one. */
  readonly finished?: (temporary: string) => Promise<void>;
}

/**
 * Replaces the snapshot in a folder. At every moment the old one or the new one is there, whole. Throws
 * StoreError; then the old one is still there.
 */
export async function writeSnapshot(
  fileSystem: FileSystem,
  folder: string,
  snapshot: SnapshotToWrite,
  name: string = SNAPSHOT_NAME,
): Promise<void> {
  const path = join(folder, name);
  const temporary = `${path}.tmp`;
  try {
    await fileSystem.remove(temporary);
    const file = await fileSystem.open(temporary, 'create');
    try {
      await writeEntries(file, snapshot);
      await file.sync();
    } finally {
      await file.close();
    }
    await snapshot.finished?.(temporary);
    await fileSystem.rename(temporary, path);
    await fileSystem.syncFolder(folder);
  } catch (error) {
    await fileSystem.remove(temporary).catch(() => undefined);
    throw storeErrorFrom(error, `The file ${path} cannot be written`);
  }
}

async function writeEntries(file: StoreFile, snapshot: SnapshotToWrite): Promise<void> {
  let position = formatHeader(snapshot, 0).length;
  let synced = 0;
  let sum = 0;
  for (const slice of formatSlices(snapshot)) {
    const octets = Buffer.from(slice, 'latin1');
    sum = crc32(octets, sum);
    await writeWhole(file, octets, position);
    position += octets.length;
    if (position - synced >= UNSYNCED_OCTETS_MAX) {
      await file.sync();
      synced = position;
    }
    await snapshot.pause();
  }
  await writeWhole(file, Buffer.from(formatHeader(snapshot, sum), 'latin1'), 0);
}

function* formatSlices({ entries, values }: SnapshotToWrite): Generator<string, void> {
  let slice = INTRODUCTION;
  for (const entry of entries) {
    slice += `\n${unreadRecord(entry, values.decrypt) ?? formatEntry(encryptEntry(entry, values))}`;
    if (slice.length < SLICE_CHARACTERS) continue;
    yield slice;
    slice = '';
  }
  yield slice;
}

/** Formats the header. Its length does not depend on the checksum, so that it can be written last. */
function formatHeader({ number, at, entries, checkedBy, values }: SnapshotToWrite, sum: number): string {
  const checked =
    (checkedBy === undefined ? '' : ` checked ${checkedBy}`) +
    (values.keyId === undefined ? '' : ` encrypted ${values.keyId}`);
  const line =
    `${HEADER_MARK}through change ${twelveDigits(number)} at ${at.toISOString()} ` +
    `entries ${twelveDigits(entries.length)}${checked} crc32 ${hex(sum)}`;
  return `${line} ${hex(crc32(line))}\n`;
}

function twelveDigits(count: number): string {
  return String(count).padStart(12, '0');
}

function hex(sum: number): string {
  return sum.toString(16).padStart(8, '0');
}
