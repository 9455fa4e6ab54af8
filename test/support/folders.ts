// Folders of the tests go when they are no longer needed.

import { rm } from 'node:fs/promises';

/**
 * Removes a folder with all that is in it; nothing when it is not there. A server that is about to end may still write a
 * file there between the look into the folder and its removal, so it is tried again.
 */
export function removeFolder(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true, maxRetries: 100, retryDelay: 10 });
}
