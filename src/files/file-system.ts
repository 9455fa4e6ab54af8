// The file system as a store sees it: the few calls that it makes, so that tests can make any of them fail or be the
// last. Files and folders it creates belong to the server's user alone: files 0600, folders 0700.

import { constants } from 'node:fs';
import { chmod, type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { errorCode, FileError } from './file-error.ts';
import { Reason } from './program-error.ts';

export interface StoreFile {
  /** Fills `into` from `position` on. Returns the number of octets read, 0 at the end. */
  read(into: Uint8Array, position: number): Promise<number>;
  /** Writes some or all of the octets. Returns how many. */
  write(octets: Uint8Array, position: number): Promise<number>;
  truncate(length: number): Promise<void>;
  /** Resolves when content and length are on disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * `create` makes a new file for writing, and fails if it exists. `append` opens a file so that every write is on disk
 * when it resolves.
 */
export type FileUse = 'read' | 'create' | 'append';

/** Metadata of a file. */
export interface FileFacts {
  /** The permission bits. */
  readonly mode: number;
  /** The group that the file belongs to. */
  readonly groupId: number;
  /** Changes with every change of the content, and when the file is replaced. */
  readonly version: string;
  /** Time of the last write, in ms since 1970. */
  readonly modifiedMs: number;
  /** Size in octets. */
  readonly octets: number;
}

export interface FileSystem {
  open(path: string, use: FileUse): Promise<StoreFile>;
  /** Replaces the file with the new name, if there is one. */
  rename(from: string, to: string): Promise<void>;
  /** Does nothing if there is no such file. */
  remove(path: string): Promise<void>;
  /** Makes the folder and its parents; does nothing if it exists. */
  makeFolder(path: string): Promise<void>;
  list(folder: string): Promise<readonly string[]>;
  /** Returns undefined if there is nothing with this name. */
  inspect(path: string): Promise<FileFacts | undefined>;
  /** Sets the permission bits. */
  changeMode(path: string, mode: number): Promise<void>;
  /** Makes names that were added, renamed or removed durable. */
  syncFolder(folder: string): Promise<void>;
}

export const FILE_MODE = 0o600;
export const FOLDER_MODE = 0o700;

/** O_DSYNC makes write and sync one call, about a tenth faster than two; elsewhere than on Linux it promises less. */
const HAS_SYNCED_WRITE = process.platform === 'linux';

const FLAGS: Readonly<Record<FileUse, number>> = {
  // A FIFO instead of a file must not block.
  read: constants.O_RDONLY | constants.O_NONBLOCK,
  create: constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL,
  append: constants.O_WRONLY | (HAS_SYNCED_WRITE ? constants.O_DSYNC : 0),
};

export const nodeFileSystem: FileSystem = {
  async open(path, use) {
    const handle = await open(path, FLAGS[use], FILE_MODE);
    if (use === 'read') await requireRegular(path, handle);
    return new NodeFile(handle, use === 'append' && !HAS_SYNCED_WRITE);
  },
  rename,
  remove: (path) => rm(path, { force: true }),
  async makeFolder(path) {
    await mkdir(path, { recursive: true, mode: FOLDER_MODE });
  },
  list: (folder) => readdir(folder),
  async inspect(path) {
    try {
      const { mode, gid, size, ino, mtimeNs, mtimeMs } = await stat(path, { bigint: true });
      const version = `${ino}/${size}/${mtimeNs}`;
      return {
        mode: Number(mode) & 0o7777,
        groupId: Number(gid),
        version,
        modifiedMs: Number(mtimeMs),
        octets: Number(size),
      };
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  },
  changeMode: chmod,
  async syncFolder(folder) {
    const handle = await open(folder, constants.O_RDONLY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
};

/** Does not wait for the disk when a file grows: for copies of what is safe elsewhere. */
export const unsyncedFileSystem: FileSystem = {
  ...nodeFileSystem,
  async open(path, use) {
    if (use !== 'append') return nodeFileSystem.open(path, use);
    return new NodeFile(await open(path, constants.O_WRONLY, FILE_MODE), false);
  },
};

/** Throws FileError for a FIFO or a device. For a folder, reading it gives the system's own error. */
async function requireRegular(path: string, handle: FileHandle): Promise<void> {
  const status = await handle.stat();
  if (status.isFile() || status.isDirectory()) return;
  await handle.close();
  throw new FileError(`The file ${path} is not a regular file.`);
}

class NodeFile implements StoreFile {
  readonly #handle: FileHandle;
  readonly #syncsWrites: boolean;

  constructor(handle: FileHandle, syncsWrites: boolean) {
    this.#handle = handle;
    this.#syncsWrites = syncsWrites;
  }

  async read(into: Uint8Array, position: number): Promise<number> {
    return (await this.#handle.read(into, 0, into.length, position)).bytesRead;
  }

  async write(octets: Uint8Array, position: number): Promise<number> {
    const { bytesWritten } = await this.#handle.write(octets, 0, octets.length, position);
    if (this.#syncsWrites) await this.#handle.sync();
    return bytesWritten;
  }

  truncate(length: number): Promise<void> {
    return this.#handle.truncate(length);
  }

  sync(): Promise<void> {
    return this.#handle.sync();
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** Writes all octets, in as many calls as needed. */
export async function writeWhole(file: StoreFile, octets: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < octets.length) {
    const rest = done === 0 ? octets : octets.subarray(done);
    const count = await file.write(rest, position + done);
    if (count === 0) throw new Reason('the disk takes no more octets and does not say why');
    done += count;
  }
}

const READ_OCTETS = 256 * 1024;

/** Reads the content in pieces, each in a buffer of its own. */
export async function* readPieces(file: StoreFile): AsyncGenerator<Buffer, void> {
  for (let position = 0; ; ) {
    const piece = Buffer.allocUnsafeSlow(READ_OCTETS);
    const count = await file.read(piece, position);
    if (count === 0) return;
    position += count;
    yield piece.subarray(0, count);
  }
}

/** Reads the content into one buffer of `size` octets, the file's size when it was opened. */
export async function readOctets(file: StoreFile, size: number): Promise<Buffer> {
  const octets = Buffer.allocUnsafeSlow(size);
  let length = 0;
  while (length < size) {
    const count = await file.read(octets.subarray(length), length);
    if (count === 0) break;
    length += count;
  }
  return octets.subarray(0, length);
}

/** Creates a file; its content is on disk when this resolves, its name only after `syncFolder`. */
export async function writeNewFile(fileSystem: FileSystem, path: string, octets: Uint8Array): Promise<void> {
  const file = await fileSystem.open(path, 'create');
  try {
    await writeWhole(file, octets, 0);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Reads a whole file. Throws the system's error. */
export async function readWholeFile(fileSystem: FileSystem, path: string): Promise<Buffer> {
  const file = await fileSystem.open(path, 'read');
  try {
    const pieces: Buffer[] = [];
    for await (const piece of readPieces(file)) pieces.push(piece);
    return Buffer.concat(pieces);
  } finally {
    await file.close();
  }
}

/** Returns a name that no file in the folder has: `wanted`, or `wanted` with a number. */
export async function freeName(
  fileSystem: FileSystem,
  folder: string,
  wanted: string,
  ending = '',
): Promise<string> {
  const names = new Set(await fileSystem.list(folder));
  if (!names.has(wanted + ending)) return wanted + ending;
  for (let count = 2; ; count++) {
    if (!names.has(`${wanted}.${count}${ending}`)) return `${wanted}.${count}${ending}`;
  }
}
