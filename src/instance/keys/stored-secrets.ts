// The secrets in the files of an instance: which files may hold some, how they are encrypted after an upgrade or for a new
// key, and what is still in clear text afterwards.

import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { SecretRules } from '../../config/secret-rules.ts';
import { isDiskFull } from '../../files/file-error.ts';
import { type FileSystem, nodeFileSystem } from '../../files/file-system.ts';
import { lockFolder } from '../../files/folder-lock.ts';
import type { Log } from '../../files/log.ts';
import type { Schema } from '../../schema/schema.ts';
import { ARCHIVE_FOLDER, listArchives } from '../../store/archive.ts';
import type { DataKeys } from '../../store/encryption/data-keys.ts';
import { formatExportedKey } from '../../store/encryption/exported-key.ts';
import { findClearValues, rewriteFiles } from '../../store/encryption/rewrite-files.ts';
import {
  EncryptedValues,
  type StoredValues,
  VALUES_AS_STORED,
} from '../../store/encryption/stored-values.ts';
import { JOURNAL_FOLDER } from '../../store/journal.ts';
import { recoverJournal } from '../../store/journal-recovery.ts';
import { readSnapshotNumber, SNAPSHOT_NAME } from '../../store/snapshot.ts';
import type { StoreProblem } from '../../store/store-check.ts';
import { StoreError } from '../../store/store-error.ts';
import { BACKUPS_FOLDER } from '../backup.ts';
import { StartError } from '../start-error.ts';
import { type InstanceKeys, type KeyPlace, openKeys, readKeys, writeDataKeys } from './instance-keys.ts';

const CONFIG_FOLDER = 'config';
/** Where files of the store are, from the instance folder on: also of tasks, and of those that were put aside. */
const STORE_FOLDER = /^(?:config|tasks(?:\.unreadable-\d+)?)$/;
/** Files of the store itself. Others below `config` may be LDIF too, such as that of a memory backend, and are not ours. */
const OWN_FILE = /^config\/(?:config[^/]*$|(?:journal|archived-configs|repair-[^/]*)\/)|^tasks/;
/** Of those, what only the server writes. */
const WRITTEN_FILE = /^(?:config\/(?:journal|archived-configs)|tasks)\//;
const LDIF_FILE = /\.ldif(?:\.|$)/;
/** Left by a write that was interrupted: nobody reads it. */
const UNFINISHED = /\.(?:tmp|copy)$/;
/** Waits for a start, which takes it and encrypts what it keeps. */
const WAITING = 'config/config-changes.ldif';
const NAMED_MAX = 5;

export interface ValuesOptions {
  /** The instance folder. */
  readonly folder: string;
  readonly environment: KeyPlace['environment'];
  readonly schema: Schema;
}

/** Opens what encrypts the secrets of an instance, and makes keys for one without. Throws StartError and StoreError. */
export async function openValues(options: ValuesOptions): Promise<OpenValues> {
  const keys = await openKeys(keyPlaceOf(options));
  return { keys, values: valuesOf(keys.keys, options.schema) };
}

/** Returns what encrypts with these keys. */
export function valuesOf(keys: DataKeys, schema: Schema): EncryptedValues {
  return new EncryptedValues(keys, new SecretRules(schema));
}

/** Throws StartError if a rotation has ended since the keys were read. The caller has the lock of the folder. */
export async function requireSameKey(values: EncryptedValues, options: ValuesOptions): Promise<void> {
  const present = await readKeys(keyPlaceOf(options));
  if (present?.keys.current.id === values.keyId) return;
  throw new StartError('The data key of the instance was replaced during this start. Start again.');
}

export interface OpenValues {
  readonly keys: InstanceKeys;
  readonly values: EncryptedValues;
}

/** Opens what decrypts the secrets of an instance, for reading alone. Throws StartError and StoreError. */
export async function readValues(options: ValuesOptions): Promise<StoredValues> {
  const keys = await readKeys(keyPlaceOf(options));
  return keys === undefined ? VALUES_AS_STORED : valuesOf(keys.keys, options.schema);
}

/**
 * Returns the comment of LDIF that goes with values which are encrypted with the current key. Returns undefined for an
 * instance without keys. Throws StartError and StoreError.
 */
export async function exportedKeyOf(options: ValuesOptions): Promise<string | undefined> {
  const keys = await readKeys(keyPlaceOf(options));
  return keys && formatExportedKey(keys.keys, keys.master);
}

/** Returns where the keys of an instance are. */
export function keyPlaceOf({ folder, environment }: ValuesOptions): KeyPlace {
  return { configFolder: join(resolve(folder), CONFIG_FOLDER), environment };
}

export interface EncryptionOptions {
  readonly folder: string;
  readonly open: OpenValues;
  readonly now: () => Date;
  readonly log: Pick<Log, 'info' | 'warn'>;
  readonly fileSystem?: FileSystem;
}

/**
 * Encrypts all secrets in the files with the current key, unless that is done. Resolves to what encrypts from now on.
 * A start that is interrupted goes on here the next time. Throws StoreError.
 */
export async function encryptInstance(options: EncryptionOptions): Promise<EncryptedValues> {
  const { open, folder, log, fileSystem = nodeFileSystem } = options;
  const { keys, master, masters } = open.keys;
  // A start with the new one of two master keys ends the time of the other.
  const isFormerDropped = masters.length > 1 && masters.at(-1) === master.id;
  if (keys.isSettled && !isFormerDropped) return open.values;
  const configFolder = join(folder, CONFIG_FOLDER);
  const lock = await lockFolder(configFolder);
  try {
    if (keys.isSettled) {
      await writeDataKeys(configFolder, keys, [master], fileSystem);
      return open.values;
    }
    if (!(await repairJournal(options))) return open.values;
    await rewriteAll(options);
    const settled = keys.settled();
    await writeDataKeys(configFolder, settled, [master], fileSystem);
    return open.values.withKeys(settled);
  } catch (error) {
    if (!isDiskFull(error) && !(error instanceof StoreError && isDiskFull(error.cause))) throw error;
    log.warn(
      { err: error },
      'the disk is full: secrets in older files stay as they are until the next start',
    );
    return open.values;
  } finally {
    await lock.release();
  }
}

/** Cuts a torn end before its text is rewritten. Resolves to false if the store needs repair, as opening it will report. */
async function repairJournal({
  folder,
  open,
  now,
  fileSystem = nodeFileSystem,
}: EncryptionOptions): Promise<boolean> {
  const configFolder = join(folder, CONFIG_FOLDER);
  const journalFolder = join(configFolder, JOURNAL_FOLDER);
  try {
    await fileSystem.makeFolder(journalFolder);
    const archives = await listArchives(fileSystem, join(configFolder, ARCHIVE_FOLDER));
    const snapshotNumber =
      (await readSnapshotNumber(fileSystem, configFolder, SNAPSHOT_NAME)) ?? archives.at(-1) ?? 0;
    const isNew = archives.length === 0;
    await recoverJournal({
      fileSystem,
      folder: journalFolder,
      snapshotNumber,
      isNew,
      now,
      values: open.values,
    });
    return true;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return false;
  }
}

async function rewriteAll({
  folder,
  open,
  log,
  fileSystem = nodeFileSystem,
}: EncryptionOptions): Promise<void> {
  const all = await filesWithEntries(folder);
  for (const path of all.unfinished) await fileSystem.remove(path);
  let secrets = 0;
  let files = 0;
  for await (const one of rewriteFiles({ fileSystem, paths: all.whole, values: open.values })) {
    for (const sentence of one.unreadable) log.warn({ file: one.path }, sentence);
    secrets += one.clear.length;
    if (one.clear.length > 0) files += 1;
  }
  if (secrets === 0) return;
  log.info(
    { secrets, files },
    'secrets in the files of the instance are encrypted from now on (docs/secrets.md)',
  );
  for (const sentence of await clearCopies(folder)) log.warn({}, sentence);
}

/** Files of an instance that hold entries or changes, as paths. */
export interface FilesWithEntries {
  readonly whole: readonly string[];
  /** Left by writes that were interrupted. */
  readonly unfinished: readonly string[];
}

/**
 * Returns what a file that may hold values of entries is: one that only the server writes, one that people edit too, or
 * changes that wait for a start. Undefined for other files.
 * @param name Below the instance folder, with slashes.
 */
export function fileRole(name: string): 'written' | 'edited' | 'waiting' | undefined {
  if (!LDIF_FILE.test(name) || !OWN_FILE.test(name)) return undefined;
  if (name === WAITING) return 'waiting';
  return WRITTEN_FILE.test(name) ? 'written' : 'edited';
}

/** Finds all files that may hold values of entries. */
export async function filesWithEntries(folder: string): Promise<FilesWithEntries> {
  const tops = (await readdir(folder)).filter((name) => STORE_FOLDER.test(name));
  const found: string[] = [];
  for (const top of tops) {
    const names = await readdir(join(folder, top), { recursive: true, withFileTypes: true });
    for (const one of names) if (one.isFile()) found.push(join(one.parentPath, one.name));
  }
  const roleOf = (path: string) => fileRole(path.slice(folder.length + 1).replaceAll('\\', '/'));
  const mine = found.filter((path) => !['waiting', undefined].includes(roleOf(path)));
  return {
    whole: mine.filter((path) => !UNFINISHED.test(path)).sort(),
    unfinished: mine.filter((path) => UNFINISHED.test(path)),
  };
}

/** Returns sentences about copies of an instance that are older than its encryption: backups, and what a restore put aside. */
export async function clearCopies(folder: string): Promise<readonly string[]> {
  const backups = join(folder, BACKUPS_FOLDER);
  const inside = await readdir(backups, { recursive: true }).catch(() => []);
  const beside = await readdir(dirname(folder)).catch(() => []);
  const copies = [
    ...inside.filter((name) => name.endsWith('.tar.gz')).map((name) => join(backups, name)),
    ...beside
      .filter((name) => name.startsWith(`${basename(folder)}.before-restore-`))
      .map((name) => join(dirname(folder), name)),
  ];
  if (copies.length === 0) return [];
  const more = copies.length > NAMED_MAX ? ` and ${copies.length - NAMED_MAX} more` : '';
  return [
    'Copies of the instance that were made before hold secrets in clear text. Remove them as soon as they are not ' +
      `needed: ${copies.slice(0, NAMED_MAX).join(', ')}${more}.`,
  ];
}

/** Clear secrets that `confdit check` found. */
export interface FoundSecrets {
  readonly problems: readonly StoreProblem[];
  readonly notes: readonly string[];
}

/** Looks for secrets in clear text in all files of an instance. Throws StoreError. */
export async function lookForClearSecrets(folder: string, values: StoredValues): Promise<FoundSecrets> {
  const problems: StoreProblem[] = [];
  const notes: string[] = [];
  if (!(values instanceof EncryptedValues)) return { problems, notes };
  const { whole } = await filesWithEntries(folder);
  const waiting = join(folder, WAITING);
  const isWaiting = (await nodeFileSystem.inspect(waiting)) !== undefined;
  for (const path of isWaiting ? [...whole, waiting] : whole) {
    const found = await findClearValues(path, { fileSystem: nodeFileSystem, values });
    const [first, ...others] = found;
    if (first === undefined) continue;
    const more = others.length === 0 ? '' : `, and ${others.length} more`;
    const problem = `${path} has a secret in clear text: ${first.attribute} of ${first.dn}${more}.`;
    if (path === waiting) notes.push(`${problem} The next start takes it, and removes the file.`);
    else if (path === join(folder, CONFIG_FOLDER, SNAPSHOT_NAME) || !values.keys.isSettled)
      notes.push(`${problem} The next start encrypts it.`);
    else
      problems.push({
        path,
        problem,
        remedy: 'While the server is stopped, this encrypts it: confdit rotate-key',
      });
  }
  return { problems, notes };
}
