// A backup back into an instance folder: everything is unpacked beside it, every checksum and the store as a whole are
// verified, and only then does it take its place. What was there is kept under another name.

import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, normalize, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { nodeFileSystem } from '../files/file-system.ts';
import { lockFolder } from '../files/folder-lock.ts';
import { checkStore } from '../store/store-check.ts';
import { StoreError, storeErrorFrom } from '../store/store-error.ts';
import { digestOf, MANIFEST_NAME, type Manifest } from './backup.ts';
import { type PackedFile, unpackFiles } from './tar.ts';

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

export interface Restored {
  readonly manifest: Manifest;
  /** Where the instance is that was there before. */
  readonly aside: string | undefined;
}

/** Throws StoreError for a backup that is not whole, and where a server uses the instance; then nothing has changed. */
export async function restoreBackup(octets: Buffer, instance: string, now: Date): Promise<Restored> {
  const folder = resolve(instance);
  const { manifest, files } = await readBackup(octets);
  const stamp = now.toISOString().replaceAll(/[-:.]/g, '');
  const unpacked = join(dirname(folder), `.${basename(folder)}.restore-${stamp}`);
  try {
    await unpack(files, unpacked);
    const { problems } = await checkStore(nodeFileSystem, join(unpacked, 'config'));
    if (problems.length > 0)
      throw new StoreError(
        ['The backup does not hold a whole instance:', ...problems.map(({ problem }) => problem)].join('\n'),
      );
    const aside = await moveAside(folder, `${folder}.before-restore-${stamp}`);
    await rename(unpacked, folder);
    await nodeFileSystem.syncFolder(dirname(folder));
    return { manifest, aside };
  } catch (error) {
    await rm(unpacked, { recursive: true, force: true });
    throw storeErrorFrom(error, `The backup cannot be restored to ${folder}`);
  }
}

/** Throws StoreError unless all files are there as they were written. */
export async function readBackup(
  octets: Buffer,
): Promise<{ readonly manifest: Manifest; readonly files: readonly PackedFile[] }> {
  let files: PackedFile[];
  try {
    files = [...unpackFiles(await promisify(gunzip)(octets))];
  } catch (error) {
    throw storeErrorFrom(error, 'The backup is damaged');
  }
  const manifest = manifestOf(files.pop());
  const listed = Object.keys(manifest.files);
  for (const { name, content } of files) {
    if (manifest.files[name] !== digestOf(content))
      throw new StoreError(`The backup is damaged: ${name} does not have the checksum it was written with.`);
    if (normalize(name) !== name || name.startsWith('/') || name.split('/').includes('..'))
      throw new StoreError(`The backup names a file outside of the instance: ${name}.`);
  }
  if (files.length !== listed.length)
    throw new StoreError(`The backup is damaged: it lists ${listed.length} files and holds ${files.length}.`);
  return { manifest, files };
}

function manifestOf(file: PackedFile | undefined): Manifest {
  if (file?.name !== MANIFEST_NAME)
    throw new StoreError('The file is no backup: its list of files is missing.');
  try {
    const manifest: Manifest = JSON.parse(file.content.toString('utf8'));
    return manifest;
  } catch (error) {
    throw storeErrorFrom(error, 'The list of files in the backup cannot be read');
  }
}

async function unpack(files: readonly PackedFile[], folder: string): Promise<void> {
  for (const { name, content } of files) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true, mode: FOLDER_MODE });
    await writeFile(path, content, { mode: FILE_MODE, flush: true });
  }
}

/** Only while no server uses it. */
async function moveAside(folder: string, aside: string): Promise<string | undefined> {
  if ((await nodeFileSystem.inspect(folder)) === undefined) return undefined;
  const configFolder = join(folder, 'config');
  if ((await nodeFileSystem.inspect(configFolder)) === undefined) {
    await rename(folder, aside);
    return aside;
  }
  const lock = await lockFolder(configFolder);
  await lock.release();
  await rename(folder, aside);
  return aside;
}
