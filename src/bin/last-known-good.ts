// config.ldif.startok: the configuration that a server last became ready with, for the day on which it does not.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate, setTimeout } from 'node:timers/promises';
import type { Configuration } from '../backend/configuration.ts';
import type { Log } from '../server/access-log.ts';
import { nodeFileSystem } from '../store/file-system.ts';
import { readSnapshotNumber, SNAPSHOT_NAME, writeSnapshot } from '../store/snapshot.ts';

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
    if ((await readSnapshotNumber(nodeFileSystem, configFolder, START_OK_NAME)) === number) return;
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

/** What to do when a start fails that another one before did not; undefined when there was none. */
export function hintOfLastKnownGood(configFolder: string): string | undefined {
  const path = join(configFolder, START_OK_NAME);
  if (!existsSync(path)) return undefined;
  return `To go back to the configuration of the last good start (${path}): confdit start --last-known-good`;
}
