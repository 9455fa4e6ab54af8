// The one way to read a file named in a value or on the command line: which kinds of file, and how many octets. Only
// regular files are read: a FIFO or a device could block or never end. Every file is opened without blocking, checked by
// its descriptor, and read up to a limit. file-reader.ts adds a deadline, for servers.

import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { errorCode, FileError, reasonOf } from './file-error.ts';

export interface NamedFile {
  readonly octets: Buffer;
  /** Changes with the content, and when another file gets the name. */
  readonly stamp: string;
}

/** The file cannot be read, or may not be. The message is a sentence with its path. */
export class UnreadableFile extends FileError {
  readonly path: string;
  readonly isAbsent: boolean;
  /** To be read after the file's path: `is not a regular file`. */
  readonly why: string;

  constructor(
    path: string,
    why: string,
    options: { readonly isAbsent?: boolean; readonly cause?: unknown } = {},
  ) {
    super(`The file ${path} ${why}.`, { cause: options.cause });
    this.name = 'UnreadableFile';
    this.path = path;
    this.why = why;
    this.isAbsent = options.isAbsent ?? false;
  }
}

/** Standard input, and descriptors that a shell passes to a command, such as `<(…)`: reading them may block. */
const INHERITED = /^\/dev\/(?:stdin|fd\/\d+)$|^\/proc\/self\/fd\/\d+$/;
const PIECE_OCTETS = 64 * 1024;
const LARGE_PIECE_OCTETS = 256 * 1024;
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is none at this path',
  ENOTDIR: 'a part of this path is no folder',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  ELOOP: 'its links go in a circle',
};

/**
 * Reads a whole file, following symbolic links. Throws UnreadableFile if there is none, or it is not regular, or larger
 * than `octetsMax`.
 */
export async function readNamedFile(path: string, octetsMax: number): Promise<NamedFile> {
  let handle: FileHandle | undefined;
  try {
    handle = await openNamedFile(path, octetsMax);
    const status = await handle.stat();
    const pieces = new Pieces(path, octetsMax, status.size);
    for (;;) {
      const { bytesRead } = await handle.read(pieces.next(), 0);
      if (!pieces.take(bytesRead)) return { octets: pieces.all(), stamp: stampOf(status) };
    }
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    await handle?.close();
  }
}

/** Reads a file of any size in pieces; yields each with the file's size. Throws UnreadableFile. */
export async function* readNamedPieces(
  path: string,
): AsyncGenerator<{ readonly octets: Buffer; readonly size: number }, void> {
  let handle: FileHandle | undefined;
  try {
    handle = await openNamedFile(path, Number.POSITIVE_INFINITY);
    const { size } = await handle.stat();
    for (;;) {
      const piece = Buffer.allocUnsafeSlow(LARGE_PIECE_OCTETS);
      const { bytesRead } = await handle.read(piece, 0);
      if (bytesRead === 0) return;
      yield { octets: piece.subarray(0, bytesRead), size };
    }
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    await handle?.close();
  }
}

/** Reads a whole file, blocking, for callers that cannot wait. Throws UnreadableFile. */
export function readNamedFileSync(path: string, octetsMax: number): NamedFile {
  let descriptor: number | undefined;
  try {
    requireReadable(path, statSync(path), octetsMax);
    descriptor = openSync(path, flagsFor(path));
    const status = fstatSync(descriptor);
    requireReadable(path, status, octetsMax);
    const pieces = new Pieces(path, octetsMax, status.size);
    for (;;) {
      const piece = pieces.next();
      if (!pieces.take(readSync(descriptor, piece, 0, piece.length, null)))
        return { octets: pieces.all(), stamp: stampOf(status) };
    }
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** Opens a file for reading, after a check: opening a device may have effects. Throws the system's error. */
export async function openNamedFile(path: string, octetsMax: number): Promise<FileHandle> {
  requireReadable(path, await stat(path), octetsMax);
  const handle = await open(path, flagsFor(path));
  try {
    // Another file may have the name by now.
    requireReadable(path, await handle.stat(), octetsMax);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Returns flags for opening without blocking, and without making a terminal the controlling one. */
function flagsFor(path: string): number {
  return INHERITED.test(path)
    ? constants.O_RDONLY
    : constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
}

/** Throws UnreadableFile. */
function requireReadable(path: string, status: Stats, octetsMax: number): void {
  if (!status.isFile() && !INHERITED.test(path)) throw new UnreadableFile(path, 'is not a regular file');
  if (status.size > octetsMax) throw tooLarge(path, octetsMax);
}

/** Returns the error for a file over the limit, in octets. */
export function tooLarge(path: string, octetsMax: number): UnreadableFile {
  return new UnreadableFile(path, `is larger than ${octetsMax} octets`);
}

/** Returns the error of a failed read; an UnreadableFile is returned as it is. */
export function unreadable(path: string, cause: unknown): UnreadableFile {
  if (cause instanceof UnreadableFile) return cause;
  const code = errorCode(cause) ?? '';
  const isAbsent = code === 'ENOENT' || code === 'ENOTDIR';
  return new UnreadableFile(path, `cannot be read: ${REASONS[code] ?? reasonOf(cause)}`, { isAbsent, cause });
}

/** Returns a text that differs after the file has changed. */
export function stampOf({ dev, ino, size, mtimeMs, ctimeMs }: Stats): string {
  return [dev, ino, size, mtimeMs, ctimeMs].join(' ');
}

/** Collects the pieces of a file: files of /proc report size 0, and a file may grow. */
class Pieces {
  readonly #path: string;
  readonly #octetsMax: number;
  readonly #read: Buffer[] = [];
  #piece: Buffer;
  #length = 0;

  /** @param size the size that the file reports, in octets. */
  constructor(path: string, octetsMax: number, size: number) {
    this.#path = path;
    this.#octetsMax = octetsMax;
    // One octet more, so that the end is seen with the last piece.
    this.#piece = Buffer.allocUnsafe(Math.min(Math.max(size, PIECE_OCTETS), octetsMax) + 1);
  }

  /** The buffer to read into next. */
  next(): Buffer {
    return this.#piece;
  }

  /** Keeps `count` octets of the piece. Returns false at the end. Throws UnreadableFile. */
  take(count: number): boolean {
    this.#length += count;
    if (this.#length > this.#octetsMax) throw tooLarge(this.#path, this.#octetsMax);
    if (count === 0) return false;
    this.#read.push(this.#piece.subarray(0, count));
    this.#piece = this.#piece.subarray(count);
    if (this.#piece.length === 0) this.#piece = Buffer.allocUnsafe(PIECE_OCTETS);
    return true;
  }

  all(): Buffer {
    const [only] = this.#read;
    return only !== undefined && this.#read.length === 1 ? only : Buffer.concat(this.#read, this.#length);
  }
}
