// A further log of the cluster, below its prefix, with a store over it: the same as for the configuration, with another history and so
// with other keys.

import type { Entry } from '../ldap/entry.ts';
import type { DataKeys, MasterKey } from '../store/encryption/data-keys.ts';
import type { StoredValues } from '../store/encryption/stored-values.ts';
import type { Store } from '../store/store.ts';
import { ClusterKeys } from './cluster-keys.ts';
import { type ClusterLog, LogError } from './cluster-log.ts';
import { type ClusterReports, ClusterStore } from './cluster-store.ts';
import { LogRecords } from './log-records.ts';
import { SharedSnapshots } from './shared-snapshots.ts';
import { formatLogSnapshot, readLogSnapshot } from './snapshot-text.ts';

export interface SharedStoreParts {
  readonly log: ClusterLog;
  readonly historyId: string;
  readonly master: MasterKey;
  /** Returns what encrypts with these keys. */
  readonly valuesOf: (keys: DataKeys) => StoredValues;
  readonly reports: ClusterReports;
}

/** Beginning of a new copy of the log. */
export interface SharedBeginning {
  readonly entries: readonly Entry[];
  readonly number: number;
}

export class SharedStores {
  readonly #parts: SharedStoreParts;
  readonly #keys: ClusterKeys;
  readonly #values: StoredValues;

  constructor(parts: SharedStoreParts) {
    this.#parts = parts;
    this.#keys = new ClusterKeys(parts.master, parts.historyId);
    this.#values = parts.valuesOf(this.#keys.data);
  }

  /** Begins the log if nobody has yet. Returns the entries that its newest snapshot has. Throws LogError and StoreError. */
  async begin(): Promise<SharedBeginning> {
    const { log, historyId } = this.#parts;
    const snapshot = await log.readSnapshot();
    if (snapshot !== undefined)
      return { entries: readLogSnapshot(snapshot, this.#keys, this.#values), number: snapshot.number };
    const beginning = { number: 0, historyId, code: this.#keys.firstCode(0), entries: [] };
    try {
      await log.create(formatLogSnapshot(beginning, this.#keys, this.#values));
    } catch (error) {
      // Another server was first.
      if (!(error instanceof LogError && error.problem === 'refused')) throw error;
      return this.begin();
    }
    return beginning;
  }

  /** Opens the store whose copy is local. */
  open(local: Store): ClusterStore {
    const { log, historyId, reports } = this.#parts;
    const [keys, values] = [this.#keys, this.#values];
    const records = new LogRecords(keys, values);
    const snapshots = new SharedSnapshots({ log, historyId, keys, values, failed: reports.notShared });
    return new ClusterStore({ log, records, local, historyId, reports, snapshots });
  }
}
