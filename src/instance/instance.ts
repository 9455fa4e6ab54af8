// The instance folder: what a server owns. It is filled on first start from what is shipped, so that running never
// changes the checkout.

import { constants } from 'node:fs';
import { access, link, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorCode, isDiskFull, reasonOf } from '../files/file-error.ts';
import { FILE_MODE, FOLDER_MODE, nodeFileSystem } from '../files/file-system.ts';
import { readNamedFile } from '../files/named-file.ts';
import type { Places } from '../files/permissions.ts';
import { readText } from '../files/text.ts';
import type { SchemaSource } from '../schema/schema-builder.ts';
import { ARCHIVE_FOLDER, listArchives } from '../store/archive.ts';
import { JOURNAL_FOLDER } from '../store/journal.ts';
import { listSegments } from '../store/journal-recovery.ts';
import { SNAPSHOT_NAME } from '../store/snapshot.ts';
import { readMembership } from './cluster/membership.ts';
import { KEYS_FOLDER, makeServerKey } from './server-key.ts';
import { StartError } from './start-error.ts';

export interface Instance {
  readonly folder: string;
  readonly configFolder: string;
  readonly pinFile: string;
  /** True if this start made it. */
  readonly isNew: boolean;
}

const SHIPPED = new URL('../../', import.meta.url);
const PIN_NAME = 'admin.pin';
/** Octets of one schema file. */
const SCHEMA_OCTETS_MAX = 16 * 1024 * 1024;
/** The ending of files that are not whole yet. */
const UNFINISHED = '.copy';

/** Makes what is not there yet; throws StartError when it cannot. @param certificateNames for a key that is made now. */
export async function openInstance(folder: string, certificateNames?: string): Promise<Instance> {
  const root = resolve(folder);
  const configFolder = join(root, 'config');
  const schemaFolder = join(root, 'schema');
  try {
    for (const path of [root, configFolder, schemaFolder, join(configFolder, 'expressions')]) {
      await makeFolder(path);
    }
    await access(configFolder, constants.R_OK | constants.W_OK | constants.X_OK);
    await refreshSchema(schemaFolder);
    await makeServerKey(configFolder, new Date(), certificateNames);
    await rm(join(configFolder, `${SNAPSHOT_NAME}${UNFINISHED}`), { force: true });
    const isNew =
      !(await hasHistory(configFolder)) &&
      (await copyIfAbsent(shipped('config/config.ldif'), join(configFolder, SNAPSHOT_NAME)));
    return { folder: root, configFolder, pinFile: join(configFolder, PIN_NAME), isNew };
  } catch (error) {
    if (error instanceof StartError) throw error;
    const reason = error instanceof Error && !isDiskFull(error) ? error.message : reasonOf(error);
    throw new StartError(
      `The instance folder ${root} cannot be used: ${reason}. ` +
        'Give a folder that this user may write with CONFDIT_INSTANCE or --instance.',
    );
  }
}

/** Node.js's own recursive mkdir never comes back from a place such as /proc, where nothing can be made. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: FOLDER_MODE });
    await syncNames(dirname(path));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await mkdir(path, { mode: FOLDER_MODE });
    await syncNames(dirname(path));
  }
}

/**
 * Reads the schema files of the instance in the order of their names: the shipped ones and the site's own. In a cluster the schema of
 * the site is in the configuration, which all servers share, so its files do not count.
 */
export async function readSchemaFiles(instance: Pick<Instance, 'folder'>): Promise<SchemaSource[]> {
  const isShared = (await readMembership(join(instance.folder, 'config'))) !== undefined;
  return readSchema(instance, isShared ? await shippedSchemaNames() : undefined);
}

/** Reads the schema files of the site alone. */
export async function readSiteSchemaFiles(instance: Pick<Instance, 'folder'>): Promise<SchemaSource[]> {
  const shippedNames = await shippedSchemaNames();
  const all = await readSchema(instance, undefined);
  return all.filter(({ path }) => !shippedNames.has(basename(path)));
}

/** @param only names of the files; undefined: all */
async function readSchema(
  instance: Pick<Instance, 'folder'>,
  only: ReadonlySet<string> | undefined,
): Promise<SchemaSource[]> {
  const folder = join(instance.folder, 'schema');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.ldif')).sort();
  return Promise.all(
    names
      .filter((name) => only?.has(name) ?? true)
      .map(async (name) => ({
        path: join(folder, name),
        text: await readText(join(folder, name), SCHEMA_OCTETS_MAX),
      })),
  );
}

async function shippedSchemaNames(): Promise<ReadonlySet<string>> {
  return new Set(await readdir(shipped('schema/')));
}

/** Writes the generated password where only the owner reads it, without a line end: `ldapsearch -y` takes all of the file. */
export async function writePin(instance: Instance, password: string): Promise<void> {
  await writeFile(instance.pinFile, password, { mode: FILE_MODE, flush: true });
  await nodeFileSystem.syncFolder(instance.configFolder);
}

/**
 * The shipped schema files are ours: those of this version replace those of another. Site schema has other names. What is
 * as it should be is not written, so that a full disk keeps no server from starting.
 */
async function refreshSchema(schemaFolder: string): Promise<void> {
  const source = shipped('schema/');
  let isChanged = false;
  for (const name of await readdir(source)) {
    if (!name.endsWith('.ldif')) continue;
    const target = join(schemaFolder, name);
    await rm(`${target}${UNFINISHED}`, { force: true });
    if (await isSameContent(join(source, name), target)) continue;
    await rename(await copyBeside(join(source, name), target), target);
    isChanged = true;
  }
  if (isChanged) await nodeFileSystem.syncFolder(schemaFolder);
}

async function isSameContent(one: string, other: string): Promise<boolean> {
  const [file, present] = await Promise.all([
    readNamedFile(one, SCHEMA_OCTETS_MAX),
    readNamedFile(other, SCHEMA_OCTETS_MAX).catch(() => undefined),
  ]);
  return present?.octets.equals(file.octets) === true;
}

/** Makes new names in a folder durable, where this user may open it: a parent may be of those that are only passed through. */
async function syncNames(folder: string): Promise<void> {
  try {
    await nodeFileSystem.syncFolder(folder);
  } catch (error) {
    if (errorCode(error) !== 'EACCES') throw error;
  }
}

/** Resolves to true if a store has been here: then a missing config.ldif has been lost, and the shipped one is no replacement. */
async function hasHistory(configFolder: string): Promise<boolean> {
  const segments = await listSegments(nodeFileSystem, join(configFolder, JOURNAL_FOLDER)).catch(() => []);
  const archives = await listArchives(nodeFileSystem, join(configFolder, ARCHIVE_FOLDER)).catch(() => []);
  return segments.length > 0 || archives.length > 0;
}

/** Where the keys are and the password is: nobody else may write them, or he has the server. */
export async function secretPlaces(folder: string): Promise<Places> {
  const configFolder = join(resolve(folder), 'config');
  const keys = join(configFolder, KEYS_FOLDER);
  const names = await readdir(keys).catch(() => []);
  return { folders: [keys], files: [join(configFolder, PIN_NAME), ...names.map((name) => join(keys, name))] };
}

async function copyIfAbsent(source: string, target: string): Promise<boolean> {
  const copy = await copyBeside(source, target);
  try {
    await link(copy, target);
    await nodeFileSystem.syncFolder(dirname(target));
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(copy, { force: true });
  }
}

/** A whole file under another name, to be given its own at once: a start that is interrupted leaves no half file. */
async function copyBeside(source: string, target: string): Promise<string> {
  const copy = `${target}${UNFINISHED}`;
  await rm(copy, { force: true });
  await writeFile(copy, (await readNamedFile(source, SCHEMA_OCTETS_MAX)).octets, {
    mode: FILE_MODE,
    flush: true,
  });
  return copy;
}

function shipped(path: string): string {
  return fileURLToPath(new URL(path, SHIPPED));
}
