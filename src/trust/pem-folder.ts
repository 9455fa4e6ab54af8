// A folder of PEM files, as PingDS's pem providers have: each file is one key or one authority, called by its name.

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
  /** Names with `*` and `?`; files that fit one are left alone. */
  readonly excludedPatterns: readonly string[];
}

/** The keys of the folder: private key, certificate and chain stand in one file. Throws TrustError. */
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

/** Of every file that has certificates, the first one. Throws TrustError. */
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

/** What changes whenever a file of the folder does. */
export async function stampPemFolder(source: PemFolder, files: FileReader): Promise<string> {
  const stamps: string[] = [];
  for (const path of await listFolder(source, files)) stamps.push(`${path} ${await files.stamp(path)}`);
  return stamps.join('\n');
}

/** One file after the other, so that neither memory nor time is taken for all of them at once. */
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

/** Files whose names begin with a dot are hidden on purpose: Kubernetes keeps its own links so. */
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
