// config.ldif.startok: the configuration that a server last became ready with, for the day on which it does not.

import { join } from 'node:path';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { formatEntry } from '../codec/ldif-writer.ts';
import { PropertyValidator } from '../config/property-validator.ts';
import { Configuration } from '../configuration/configuration.ts';
import type { Sources } from '../expression/sources.ts';
import { FileError } from '../files/file-error.ts';
import { nodeFileSystem } from '../files/file-system.ts';
import { lockFolder } from '../files/folder-lock.ts';
import type { Log } from '../files/log.ts';
import type { Entry } from '../ldap/entry.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { Schema } from '../schema/schema.ts';
import { ARCHIVE_FOLDER, listArchives } from '../store/archive.ts';
import { readUncutSnapshot } from '../store/edited-snapshot.ts';
import type { StoredValues } from '../store/encryption/stored-values.ts';
import {
  isSnapshotAsWritten,
  readSnapshot,
  readSnapshotNumber,
  SNAPSHOT_NAME,
  writeSnapshot,
} from '../store/snapshot.ts';
import { checkStore } from '../store/store-check.ts';
import { repairStore } from '../store/store-repair.ts';
import type { InstanceChoice } from './instance-choice.ts';
import { loadConfiguration } from './load-configuration.ts';
import { StartError } from './start-error.ts';

export const START_OK_NAME = `${SNAPSHOT_NAME}.startok`;
const PAUSE_MS = 1;

export interface LastKnownGoodOptions {
  readonly configFolder: string;
  readonly configuration: Configuration;
  /** The last change that is in it. */
  readonly number: number;
  readonly now: () => Date;
  readonly log: Log;
  readonly values: StoredValues;
}

/** Keeps the configuration as it is now, in the background; gives how to wait for the end of that, which then is near. */
export function keepAsLastKnownGood(options: LastKnownGoodOptions): () => Promise<void> {
  const { configFolder, configuration, number, now, log, values } = options;
  let isHurried = false;
  const write = async () => {
    if (await isKept(configFolder, number)) return;
    const pause = () => (isHurried ? setImmediate() : setTimeout(PAUSE_MS));
    const entries = configuration.tree.allEntries();
    const snapshot = { entries, number, at: now(), pause, values };
    await writeSnapshot(nodeFileSystem, configFolder, snapshot, START_OK_NAME);
  };
  const written = write().catch((error: unknown) =>
    log.warn({ err: error }, 'the configuration of this start could not be kept for --last-known-good'),
  );
  return () => {
    isHurried = true;
    return written;
  };
}

/** Resolves to true if the file goes through this change and is as it was written. */
async function isKept(configFolder: string, number: number): Promise<boolean> {
  if ((await readSnapshotNumber(nodeFileSystem, configFolder, START_OK_NAME)) !== number) return false;
  return isSnapshotAsWritten(nodeFileSystem, configFolder, START_OK_NAME);
}

/** Resolves to true if config.ldif is missing or unusable, while an archived one could replace it. */
export async function isReplaceable(configFolder: string, values: StoredValues): Promise<boolean> {
  const archives = await listArchives(nodeFileSystem, join(configFolder, ARCHIVE_FOLDER)).catch(() => []);
  const found = await readUncutSnapshot(nodeFileSystem, configFolder, values).catch(() => undefined);
  return found === undefined && archives.length > 0;
}

/**
 * A config.ldif that cannot be read is kept aside, and the one that was archived takes its place: otherwise there would be
 * no way back for whoever has a slip in the file. Throws FileError, also where a server is running.
 */
export async function replaceUnreadable(
  configFolder: string,
  now: Date,
  log: Pick<Log, 'warn'>,
  values: StoredValues,
): Promise<void> {
  if (!(await isReplaceable(configFolder, values))) return;
  const lock = await lockFolder(configFolder);
  try {
    const { problems } = await checkStore(nodeFileSystem, configFolder, values);
    const repairs = problems.flatMap(({ repair }) => (repair?.type === 'restoreSnapshot' ? [repair] : []));
    const options = { fileSystem: nodeFileSystem, folder: configFolder, now };
    const aside = await repairStore(repairs, options);
    if (repairs.length > 0)
      log.warn({ aside }, `${SNAPSHOT_NAME} could not be read; the archived one takes its place`);
  } finally {
    await lock.release();
  }
}

/** Mail servers that cannot be used rest, and accounts are only looked up: neither keeps a server from starting. */
const NEVER_FAILS = /,cn=(?:Mail Servers|Alert Handlers|Root DNs),cn=config$/i;

export interface HintOptions {
  readonly configFolder: string;
  readonly choice: InstanceChoice;
  /** Those of this start. */
  readonly schema: Schema;
  readonly sources: Sources;
  readonly values: StoredValues;
  /** Configuration that could not be served; undefined if the configuration itself is invalid. */
  readonly failed?: Configuration;
}

/**
 * Returns the error that keeps a start from being good, with what to do at its end where going back to the configuration of
 * the last good start would help: it is another one, and fits the schema and the sources of today.
 */
export async function withHint(error: unknown, options: HintOptions): Promise<unknown> {
  const { configFolder, choice } = options;
  const isKnown = error instanceof StartError || error instanceof FileError || error instanceof LdapError;
  if (!isKnown || choice.isLastKnownGood === true) return error;
  const good = await readGood(options);
  if (good === undefined || isAsBefore(error.message, good, options)) return error;
  const path = join(configFolder, START_OK_NAME);
  const hint = `To go back to the configuration of the last good start (${path}): confdit start --last-known-good`;
  return new StartError(`${error.message}\n${hint}`, { cause: error });
}

/** The entries of the last good start, if a server could start with them today. */
async function readGood({
  configFolder,
  schema,
  sources,
  values,
}: HintOptions): Promise<readonly Entry[] | undefined> {
  try {
    if (!(await isSnapshotAsWritten(nodeFileSystem, configFolder, START_OK_NAME))) return undefined;
    const found = await readSnapshot(nodeFileSystem, configFolder, values, START_OK_NAME);
    if (found === undefined) return undefined;
    const { entries } = found;
    const configuration = new Configuration({
      schema,
      validator: new PropertyValidator({ schema, sources }),
    });
    await loadConfiguration(configuration, { entries, checked: undefined, commits: [] }, new Date(), false);
    return entries;
  } catch {
    // Whatever is wrong with it, it is no way out.
    return undefined;
  }
}

/** Returns true if going back would change nothing of what failed: of the entries that the error names, or of any. */
function isAsBefore(message: string, good: readonly Entry[], { failed }: HintOptions): boolean {
  if (failed === undefined) return false;
  const { schema, tree } = failed;
  const isSame = (entry: Entry) => {
    const now = tree.find(schema.dnKey(entry.dn));
    return now !== undefined && formatEntry(now) === formatEntry(entry);
  };
  const named = good.filter(({ dn }) => message.includes(dn.toString()));
  if (named.length > 0) return named.every(isSame);
  const mayFail = ({ dn }: Entry) => !NEVER_FAILS.test(dn.toString());
  const doubtful = good.filter(mayFail);
  return doubtful.length === [...tree.entries()].filter(mayFail).length && doubtful.every(isSame);
}
