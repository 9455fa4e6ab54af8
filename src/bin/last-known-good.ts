// config.ldif.startok: the configuration that a server last became ready with, for the day on which it does not.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { Configuration } from '../backend/configuration.ts';
import { FileError } from '../files/file-error.ts';
import { nodeFileSystem } from '../files/file-system.ts';
import { lockFolder } from '../files/folder-lock.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { Log } from '../server/access-log.ts';
import { ARCHIVE_FOLDER, listArchives } from '../store/archive.ts';
import { readUncutSnapshot } from '../store/edited-snapshot.ts';
import { isSnapshotAsWritten, readSnapshotNumber, SNAPSHOT_NAME, writeSnapshot } from '../store/snapshot.ts';
import { checkStore } from '../store/store-check.ts';
import { repairStore } from '../store/store-repair.ts';
import type { InstanceChoice } from './commands/instance-options.ts';
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
}

/** Keeps the configuration as it is now, in the background; gives how to wait for the end of that, which then is near. */
export function keepAsLastKnownGood(options: LastKnownGoodOptions): () => Promise<void> {
  const { configFolder, configuration, number, now, log } = options;
  let isHurried = false;
  const write = async () => {
    if (await isKept(configFolder, number)) return;
    const pause = () => (isHurried ? setImmediate() : setTimeout(PAUSE_MS));
    const entries = configuration.tree.allEntries();
    await writeSnapshot(nodeFileSystem, configFolder, { entries, number, at: now(), pause }, START_OK_NAME);
  };
  const written = write().catch((error: unknown) =>
    log.warn({ err: error }, 'the configuration of this start could not be kept for --last-known-good'),
  );
  return () => {
    isHurried = true;
    return written;
  };
}

/** Whether the file goes through this change and is as it was written. */
async function isKept(configFolder: string, number: number): Promise<boolean> {
  if ((await readSnapshotNumber(nodeFileSystem, configFolder, START_OK_NAME)) !== number) return false;
  return isSnapshotAsWritten(nodeFileSystem, configFolder, START_OK_NAME);
}

/** Whether config.ldif is gone or cannot be begun with, while an archived one could be. */
export async function isReplaceable(configFolder: string): Promise<boolean> {
  const archives = await listArchives(nodeFileSystem, join(configFolder, ARCHIVE_FOLDER)).catch(() => []);
  const found = await readUncutSnapshot(nodeFileSystem, configFolder).catch(() => undefined);
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
): Promise<void> {
  if (!(await isReplaceable(configFolder))) return;
  const lock = await lockFolder(configFolder);
  try {
    const { problems } = await checkStore(nodeFileSystem, configFolder);
    const repairs = problems.flatMap(({ repair }) => (repair?.type === 'restoreSnapshot' ? [repair] : []));
    const options = { fileSystem: nodeFileSystem, folder: configFolder, now };
    const aside = await repairStore(repairs, options);
    if (repairs.length > 0)
      log.warn({ aside }, `${SNAPSHOT_NAME} could not be read; the archived one takes its place`);
  } finally {
    await lock.release();
  }
}

/** What to do, at the end of what keeps a start from being good that another one before was; else the error as it is. */
export function withHint(error: unknown, configFolder: string, { isLastKnownGood }: InstanceChoice): unknown {
  const path = join(configFolder, START_OK_NAME);
  const isKnown = error instanceof StartError || error instanceof FileError || error instanceof LdapError;
  if (!isKnown || isLastKnownGood === true || !existsSync(path)) return error;
  const hint = `To go back to the configuration of the last good start (${path}): confdit start --last-known-good`;
  return new StartError(`${error.message}\n${hint}`, { cause: error });
}
