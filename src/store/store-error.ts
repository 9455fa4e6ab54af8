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

/** Another server has stored commits with these numbers first: nothing of this batch is stored. */
export class Overtaken extends StoreError {
  constructor() {
    super('Another server has stored a change first.');
    this.name = 'Overtaken';
  }
}

/** The store takes no batch of this size, and nothing of it is stored. Its commits may be taken one by one. */
export class TooLarge extends StoreError {
  constructor(message: string, options: { readonly cause: unknown }) {
    super(message, options);
    this.name = 'TooLarge';
  }
}

/** Nobody has answered whether the batch is stored. If it is, it comes back as commits of another server. */
export class OutcomeUnknown extends StoreError {
  constructor(message: string, options: { readonly cause: unknown }) {
    super(message, options);
    this.name = 'OutcomeUnknown';
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
