// An error of a store, as one sentence for the administrator: which file, why, what to do. Never contains a
// value of an entry.

import { FileError, reasonOf } from '../files/file-error.ts';

/** Reports what a store could not do. */
export class StoreError extends FileError {
  /** True if the store takes no further commit until it is opened again. */
  readonly isFinal: boolean;

  constructor(message: string, options: { readonly cause?: unknown; readonly isFinal?: boolean } = {}) {
    super(message, { cause: options.cause });
    this.name = 'StoreError';
    this.isFinal = options.isFinal ?? false;
  }
}

/**
 * Makes a StoreError. `what` is the sentence before the reason: `The file /x/config.ldif cannot be read`. The
 * message of a FileError stays.
 */
export function storeErrorFrom(cause: unknown, what: string): StoreError {
  if (cause instanceof StoreError) return cause;
  if (cause instanceof FileError) return new StoreError(cause.message, { cause });
  return new StoreError(`${what}: ${reasonOf(cause)}.`, { cause });
}
