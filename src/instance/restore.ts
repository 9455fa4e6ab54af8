// A backup back into an instance folder: everything is unpacked beside it, every checksum and the store as a whole are
// verified, and only then does it take its place. What was there is kept under another name.

import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { FOLDER_MODE, nodeFileSystem } from '../files/file-system.ts';
import { isLockName, lockFolder } from '../files/folder-lock.ts';
import { checkStore } from '../store/store-check.ts';
import { StoreError, storeErrorFrom } from '../store/store-error.ts';
import type { Manifest } from './backup-manifest.ts';
import { unpackBackup } from './unpack-backup.ts';

type Pieces = Iterable<Buffer> | AsyncIterable<Buffer>;

export interface Restored {
  readonly manifest: Manifest;
  /** Where the instance is that was there before. */
  readonly aside: string | undefined;
}

/** Throws StoreError for a backup that is not whole, and where a server uses the instance; then nothing has changed. */
export async function restoreBackup(pieces: Pieces, instance: string, now: Date): Promise<Restored> {
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
    const aside = await exchange(folder, unpacked, `${folder}.before-restore-${stamp}`);
    return { manifest, aside };
  } catch (error) {
    await rm(unpacked, { recursive: true, force: true });
    throw storeErrorFrom(error, `The backup cannot be restored to ${folder}`);
  }
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
  const { problems, lastNumber, snapshotNumber } = await checkStore(nodeFileSystem, join(folder, 'config'));
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
