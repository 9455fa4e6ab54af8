// Errors of files and folders, as a sentence for the administrator: which file, why, what to do. Never the content.

import { constants } from 'node:os';
import { ThrownValue } from './program-error.ts';

export class FileError extends Error {
  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.name = 'FileError';
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission is denied; the user who runs the server must own it',
  EPERM: 'permission is denied; the user who runs the server must own it',
  EEXIST: 'it is there already; restart the server, which sees what it is',
  ENOENT: 'it does not exist',
  ENOTDIR: 'a part of its path is not a folder',
  EISDIR: 'it is a folder',
  ENOSPC: 'the disk is full; free some space',
  EDQUOT: 'the disk quota is used up; raise it or free some space',
  EFBIG: 'the file has the largest size allowed',
  EROFS: 'the file system is read-only; mount it for writing',
  EIO: 'the disk reports an input/output error; check the disk',
  EMFILE: 'too many files are open; raise the limit',
  Z_DATA_ERROR: 'it is not what was compressed',
  Z_BUF_ERROR: 'it is cut short',
  ENFILE: 'too many files are open; raise the limit',
};

/** Returns a FileError for `what` (`The file /x/config.ldif cannot be read`) and its cause. A FileError is returned as it is. */
export function fileErrorFrom(cause: unknown, what: string): FileError {
  return cause instanceof FileError ? cause : new FileError(`${what}: ${reasonOf(cause)}.`, { cause });
}

/** Returns the words of whatever was thrown: the message of an error, and anything else as text. */
export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

/** Returns an error as it is, and anything else that was thrown as the text of one. */
export function errorFrom(cause: unknown): Error {
  return cause instanceof Error ? cause : new ThrownValue(cause);
}

/** Returns the reason of a failed system call in words, to be read after a colon and without a full stop. */
export function reasonOf(cause: unknown): string {
  const code = errorCode(cause);
  const reason = code === undefined ? undefined : REASONS[code];
  if (reason !== undefined) return reason;
  return code ?? messageOf(cause);
}

/** Returns the name of a failed system call's error, such as `ENOSPC`; undefined for other errors. */
export function errorCode(cause: unknown): string | undefined {
  if (!(cause instanceof Error) || !('code' in cause) || typeof cause.code !== 'string') return undefined;
  if (!cause.code.startsWith(UNNAMED)) return cause.code;
  const errno = Math.abs(Number(cause.code.slice(UNNAMED.length)));
  return Object.entries(constants.errno).find(([, number]) => number === errno)?.[0] ?? cause.code;
}

/** Node.js's message for an error that libuv has no name for, such as EDQUOT: `Unknown system error -122`. */
const UNNAMED = 'Unknown system error ';

/** Errors of a disk that takes no more octets and is otherwise sound. The same write may succeed later. */
const FULL: ReadonlySet<string | undefined> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** Returns true if a write failed because the disk is full. */
export function isDiskFull(cause: unknown): boolean {
  if (FULL.has(errorCode(cause))) return true;
  return cause instanceof Error && cause.cause !== undefined && isDiskFull(cause.cause);
}
