// A file or folder with keys or certificates that cannot be used: one sentence for administrators, without
// secrets.

import { UnreadableFile } from '../files/named-file.ts';

/** Reports that keys or certificates cannot be used. */
export class TrustError extends Error {}

/** Returns an error of the file system as a TrustError with one sentence; any other error unchanged. */
export function trustErrorFrom(error: unknown, what: 'file' | 'folder' = 'file'): unknown {
  if (!(error instanceof UnreadableFile)) return error;
  return new TrustError(`The ${what} ${error.path} ${error.why}.`, { cause: error });
}
