// An instance as one file: a compressed tar archive of all that a server owns, with a list of the files and their
// checksums as its last. Taken while the server runs: the snapshot and the journal fit together, and a change that was
// acknowledged before the backup began is in it.

import { createHash } from 'node:crypto';
import { lstat, readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Header, Pax } from 'tar';
import { errorCode } from '../files/file-error.ts';
import { FILE_MODE, nodeFileSystem, writeNewFile } from '../files/file-system.ts';
import { readNamedFile, UnreadableFile } from '../files/named-file.ts';
import { parseDataKeys } from '../store/encryption/data-keys.ts';
import { scanSegment, segmentNumber } from '../store/journal-segment.ts';
import { readSnapshotHeader } from '../store/snapshot.ts';
import { StoreError } from '../store/store-error.ts';
import { formatManifest, MANIFEST_NAME, type Manifest } from './backup-manifest.ts';
import { DATA_KEYS_NAME, MASTER_KEY_NAME, parseMasterKey } from './keys/instance-keys.ts';
import { KEYS_FOLDER } from './server-key.ts';
import { VERSION } from './version.ts';

/** Where a server puts the backups it makes itself, from the instance folder on. */
export const BACKUPS_FOLDER = 'backups';

/** With slashes, below the folder that is packed. */
interface PackedFile {
  readonly name: string;
  readonly content: Buffer;
}

/** Of no use elsewhere, or not of the instance: locks, sockets, half files, and what was put aside. */
const LEFT_OUT = /(?:\.lock|\.tmp|\.copy)$|\.torn-|(?:^|\/)repair-/;
/** Tasks are not the configuration, and a backup is not in the next one. */
const ELSEWHERE = new RegExp(`^(?:tasks|${BACKUPS_FOLDER})/`);
const SNAPSHOT = 'config/config.ldif';
const DATA_KEYS = `config/${KEYS_FOLDER}/${DATA_KEYS_NAME}`;
const MASTER_KEY_FILE = `config/${KEYS_FOLDER}/${MASTER_KEY_NAME}`;
const MASTER_KEY = /^config\/keys\/master\.key(?:\.new)?$/;
const MASTER_KEY_OCTETS_MAX = 256;
const SEGMENT = /^config\/journal\/([^/]+)$/;
/** A snapshot that is taken meanwhile may take journal files away. */
const ATTEMPTS_MAX = 5;
const FILE_OCTETS_MAX = 2 * 1024 * 1024 * 1024;
const BLOCK_OCTETS = 512;

/** Returns the octets of a backup. Throws StoreError when the instance is damaged or changes too fast. */
export async function makeBackup(
  folder: string,
  now: Date,
  { masterKey, protect }: BackupOptions = {},
): Promise<{ readonly octets: Buffer; readonly manifest: Manifest }> {
  for (let attempt = 1; ; attempt++) {
    const all = await readInstance(folder);
    const { files: own, clear } = await protectedFiles(withoutMasterKeys(all ?? []), protect);
    const files = all && [...own, ...keyFiles(masterKey)];
    const number = files === undefined ? undefined : lastNumberOf(files, folder);
    if (files === undefined || number === undefined) {
      if (attempt < ATTEMPTS_MAX) continue;
      throw new StoreError(`The files of ${folder} do not fit together. Run: confdit check`);
    }
    const manifest: Manifest = {
      version: VERSION,
      at: now.toISOString(),
      number,
      clearSecrets: clear,
      files: new Map(files.map(({ name, content }) => [name, digestOf(content)])),
    };
    const list = { name: MANIFEST_NAME, content: formatManifest(manifest) };
    const parts = [...files, list].flatMap((file) => packFile(file, now));
    const end = Buffer.alloc(2 * BLOCK_OCTETS);
    return { octets: await promisify(gzip)(Buffer.concat([...parts, end])), manifest };
  }
}

async function protectedFiles(files: readonly PackedFile[], protect: ProtectFile | undefined) {
  if (protect === undefined) return { files, clear: 0 };
  const taken: PackedFile[] = [];
  let clear = 0;
  for (const { name, content } of files) {
    const found = await protect(name, content);
    taken.push({ name, content: found.octets });
    clear += found.clear;
  }
  return { files: taken, clear };
}

function keyFiles(content: Buffer | undefined): PackedFile[] {
  return content === undefined ? [] : [{ name: MASTER_KEY_FILE, content }];
}

/** Takes a file of a backup; returns what goes into the backup, and the number of secrets in clear text that it still has. */
export type ProtectFile = (
  name: string,
  content: Buffer,
) => Promise<{ readonly octets: Buffer; readonly clear: number }>;

export interface BackupOptions {
  /** Content of the file with the master key, which goes into the backup; without it no master key does. */
  readonly masterKey?: Buffer | undefined;
  /** Encrypts secrets that are in clear text in a file; without it files stay as they are. */
  readonly protect?: ProtectFile | undefined;
}

/** Leaves out each file that is a master key of the data keys in the backup, by whatever name. */
function withoutMasterKeys(files: readonly PackedFile[]): PackedFile[] {
  const list = files.find(({ name }) => name === DATA_KEYS)?.content.toString();
  const masters = list === undefined ? [] : parseDataKeys(list, DATA_KEYS).masters;
  return files.filter(({ name, content }) => {
    const key =
      content.length <= MASTER_KEY_OCTETS_MAX ? parseMasterKey(content.toString('latin1')) : undefined;
    return !MASTER_KEY.test(name) && (key === undefined || !masters.includes(key.id));
  });
}

/** A file that is there is not replaced: it may be the only good one. Throws what the system throws. */
export async function writeBackup(path: string, octets: Buffer): Promise<void> {
  await writeNewFile(nodeFileSystem, path, octets);
  await nodeFileSystem.syncFolder(dirname(resolve(path)));
}

function digestOf(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

/** First the snapshot, then the journal: what comes between the two is in both, never in neither. */
async function readInstance(folder: string): Promise<PackedFile[] | undefined> {
  const names = (await readdir(folder, { recursive: true }))
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => !LEFT_OUT.test(name) && !ELSEWHERE.test(name))
    .sort((one, other) => rankOf(one) - rankOf(other) || (one < other ? -1 : 1));
  const files: PackedFile[] = [];
  for (const name of names) {
    const path = join(folder, name);
    try {
      if (!(await lstat(path)).isFile()) continue;
      files.push({ name, content: wholePart(name, (await readNamedFile(path, FILE_OCTETS_MAX)).octets) });
    } catch (error) {
      if (error instanceof UnreadableFile && error.isAbsent) return undefined;
      if (errorCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }
  return files;
}

/** The parts of one file in the archive; a name that is too long for a header has one of its own (POSIX.1-2001, pax). */
function packFile({ name, content }: PackedFile, modifiedAt: Date): Buffer[] {
  const header = new Header({
    path: name,
    size: content.length,
    mode: FILE_MODE,
    uid: 0,
    gid: 0,
    mtime: modifiedAt,
    type: 'File',
  });
  const block = Buffer.alloc(BLOCK_OCTETS);
  const isLong = header.encode(block);
  const rest = Buffer.alloc((BLOCK_OCTETS - (content.length % BLOCK_OCTETS)) % BLOCK_OCTETS);
  return [...(isLong ? [new Pax({ path: name }).encode()] : []), block, content, rest];
}

function rankOf(name: string): number {
  if (name === SNAPSHOT) return 0;
  return SEGMENT.test(name) ? 2 : 1;
}

/** Of the journal file that is being written, the changes that are whole. */
function wholePart(name: string, content: Buffer): Buffer {
  const first = segmentOf(name);
  if (first === undefined) return content;
  const { end, problem } = scanSegment(content, first);
  return problem?.type === 'torn' ? content.subarray(0, end) : content;
}

function segmentOf(name: string): number | undefined {
  const file = SEGMENT.exec(name)?.[1];
  return file === undefined ? undefined : segmentNumber(file);
}

/** The last change of a journal that goes on from the snapshot; undefined when files are missing between. */
function lastNumberOf(files: readonly PackedFile[], folder: string): number | undefined {
  const segments = files
    .map(({ name, content }) => ({ path: join(folder, name), first: segmentOf(name), content }))
    .filter((one) => one.first !== undefined)
    .sort((one, other) => (one.first ?? 0) - (other.first ?? 0));
  const snapshot = files.find(({ name }) => name === SNAPSHOT)?.content ?? Buffer.alloc(0);
  const snapshotNumber = readSnapshotHeader(snapshot, join(folder, SNAPSHOT)).number;
  let due: number | undefined;
  for (const { first = 0, content, path } of segments) {
    const { nextNumber, problem } = scanSegment(content, first);
    if (problem?.type === 'damaged')
      throw new StoreError(
        `Change ${problem.number} in ${path} is damaged: ${problem.problem}. Run: confdit check`,
      );
    if (due !== undefined && first !== due && first > snapshotNumber + 1) return undefined;
    due = nextNumber;
  }
  if (due === undefined) return snapshotNumber === 0 ? 0 : undefined;
  return due - 1 < snapshotNumber ? undefined : due - 1;
}
