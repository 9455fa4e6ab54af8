// New keys for an instance whose server is down: a data key, with which all files are encrypted again, or a master key, with
// which the data keys are wrapped again. An interruption at any moment leaves an instance that starts; the start goes on.

import { join, resolve } from 'node:path';
import { type FileSystem, nodeFileSystem } from '../../files/file-system.ts';
import { lockFolder } from '../../files/folder-lock.ts';
import type { Log } from '../../files/log.ts';
import { readMembership } from '../cluster/membership.ts';
import { environmentWith } from '../environment-file.ts';
import type { InstanceChoice } from '../instance-choice.ts';
import { configFolderOf, schemaOf } from '../offline-instance.ts';
import { StartError } from '../start-error.ts';
import {
  createMasterKey,
  type InstanceKeys,
  type KeyPlace,
  masterKeyPath,
  readKeys,
  readMasterKey,
  writeDataKeys,
} from './instance-keys.ts';
import { encryptInstance, valuesOf } from './stored-secrets.ts';

export interface RotationOptions {
  readonly choice: InstanceChoice;
  readonly environment: KeyPlace['environment'];
  readonly now: () => Date;
  readonly log: Pick<Log, 'info' | 'warn'>;
  readonly fileSystem?: FileSystem;
}

/**
 * Makes a new data key and encrypts all files with it. Resolves to the id of the key. Throws StartError, FileError and
 * StoreError.
 */
export async function rotateDataKey(options: RotationOptions): Promise<string> {
  const { choice, now, log, fileSystem = nodeFileSystem } = options;
  const place = await placeOf(options);
  const schema = await schemaOf(choice);
  const opened = await whileLocked(place, async () => {
    const present = await presentKeys(place);
    // One that was interrupted is finished, instead of a further key.
    const keys = present.keys.isSettled ? present.keys.withNewKey() : present.keys;
    await writeDataKeys(place.configFolder, keys, [present.master], fileSystem);
    return { ...present, keys };
  });
  const folder = resolve(choice.instance);
  const open = { keys: opened, values: valuesOf(opened.keys, schema) };
  const values = await encryptInstance({ folder, open, now, log, fileSystem });
  if (!values.keys.isSettled)
    throw new StartError(
      'The files could not all be encrypted with the new key; the old key stays in use beside it. Run confdit check, ' +
        'and then this command again.',
    );
  return values.keyId;
}

/** Outcome of a new master key. */
export interface NewMasterKey {
  readonly id: string;
  /** File that has it. */
  readonly path: string;
  /** True if the former key still opens the instance, until a server has started with the new one. */
  readonly isPending: boolean;
}

/**
 * Wraps the data keys with another master key.
 * @param given File with the new key, which is made if it is not there; undefined: a new key takes the place of the old one.
 */
export async function rotateMasterKey(options: RotationOptions, given?: string): Promise<NewMasterKey> {
  const { fileSystem = nodeFileSystem } = options;
  const place = await placeOf(options);
  const { path, isNamed } = masterKeyPath(place);
  if (isNamed && given === undefined)
    throw new StartError(
      `CONFDIT_MASTER_KEY_FILE names the master key ${path}, which this command does not replace. Name a file for the new ` +
        'key with --new-key-file.',
    );
  if ((await readMembership(place.configFolder)) !== undefined)
    throw new StartError(
      'The instance belongs to a cluster, whose records in etcd are encrypted and signed with this master key, and it stays as it ' +
        'is. To replace it, take the instance out with confdit cluster leave, and begin another cluster with the new key.',
    );
  return whileLocked(place, async () => {
    const { keys, master: former } = await presentKeys(place);
    if (!keys.isSettled)
      throw new StartError('A rotation of the data key is not finished: run confdit rotate-key first.');
    const newPath = given ?? `${path}.new`;
    if ((await fileSystem.inspect(newPath)) === undefined) await createMasterKey(newPath, fileSystem);
    const master = await readMasterKey(newPath);
    if (master === undefined || master.id === former.id)
      throw new StartError(`${newPath} is the master key of the instance already.`);
    await writeDataKeys(place.configFolder, keys, [former, master], fileSystem);
    if (given !== undefined) return { id: master.id, path: newPath, isPending: true };
    await fileSystem.rename(newPath, path);
    await fileSystem.syncFolder(join(path, '..'));
    await writeDataKeys(place.configFolder, keys, [master], fileSystem);
    return { id: master.id, path, isPending: false };
  });
}

async function placeOf({ choice, environment }: RotationOptions): Promise<KeyPlace> {
  return {
    configFolder: await configFolderOf(choice),
    environment: await environmentWith(choice.environmentFile, environment),
  };
}

async function whileLocked<Result>({ configFolder }: KeyPlace, work: () => Promise<Result>): Promise<Result> {
  const lock = await lockFolder(configFolder);
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

async function presentKeys(place: KeyPlace): Promise<InstanceKeys> {
  const keys = await readKeys(place);
  if (keys === undefined)
    throw new StartError(
      'The instance has no keys yet: the next start makes them, and encrypts its secrets.',
    );
  if (keys.masters.length > 1)
    throw new StartError(
      `The master key is being replaced: start the server once with the key ${keys.masters.at(-1)}, and run this again.`,
    );
  return keys;
}
