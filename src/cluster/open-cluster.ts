// A server that joins the others: its store over the log of the cluster, and how it catches up before it serves.

import { messageOf } from '../files/file-error.ts';
import type { FileReader } from '../files/file-reader.ts';
import type { DataKeys, MasterKey } from '../store/encryption/data-keys.ts';
import type { StoredValues } from '../store/encryption/stored-values.ts';
import type { Store } from '../store/store.ts';
import { StoreError } from '../store/store-error.ts';
import { Deadline, livingTimer } from '../time/deadline.ts';
import { ClusterKeys } from './cluster-keys.ts';
import { LogError } from './cluster-log.ts';
import { clusterSettings, openLog } from './cluster-settings.ts';
import { type ClusterReports, ClusterStore } from './cluster-store.ts';
import { LogRecords } from './log-records.ts';
import type { MemberReports } from './members.ts';
import { openSession, type Session } from './open-session.ts';
import { SharedSnapshots } from './shared-snapshots.ts';

export interface ClusterParts {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly historyId: string;
  /** Identifier of this server. */
  readonly serverId: string;
  readonly lastId: () => string | undefined;
  readonly local: Store;
  /** Reads the files of TLS and login. */
  readonly files: FileReader;
  readonly now: () => Date;
  /** Returns milliseconds of a clock that never goes back. */
  readonly elapsed: () => number;
  readonly master: MasterKey;
  /** Returns what encrypts with these keys. */
  readonly valuesOf: (keys: DataKeys) => StoredValues;
  readonly reports: ClusterReports & MemberReports;
}

export interface OpenCluster {
  readonly store: ClusterStore;
  readonly session: Session;
  /**
   * Makes what the log has by now. Resolves to a sentence if that cannot be done: the server then serves what its copy has, and
   * refuses changes.
   */
  catchUp(tell: () => Promise<void>): Promise<string | undefined>;
  /** Sentences about what does not work for now; reads go on. */
  problems(): readonly string[];
  close(): Promise<void>;
}

/** How long a start waits for etcd, in milliseconds. */
const CATCH_UP_MS = 10_000;
const PAUSE_MS = 200;

/** Opens the log of the cluster. Throws StoreError for settings that are missing or wrong. */
export function openCluster(parts: ClusterParts): OpenCluster {
  const { environment, historyId, lastId, local, master, valuesOf, reports, files } = parts;
  const log = openLog(environment, { files, now: () => parts.now().getTime() });
  const keys = new ClusterKeys(master, historyId);
  const values = valuesOf(keys.data);
  const records = new LogRecords(keys, values);
  const snapshots = new SharedSnapshots({ log, historyId, keys, values, failed: reports.notShared });
  const store = new ClusterStore({ log, records, local, historyId, lastId, reports, snapshots });
  const session = openSession({ ...parts, settings: clusterSettings(environment), codes: keys });
  return {
    store,
    session,
    catchUp: (tell) => caughtUp(store, tell),
    problems: () => {
      const { isConnected, since, why } = log.state;
      if (isConnected) return [];
      const at = new Date(since).toISOString();
      return [`Changes are refused since ${at}, and changes of other servers are not seen: ${why}`];
    },
    close: async () => {
      try {
        await session.close();
      } finally {
        await store.close();
      }
    },
  };
}

/**
 * Tries until this server has what the log has. Resolves to the reason if nothing has come for the time; however much there is to
 * make, it is made before the server serves.
 */
async function caughtUp(store: ClusterStore, tell: () => Promise<void>): Promise<string | undefined> {
  let why = `etcd has not answered within ${CATCH_UP_MS / 1000} seconds.`;
  let isOver = false;
  /** Resolves to the reason why this server follows the log no further; undefined if it has all of it. */
  const trying = async (): Promise<string | undefined> => {
    while (!isOver) {
      try {
        await store.catchUp(tell);
        return undefined;
      } catch (error) {
        why = messageOf(error);
        if (error instanceof StoreError) return why;
        if (!(error instanceof LogError)) throw error;
      }
      await after(PAUSE_MS).passed;
    }
    return why;
  };
  const done = trying().then((reason) => ({ reason }));
  for (let number = -1; number !== store.lastNumber; ) {
    number = store.lastNumber;
    const silence = after(CATCH_UP_MS);
    const first = await Promise.race([done, silence.passed]).finally(() => silence.close());
    if (first !== undefined) return first.reason;
  }
  isOver = true;
  done.catch(() => undefined);
  return why;
}

function after(ms: number) {
  const { promise: passed, resolve } = Promise.withResolvers<void>();
  const deadline = new Deadline(ms, resolve, livingTimer);
  deadline.begin();
  return { passed, close: () => deadline.close() };
}
