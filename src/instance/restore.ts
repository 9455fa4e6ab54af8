// A backup back into an instance folder: everything is unpacked beside it, every checksum and the store as a whole are
// verified, and only then does it take its place. What was there is kept under another name.

import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { FOLDER_MODE, nodeFileSystem, readWholeFile } from '../files/file-system.ts';
import { isLockName, lockFolder } from '../files/folder-lock.ts';
import { readText } from '../files/text.ts';
import { parseDataKeys } from '../store/encryption/data-keys.ts';
import { replaceFile } from '../store/encryption/rewrite-files.ts';
import { VALUES_AS_STORED } from '../store/encryption/stored-values.ts';
import { checkStore } from '../store/store-check.ts';
import { StoreError, storeErrorFrom } from '../store/store-error.ts';
import type { Manifest } from './backup-manifest.ts';
import { DATA_KEYS_NAME, dataKeysPath, MASTER_KEY_NAME, readMasterKey } from './keys/instance-keys.ts';
import { KEYS_FOLDER } from './server-key.ts';
import { unpackBackup } from './unpack-backup.ts';

type Pieces = Iterable<Buffer> | AsyncIterable<Buffer>;

export interface Restored {
  readonly manifest: Manifest;
  /** Where the instance is that was there before. */
  readonly aside: string | undefined;
  /** Sentence about the master key, if the backup has none. */
  readonly keyNote: string | undefined;
}

export interface RestoreOptions {
  /** The folder that the backup takes the place of. */
  readonly instance: string;
  readonly now: Date;
  /** File with the master key of the backup. */
  readonly masterKey?: string | undefined;
}

/** Throws StoreError for a backup that is not whole, and where a server uses the instance; then nothing has changed. */
export async function restoreBackup(
  pieces: Pieces,
  { instance, now, masterKey }: RestoreOptions,
): Promise<Restored> {
  const folder = resolve(instance);
  const stamp = now.toISOString().replaceAll(/[-:.]/g, '');
  const unpacked = join(dirname(folder), `.${basename(folder)}.restore-${stamp}`);
  try {
    await mkdir(dirname(folder), { recursive: true, mode: FOLDER_MODE });
    await mkdir(unpacked, { mode: FOLDER_MODE });
  } catch (error) {
    throw storeErrorFrom(error, `The folder ${unpacked} cannot be made`);
  }
  try {
    const manifest = await unpackAndCheck(pieces, unpacked);
    const keyNote = await giveMasterKey(unpacked, folder, masterKey);
    const aside = await exchange(folder, unpacked, `${folder}.before-restore-${stamp}`);
    return { manifest, aside, keyNote };
  } catch (error) {
    await rm(unpacked, { recursive: true, force: true });
    throw storeErrorFrom(error, `The backup cannot be restored to ${folder}`);
  }
}

/**
 * Gives an unpacked instance the master key that its secrets need: the one that was named, or that of the instance in whose
 * place it goes. Returns what is to be said of it. Throws StoreError for a key that does not fit.
 */
async function giveMasterKey(
  unpacked: string,
  folder: string,
  named: string | undefined,
): Promise<string | undefined> {
  const list = await readText(dataKeysPath(join(unpacked, 'config'))).catch(() => undefined);
  if (list === undefined) return undefined;
  const target = join(unpacked, 'config', KEYS_FOLDER, MASTER_KEY_NAME);
  const { masters } = parseDataKeys(list, DATA_KEYS_NAME);
  const fits = async (path: string) => masters.includes((await readMasterKey(path))?.id ?? '');
  if (named !== undefined && !(await fits(named)))
    throw new StoreError(
      `${named} is not the master key of this backup, which needs the key ${masters.join(' or ')}.`,
    );
  if (named === undefined && (await nodeFileSystem.inspect(target)) !== undefined) return undefined;
  const former = join(folder, 'config', KEYS_FOLDER, MASTER_KEY_NAME);
  const isFormerRight = await fits(former).catch(() => false);
  const source = named ?? (isFormerRight ? former : undefined);
  if (source !== undefined) {
    await replaceFile(nodeFileSystem, target, await readWholeFile(nodeFileSystem, source));
    return named === undefined
      ? 'The master key of the instance that was there fits, and is kept.'
      : undefined;
  }
  return (
    `The backup does not hold its master key ${masters.join(' or ')}. Before the next start, put the file with it to ` +
    `${former}, or name it with CONFDIT_MASTER_KEY_FILE.`
  );
}

/** Does all that restoring does but for the last step. Throws StoreError. */
export async function verifyBackup(pieces: Pieces): Promise<Manifest> {
  const unpacked = await mkdtemp(join(tmpdir(), 'confdit-verify-'));
  try {
    return await unpackAndCheck(pieces, unpacked);
  } finally {
    await rm(unpacked, { recursive: true, force: true });
  }
}

async function unpackAndCheck(pieces: Pieces, folder: string): Promise<Manifest> {
  const manifest = await unpackBackup(pieces, folder);
  const configFolder = join(folder, 'config');
  const { problems, lastNumber, snapshotNumber } = await checkStore(
    nodeFileSystem,
    configFolder,
    VALUES_AS_STORED,
  );
  if (problems.length > 0)
    throw new StoreError(
      ['The backup does not hold a whole instance:', ...problems.map(({ problem }) => problem)].join('\n'),
    );
  const number = lastNumber ?? snapshotNumber ?? 0;
  if (number !== manifest.number)
    throw new StoreError(
      `The backup is damaged: its list of files says that it goes through change ${manifest.number}, and it goes through change ${number}.`,
    );
  return manifest;
}

/** Puts one folder in the place of another that no server uses; when that fails the old one is back in its place. */
async function exchange(folder: string, unpacked: string, aside: string): Promise<string | undefined> {
  if ((await nodeFileSystem.inspect(folder)) === undefined) {
    await rename(unpacked, folder);
    await nodeFileSystem.syncFolder(dirname(folder));
    return undefined;
  }
  const hasConfiguration = (await nodeFileSystem.inspect(join(folder, 'config'))) !== undefined;
  const lock = hasConfiguration ? await lockFolder(join(folder, 'config')) : undefined;
  try {
    await rename(folder, aside);
    try {
      await rename(unpacked, folder);
    } catch (error) {
      await rename(aside, folder);
      throw error;
    }
    await nodeFileSystem.syncFolder(dirname(folder));
  } finally {
    await lock?.release();
  }
  // The lock has moved with what it locked.
  if (hasConfiguration)
    for (const name of (await nodeFileSystem.list(join(aside, 'config'))).filter(isLockName))
      await nodeFileSystem.remove(join(aside, 'config', name));
  return aside;
}
