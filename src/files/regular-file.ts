// Reading one small text file at once. Only regular files are opened: opening a FIFO or a device could wait for
// ever or do something. The text is UTF-8 or nothing; a byte order mark is no part of it.

import { closeSync, constants, fstatSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';

export type FileReading =
  /** The stamp is another text once the file holds something else; see stampOfFile. */
  | { readonly kind: 'text'; readonly text: string; readonly octets: number; readonly stamp: string }
  | { readonly kind: 'absent' }
  /** `why` is to be read after the file's name: `is not a regular file`. */
  | { readonly kind: 'unreadable'; readonly why: string };

export const ABSENT_STAMP = 'absent';
const ABSENT_CODES: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR']);

/** The file's text, or why there is none; never throws. A link is followed. */
export function readRegularFile(path: string, octetsMax: number): FileReading {
  try {
    const refusal = refusalOf(statSync(path), octetsMax);
    return refusal ?? readOpened(path, octetsMax);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    return ABSENT_CODES.has(code)
      ? { kind: 'absent' }
      : { kind: 'unreadable', why: `cannot be read (${code})` };
  }
}

/** What the file at a path looks like now, without reading it; `absent` when there is none. Never rejects. */
export async function stampOfFile(path: string): Promise<string> {
  try {
    return stampOf(await stat(path));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    return ABSENT_CODES.has(code) ? ABSENT_STAMP : code;
  }
}

function stampOf({ dev, ino, size, mtimeMs, ctimeMs }: Stats): string {
  return [dev, ino, size, mtimeMs, ctimeMs].join(' ');
}

function readOpened(path: string, octetsMax: number): FileReading {
  // Another file may have taken the place since: it must not hold us up, and is looked at again.
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const status = fstatSync(descriptor);
    const refusal = refusalOf(status, octetsMax);
    if (refusal !== undefined) return refusal;
    // Not `size` octets: files of /proc say 0, and a file may grow.
    const buffer = Buffer.allocUnsafe(octetsMax + 1);
    let length = 0;
    for (;;) {
      const count = readSync(descriptor, buffer, length, buffer.length - length, null);
      length += count;
      if (length > octetsMax) return tooLarge(octetsMax);
      if (count === 0) return decoded(buffer.subarray(0, length), stampOf(status));
    }
  } finally {
    closeSync(descriptor);
  }
}

function refusalOf(
  status: { isFile(): boolean; readonly size: number },
  octetsMax: number,
): FileReading | undefined {
  if (!status.isFile()) return { kind: 'unreadable', why: 'is not a regular file' };
  return status.size > octetsMax ? tooLarge(octetsMax) : undefined;
}

function tooLarge(octetsMax: number): FileReading {
  return { kind: 'unreadable', why: `is larger than ${octetsMax} octets` };
}

function decoded(octets: Uint8Array, stamp: string): FileReading {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(octets);
    return { kind: 'text', text, octets: octets.length, stamp };
  } catch {
    return { kind: 'unreadable', why: 'is not UTF-8' };
  }
}
