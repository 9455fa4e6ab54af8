// The keys of an instance: the data keys in `config/keys/data-keys.json`, and the master key that opens them, beside it or
// in the file that CONFDIT_MASTER_KEY_FILE names, such as a mounted secret.

import { randomBytes } from 'node:crypto';
import { link, mkdir, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { errorCode, fileErrorFrom } from '../../files/file-error.ts';
import { type FileSystem, FOLDER_MODE, nodeFileSystem, writeNewFile } from '../../files/file-system.ts';
import { UnreadableFile } from '../../files/named-file.ts';
import { readText } from '../../files/text.ts';
import {
  DataKeys,
  formatDataKeys,
  type MasterKey,
  masterKeyOf,
  parseDataKeys,
  unwrapDataKeys,
} from '../../store/encryption/data-keys.ts';
import { replaceFile } from '../../store/encryption/rewrite-files.ts';
import { readSnapshotKeyId, SNAPSHOT_NAME } from '../../store/snapshot.ts';
import { environmentWith } from '../environment-file.ts';
import type { InstanceChoice } from '../instance-choice.ts';
import { KEYS_FOLDER } from '../server-key.ts';
import { StartError } from '../start-error.ts';

export const DATA_KEYS_NAME = 'data-keys.json';
export const MASTER_KEY_NAME = 'master.key';
/** Environment variable with the path of the master key. */
const VARIABLE = 'CONFDIT_MASTER_KEY_FILE';
const CONFIG_FOLDER = 'config';
const KEY_OCTETS = 32;
const FILE_OCTETS_MAX = 1024 * 1024;
/** 32 octets in base64, base64url or hexadecimal digits. */
const BASE64 = /^[A-Za-z0-9+/_-]{43}=?$/;
const HEXADECIMAL = /^[0-9A-Fa-f]{64}$/;

export interface KeyPlace {
  readonly configFolder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface InstanceKeys {
  readonly keys: DataKeys;
  readonly master: MasterKey;
  /** Ids of the master keys that open the data keys; the last one is the one that is to stay. */
  readonly masters: readonly string[];
}

/** Returns the path of the file with the data keys. */
export function dataKeysPath(configFolder: string): string {
  return join(configFolder, KEYS_FOLDER, DATA_KEYS_NAME);
}

/** Returns the path of the master key, and whether the environment names it. */
export function masterKeyPath({ configFolder, environment }: KeyPlace): {
  readonly path: string;
  readonly isNamed: boolean;
} {
  const named = environment[VARIABLE] ?? '';
  return named === ''
    ? { path: join(configFolder, KEYS_FOLDER, MASTER_KEY_NAME), isNamed: false }
    : { path: named, isNamed: true };
}

/** Reads the keys, and makes those of a new instance. Throws StartError and StoreError; then nothing has changed. */
export async function openKeys(place: KeyPlace): Promise<InstanceKeys> {
  return (await readKeys(place)) ?? (await makeKeys(place));
}

/**
 * Reads the keys. Returns undefined for an instance without, whose values are all in clear text. Throws StartError and
 * StoreError.
 */
export async function readKeys(place: KeyPlace): Promise<InstanceKeys | undefined> {
  const path = dataKeysPath(place.configFolder);
  const text = await readIfThere(path);
  if (text === undefined) return requireNoneNeeded(place, path);
  const wrapped = parseDataKeys(text, path);
  const master = masterKeyPath(place);
  const key = await readMasterKey(master.path);
  if (key === undefined)
    throw new StartError(
      `The master key ${master.path} is missing, and the secrets of this instance are encrypted. Put the file back, or ` +
        `name the file that has the key ${wrapped.masters.join(' or ')} with ${VARIABLE}.`,
    );
  const keys = unwrapDataKeys(wrapped, key, path);
  if (keys === undefined)
    throw new StartError(
      `${master.path} is not the master key of this instance: it is the key ${key.id}, and the secrets need the key ` +
        `${wrapped.masters.join(' or ')}. Name the file of that key with ${VARIABLE}, or put it in this place.`,
    );
  return { keys, master: key, masters: wrapped.masters };
}

/** A configuration with encrypted values needs the keys that are gone. */
async function requireNoneNeeded({ configFolder }: KeyPlace, path: string): Promise<undefined> {
  const id = await readSnapshotKeyId(nodeFileSystem, configFolder, SNAPSHOT_NAME);
  if (id === undefined) return undefined;
  throw new StartError(
    `The file ${path} is missing, and the secrets in ${join(configFolder, SNAPSHOT_NAME)} are encrypted with its data ` +
      `key ${id}. Restore the file from a backup.`,
  );
}

/** Reads a master key. Returns undefined if there is no such file. Throws StartError. */
export async function readMasterKey(path: string): Promise<MasterKey | undefined> {
  const text = await readIfThere(path);
  if (text === undefined) return undefined;
  const key = parseMasterKey(text);
  if (key !== undefined) return key;
  throw new StartError(
    `${path} is no master key: it must hold 32 octets in base64 or hexadecimal digits. One is made by: ` +
      'openssl rand -base64 32',
  );
}

/** Parses the text of a master key. Returns undefined if it is none. */
export function parseMasterKey(text: string): MasterKey | undefined {
  const trimmed = text.trim();
  if (HEXADECIMAL.test(trimmed)) return masterKeyOf(Buffer.from(trimmed, 'hex'));
  const octets = BASE64.test(trimmed) ? Buffer.from(trimmed, 'base64') : Buffer.alloc(0);
  return octets.length === KEY_OCTETS ? masterKeyOf(octets) : undefined;
}

/** Makes the keys of a new instance, or of one of a version that had none. */
async function makeKeys(place: KeyPlace): Promise<InstanceKeys> {
  const { path, isNamed } = masterKeyPath(place);
  const folder = join(place.configFolder, KEYS_FOLDER);
  await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  if ((await readMasterKey(path)) === undefined) {
    if (isNamed) throw new StartError(`${VARIABLE} names ${path}, and there is no such file.`);
    await createMasterKey(path);
  }
  const master = await readMasterKey(path);
  if (master === undefined) throw new StartError(`The master key ${path} is missing.`);
  await createWhole(dataKeysPath(place.configFolder), formatDataKeys(DataKeys.generate(), [master]));
  const made = await readKeys(place);
  if (made === undefined) throw new StartError(`The file ${dataKeysPath(place.configFolder)} is missing.`);
  return made;
}

/** Writes a new master key to a file that must not be there. Another process may be first. */
export async function createMasterKey(path: string, fileSystem: FileSystem = nodeFileSystem): Promise<void> {
  await createWhole(path, Buffer.from(`${randomBytes(KEY_OCTETS).toString('base64')}\n`), fileSystem);
}

/**
 * Copies a master key into an instance that has none yet. Throws StartError for a file that is no key, if the environment names
 * another file, and if another key is there.
 */
export async function giveMasterKey(
  { instance, environmentFile }: InstanceChoice,
  environment: NodeJS.ProcessEnv,
  from: string,
): Promise<void> {
  const place = {
    configFolder: join(resolve(instance), CONFIG_FOLDER),
    environment: await environmentWith(environmentFile, environment),
  };
  const { path, isNamed } = masterKeyPath(place);
  if (isNamed)
    throw new StartError(`${VARIABLE} names the master key ${path} already. Leave --master-key out.`);
  const key = await readMasterKey(from);
  if (key === undefined) throw new StartError(`There is no master key ${from}.`);
  await mkdir(dirname(path), { recursive: true, mode: FOLDER_MODE });
  await createWhole(path, Buffer.from(await readText(from, FILE_OCTETS_MAX)));
  if ((await readMasterKey(path))?.id === key.id) return;
  throw new StartError(
    `${path} is another master key than ${from}. Choose another folder, or remove that file.`,
  );
}

/** Replaces the file with the data keys. At every moment the old one or the new one is there, whole. */
export async function writeDataKeys(
  configFolder: string,
  keys: DataKeys,
  masters: readonly MasterKey[],
  fileSystem: FileSystem = nodeFileSystem,
): Promise<void> {
  await replaceFile(fileSystem, dataKeysPath(configFolder), formatDataKeys(keys, masters));
}

/** Makes a whole file. If two do so at once, that of the first stays. */
async function createWhole(path: string, octets: Buffer, fileSystem = nodeFileSystem): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    await writeNewFile(fileSystem, temporary, octets);
    await link(temporary, path).catch((error: unknown) => {
      if (errorCode(error) !== 'EEXIST') throw error;
    });
    await fileSystem.syncFolder(dirname(path));
  } catch (error) {
    throw fileErrorFrom(error, `The file ${path} cannot be made`);
  } finally {
    await rm(temporary, { force: true });
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readText(path, FILE_OCTETS_MAX);
  } catch (error) {
    if (error instanceof UnreadableFile && error.isAbsent) return undefined;
    throw error;
  }
}
