// Whether an instance can be trusted: what is in it decides who is an administrator, so it belongs to the server's user or
// to root, and nobody else may write it, or a folder on the way to it.

import { join, resolve } from 'node:path';
import { nodeFileSystem } from '../files/file-system.ts';
import { currentUser, findUntrusted } from '../files/ownership.ts';
import { StartError } from './start-error.ts';

/** Everything that a start reads, from the instance folder on; of folders, what is directly in them. */
const FOLDERS = [
  '.',
  'schema',
  'config',
  'config/keys',
  'config/expressions',
  'config/journal',
  'config/archived-configs',
  'mail',
  'tasks',
];

/** Returns one sentence for each place that others may change. */
export async function findUntrustedPlaces(instance: string): Promise<readonly string[]> {
  const user = currentUser();
  if (user === undefined) return [];
  const sentences = new Set<string>();
  for (const name of FOLDERS) {
    const folder = join(resolve(instance), name);
    const names = await nodeFileSystem.list(folder).catch(() => []);
    for (const path of [folder, ...names.map((one) => join(folder, one))]) {
      const untrusted = await findUntrusted(path, user);
      if (untrusted !== undefined) sentences.add(`${untrusted.path} ${untrusted.problem}`);
    }
  }
  return [...sentences];
}

/** Throws StartError with one sentence for each place that others may change. */
export async function requireTrustedInstance(instance: string): Promise<void> {
  const sentences = await findUntrustedPlaces(instance);
  if (sentences.length > 0) throw new StartError(sentences.join('\n'));
}
