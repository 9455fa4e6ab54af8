// A folder of PEM files, as PingDS's pem providers have: each file is one key or one authority, called by its name.

import type { X509Certificate } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { matchesFileName } from './file-name-pattern.ts';
import { parseFirstCertificate, parsePem } from './pem.ts';
import { type ServerKey, serverKey } from './server-key.ts';
import { reasonOf, TrustError } from './trust-error.ts';

const FILES_MAX = 1000;
const FILE_OCTETS_MAX = 4 * 1024 * 1024;

export interface PemFolder {
  readonly folder: string;
  /** Names with `*` and `?`; files that fit one are left alone. */
  readonly excludedPatterns: readonly string[];
}

/** The keys of the folder: private key, certificate and chain stand in one file. Throws TrustError. */
export async function readPemKeys(source: PemFolder): Promise<readonly ServerKey[]> {
  const keys: ServerKey[] = [];
  for await (const { path, text } of readFolder(source)) {
    const { privateKeys, certificates } = parsePem(text, path);
    const name = path.slice(path.lastIndexOf('/') + 1);
    const [privateKey] = privateKeys;
    if (privateKey !== undefined) keys.push(serverKey(name, privateKey, certificates));
  }
  return keys;
}

/** Of every file that has certificates, the first one. Throws TrustError. */
export async function readPemAuthorities(source: PemFolder): Promise<readonly X509Certificate[]> {
  const authorities: X509Certificate[] = [];
  for await (const { path, text } of readFolder(source)) {
    const certificate = parseFirstCertificate(text, path);
    if (certificate !== undefined) authorities.push(certificate);
  }
  return authorities;
}

/** What changes whenever a file of the folder does. */
export async function stampPemFolder(source: PemFolder): Promise<string> {
  const paths = await listFolder(source);
  return (await Promise.all(paths.map(stampFile))).join('\n');
}

/** What changes whenever the file does; also when another file is put in its place. */
export async function stampFile(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return `${path} ${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch (error) {
    return `${path} ${reasonOf(error)}`;
  }
}

/** One file after the other, so that neither memory nor time is taken for all of them at once. */
async function* readFolder(
  source: PemFolder,
): AsyncGenerator<{ readonly path: string; readonly text: string }> {
  for (const path of await listFolder(source)) yield { path, text: await readSmallFile(path) };
}

async function readSmallFile(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > FILE_OCTETS_MAX)
      throw new TrustError(`The file ${path} is larger than ${FILE_OCTETS_MAX} octets.`);
    return await readFile(path, 'latin1');
  } catch (error) {
    if (error instanceof TrustError) throw error;
    throw new TrustError(`The file ${path} cannot be read: ${reasonOf(error)}.`);
  }
}

/** Files whose names begin with a dot are hidden on purpose: Kubernetes keeps its own links so. */
async function listFolder({ folder, excludedPatterns }: PemFolder): Promise<string[]> {
  let entries: { readonly name: string; isDirectory(): boolean }[];
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    throw new TrustError(`The folder ${folder} cannot be read: ${reasonOf(error)}.`);
  }
  const names = entries
    .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .filter((name) => !excludedPatterns.some((pattern) => matchesFileName(pattern, name)));
  if (names.length > FILES_MAX)
    throw new TrustError(`The folder ${folder} has more than ${FILES_MAX} files.`);
  return names.sort().map((name) => join(folder, name));
}
