// The forms that a text of entries may have, and how each is read.

import type { ReadDocument } from './document.ts';
import { readLdifDocument } from './ldif-document.ts';

/** Of the files that are read when somebody names their folder. */
export const DOCUMENT_EXTENSIONS: readonly string[] = ['.ldif'];

/** Returns what a text holds. Never throws. */
export function readDocument(text: string): ReadDocument {
  return readLdifDocument(text);
}
