// The past of the configuration: where it is read, who may look at it, and how much of it is kept.

import { join } from 'node:path';
import type { Configuration } from '../configuration/configuration.ts';
import type { WritePath } from '../configuration/write/write-path.ts';
import { nodeFileSystem } from '../files/file-system.ts';
import { ChangelogRetention } from '../history/changelog-retention.ts';
import { ConfigurationHistory } from '../history/configuration-history.ts';
import { HistoryService } from '../history/history-service.ts';
import type { Schema } from '../schema/schema.ts';
import { ARCHIVE_FOLDER } from '../store/archive.ts';
import type { StoredValues } from '../store/encryption/stored-values.ts';
import { JOURNAL_FOLDER } from '../store/journal.ts';
import type { LdifStore } from '../store/ldif-store.ts';

export interface HistoryOptions {
  readonly configuration: Configuration;
  readonly writePath: WritePath;
  readonly store: LdifStore;
  /** The folder of config.ldif. */
  readonly configFolder: string;
  readonly values: StoredValues;
}

export interface OpenHistory {
  readonly history: ConfigurationHistory;
  readonly firstNumber: () => number;
  readonly service: HistoryService;
  readonly retention: ChangelogRetention;
}

/** Opens the history of an instance: the changelog, differences and rollback. */
export function openHistory(options: HistoryOptions): OpenHistory {
  const { configuration, writePath, store, configFolder, values } = options;
  const history = historyIn(configFolder, configuration.schema, values);
  return {
    history,
    firstNumber: () => store.firstNumber,
    service: new HistoryService({ configuration, history, writePath }),
    retention: new ChangelogRetention(store),
  };
}

/** The past as the files of a folder tell it, whether a server uses them or not. */
export function historyIn(configFolder: string, schema: Schema, values: StoredValues): ConfigurationHistory {
  return new ConfigurationHistory({
    schema,
    values,
    fileSystem: nodeFileSystem,
    journalFolder: join(configFolder, JOURNAL_FOLDER),
    archiveFolder: join(configFolder, ARCHIVE_FOLDER),
  });
}
