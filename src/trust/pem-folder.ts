// A folder of PEM files, as in PingDS's PEM providers. Each file is one key or one authority; its name is the
// alias.

import type { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import type { FileReader, FolderEntry } from '../files/file-reader.ts';
import { matchesFileName } from './file-name-pattern.ts';
import { parseFirstCertificate, parsePem } from './pem.ts';
import { type ServerKey, serverKey } from './server-key.ts';
import { TrustError, trustErrorFrom } from './trust-error.ts';

const FILES_MAX = 1000;
const FILE_OCTETS_MAX = 4 * 1024 * 1024;

export interface PemFolder {
  readonly folder: string;
  /** File name patterns with `*` and `?`. Matching files are ignored. */
  readonly excludedPatterns: readonly string[];
}

/** Returns the keys of the folder. A file has private key, certificate and chain. Throws TrustError. */
export async function readPemKeys(source: PemFolder, files: FileReader): Promise<readonly ServerKey[]> {
  const keys: ServerKey[] = [];
  for await (const { path, text } of readFolder(source, files)) {
    const { privateKeys, certificates } = parsePem(text, path);
    const name = path.slice(path.lastIndexOf('/') + 1);
    const [privateKey] = privateKeys;
    if (privateKey !== undefined) keys.push(serverKey(name, privateKey, certificates));
  }
  return keys;
}

/** Returns the first certificate of every file that has one. Throws TrustError. */
export async function readPemAuthorities(
  source: PemFolder,
  files: FileReader,
): Promise<readonly X509Certificate[]> {
  const authorities: X509Certificate[] = [];
  for await (const { path, text } of readFolder(source, files)) {
    const certificate = parseFirstCertificate(text, path);
    if (certificate !== undefined) authorities.push(certificate);
  }
  return authorities;
}

/** Returns a text that changes whenever a file of the folder does. */
export async function stampPemFolder(source: PemFolder, files: FileReader): Promise<string> {
  const stamps: string[] = [];
  for (const path of await listFolder(source, files)) stamps.push(`${path} ${await files.stamp(path)}`);
  return stamps.join('\n');
}

/** Reads the files one by one, to limit memory and time. */
async function* readFolder(
  source: PemFolder,
  files: FileReader,
): AsyncGenerator<{ readonly path: string; readonly text: string }> {
  for (const path of await listFolder(source, files)) yield { path, text: await readSmallFile(path, files) };
}

async function readSmallFile(path: string, files: FileReader): Promise<string> {
  try {
    return (await files.read(path, FILE_OCTETS_MAX)).octets.toString('latin1');
  } catch (error) {
    throw trustErrorFrom(error);
  }
}

/** Lists the files. Hidden ones are left out: Kubernetes keeps its own links in them. */
async function listFolder({ folder, excludedPatterns }: PemFolder, files: FileReader): Promise<string[]> {
  let entries: readonly FolderEntry[];
  try {
    entries = await files.list(folder);
  } catch (error) {
    throw trustErrorFrom(error, 'folder');
  }
  const names = entries
    .filter((entry) => !entry.isFolder && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .filter((name) => !excludedPatterns.some((pattern) => matchesFileName(pattern, name)));
  if (names.length > FILES_MAX)
    throw new TrustError(`The folder ${folder} has more than ${FILES_MAX} files.`);
  return names.sort().map((name) => join(folder, name));
}
