// What a store could not do, as a sentence for the administrator: which file, why, what to do. Never a value of an entry.

export class StoreError extends Error {
  /** The store takes no further change until it is opened again. */
  readonly isFinal: boolean;

  constructor(message: string, options: { readonly cause?: unknown; readonly isFinal?: boolean } = {}) {
    super(message, { cause: options.cause });
    this.name = 'StoreError';
    this.isFinal = options.isFinal ?? false;
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

/** `what` is read before the reason: `The file /x/config.ldif cannot be read`. A StoreError stays as it is. */
export function storeErrorFrom(cause: unknown, what: string): StoreError {
  return cause instanceof StoreError ? cause : new StoreError(`${what}: ${reasonOf(cause)}.`, { cause });
}

export function reasonOf(cause: unknown): string {
  const code = errorCode(cause);
  const reason = code === undefined ? undefined : REASONS[code];
  if (reason !== undefined) return reason;
  return code ?? (cause instanceof Error ? cause.message : String(cause));
}

/** `ENOSPC` and its like, of an error that a system call gave. */
export function errorCode(cause: unknown): string | undefined {
  if (!(cause instanceof Error) || !('code' in cause)) return undefined;
  return typeof cause.code === 'string' ? cause.code : undefined;
}
