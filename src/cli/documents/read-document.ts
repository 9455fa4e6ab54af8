// The forms that a text of entries may have, and how each is read.

import type { ReadDocument } from './document.ts';
import { readLdifDocument } from './ldif-document.ts';

/** Returns what a text holds. Never throws. */
export function readDocument(text: string): ReadDocument {
  return readLdifDocument(text);
}
