// The last commit in the files of an instance.

import { join } from 'node:path';
import { nodeFileSystem } from '../../files/file-system.ts';
import type { StoredValues } from '../../store/encryption/stored-values.ts';
import { HistoryReader } from '../../store/history-reader.ts';
import { JOURNAL_FOLDER } from '../../store/journal.ts';
import { readSnapshotNumber, SNAPSHOT_NAME } from '../../store/snapshot.ts';

/** Resolves to the number of the last commit; 0 if there is none. Rejects with StoreError. */
export async function lastNumberIn(configFolder: string, values: StoredValues): Promise<number> {
  const { lastNumber } = historyOf(configFolder, values);
  return Math.max(lastNumber, (await readSnapshotNumber(nodeFileSystem, configFolder, SNAPSHOT_NAME)) ?? 0);
}

/** Returns the id of the commit with a number; undefined if the journal does not have it. Throws StoreError. */
export function idOfCommit(configFolder: string, values: StoredValues, number: number): string | undefined {
  const history = historyOf(configFolder, values);
  if (number < (history.firstNumber ?? Number.POSITIVE_INFINITY)) return undefined;
  for (const commit of history.commits(number, number)) if (commit !== undefined) return commit.id;
  return undefined;
}

function historyOf(configFolder: string, values: StoredValues): HistoryReader {
  return new HistoryReader(join(configFolder, JOURNAL_FOLDER), values);
}
