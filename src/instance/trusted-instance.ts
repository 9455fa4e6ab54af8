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

const WRITABLE_BY_GROUP = 0o020;

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

/**
 * Returns a sentence when the members of a group may change the instance, which is so on a volume that Kubernetes gives to
 * the group of a pod (fsGroup): the server is in that group, and so may others be.
 */
export async function findSharedPlaces(instance: string): Promise<readonly string[]> {
  const folder = resolve(instance);
  for (const name of FOLDERS) {
    const path = join(folder, name);
    const facts = await nodeFileSystem.inspect(path).catch(() => undefined);
    if (facts === undefined || (facts.mode & WRITABLE_BY_GROUP) === 0) continue;
    return [
      `${path} can be written by the members of group ${facts.groupId}, who could change what this server reads. On a volume ` +
        `with fsGroup that is so, and nobody else should be in that group; elsewhere run: chmod -R g-w ${folder}`,
    ];
  }
  return [];
}
