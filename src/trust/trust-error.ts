// A file or folder with keys or certificates that cannot be used: one sentence for administrators, without secrets.

import { UnreadableFile } from '../files/named-file.ts';

export class TrustError extends Error {}

/** Returns what is wrong with a file or folder as a TrustError; any other error as it is. */
export function trustErrorFrom(error: unknown, what: 'file' | 'folder' = 'file'): unknown {
  if (!(error instanceof UnreadableFile)) return error;
  return new TrustError(`The ${what} ${error.path} ${error.why}.`, { cause: error });
}
