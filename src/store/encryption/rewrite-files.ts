// Encrypts the secret values in all files of a folder, with the current key: after an upgrade, and for a new key. File by
// file; at every moment the old file or the new one is there, whole. Done twice it changes nothing more.

import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { type FileSystem, readWholeFile, writeNewFile } from '../../files/file-system.ts';
import { storeErrorFrom } from '../store-error.ts';
import { type FoundValue, type RewrittenLdif, rewriteLdif } from './rewrite-ldif.ts';
import type { StoredValues } from './stored-values.ts';

/** Fastest level, as for archives. */
const LEVEL = 1;

export interface FilesToRewrite {
  readonly fileSystem: FileSystem;
  readonly paths: readonly string[];
  readonly values: StoredValues;
}

export interface RewrittenFile extends Pick<RewrittenLdif, 'clear' | 'unreadable'> {
  readonly path: string;
  readonly isChanged: boolean;
}

/** Rewrites files. Throws StoreError; the files before it are rewritten then. */
export async function* rewriteFiles(files: FilesToRewrite): AsyncGenerator<RewrittenFile, void> {
  const { fileSystem } = files;
  for (const path of files.paths) {
    try {
      const found = await lookInto(path, files);
      if (found.isChanged) await replaceFile(fileSystem, path, await packed(path, found.octets));
      const { clear, unreadable, isChanged } = found;
      yield { path, clear, unreadable, isChanged };
    } catch (error) {
      throw storeErrorFrom(error, `The secrets in the file ${path} cannot be encrypted`);
    }
  }
}

/** Returns the clear secrets in one file. Throws StoreError if it cannot be read. */
export async function findClearValues(
  path: string,
  files: Omit<FilesToRewrite, 'paths'>,
): Promise<readonly FoundValue[]> {
  try {
    return (await lookInto(path, files)).clear;
  } catch (error) {
    throw storeErrorFrom(error, `The file ${path} cannot be read`);
  }
}

async function lookInto(
  path: string,
  { fileSystem, values }: Omit<FilesToRewrite, 'paths'>,
): Promise<RewrittenLdif> {
  const octets = await readWholeFile(fileSystem, path);
  if (!isPacked(path)) return rewriteLdif(octets, values);
  try {
    return rewriteLdif(await promisify(gunzip)(octets), values);
  } catch {
    const unreadable = [`The file ${path} cannot be unpacked; what it holds is not known.`];
    return { octets, isChanged: false, clear: [], unreadable };
  }
}

function packed(path: string, octets: Buffer): Promise<Buffer> | Buffer {
  return isPacked(path) ? promisify(gzip)(octets, { level: LEVEL }) : octets;
}

function isPacked(path: string): boolean {
  return path.endsWith('.gz');
}

/** Replaces a file. Throws system errors. */
export async function replaceFile(fileSystem: FileSystem, path: string, octets: Uint8Array): Promise<void> {
  const temporary = `${path}.tmp`;
  await fileSystem.remove(temporary);
  await writeNewFile(fileSystem, temporary, octets);
  await fileSystem.rename(temporary, path);
  await fileSystem.syncFolder(dirname(path));
}
