// What a store could not do, as a sentence for the administrator: which file, why, what to do. Never a value of an entry.

import { FileError, reasonOf } from '../files/file-error.ts';

export class StoreError extends FileError {
  /** The store takes no further change until it is opened again. */
  readonly isFinal: boolean;

  constructor(message: string, options: { readonly cause?: unknown; readonly isFinal?: boolean } = {}) {
    super(message, { cause: options.cause });
    this.name = 'StoreError';
    this.isFinal = options.isFinal ?? false;
  }
}

/** `what` is read before the reason: `The file /x/config.ldif cannot be read`. The sentence of a FileError stays. */
export function storeErrorFrom(cause: unknown, what: string): StoreError {
  if (cause instanceof StoreError) return cause;
  if (cause instanceof FileError) return new StoreError(cause.message, { cause });
  return new StoreError(`${what}: ${reasonOf(cause)}.`, { cause });
}
