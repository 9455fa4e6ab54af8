// Write paths on one log in memory, for tests of several servers.

import type { CommitChanges } from '../../../src/backend/change-feed.ts';
import { ClusterKeys } from '../../../src/cluster/cluster-keys.ts';
import { ClusterStore } from '../../../src/cluster/cluster-store.ts';
import { LogRecords } from '../../../src/cluster/log-records.ts';
import { SharedSnapshots } from '../../../src/cluster/shared-snapshots.ts';
import { WritePath } from '../../../src/configuration/write/write-path.ts';
import type { Change } from '../../../src/ldap/change.ts';
import { Dn } from '../../../src/ldap/dn.ts';
import { Attribute, Entry } from '../../../src/ldap/entry.ts';
import { MemoryStore } from '../../../src/memory/memory-store.ts';
import { Runtime } from '../../../src/runtime/runtime.ts';
import { masterKeyOf } from '../../../src/store/encryption/data-keys.ts';
import { VALUES_AS_STORED } from '../../../src/store/encryption/stored-values.ts';
import type { Commit } from '../../../src/store/store.ts';
import type { Timer } from '../../../src/time/deadline.ts';
import { peopleTree, SUFFIX } from '../../directory/people.ts';
import { until } from '../until.ts';
import { type Failure, MemoryLog, SharedLog } from './memory-log.ts';

export const HISTORY = '7d3ea4ac-33a8-4d5a-8d7d-64dc5e0b9f4b';
const KEYS = new ClusterKeys(masterKeyOf(Buffer.alloc(32, 7)), HISTORY);
export const RECORDS = new LogRecords(KEYS, VALUES_AS_STORED);
export const CODE = KEYS.firstCode(0);

export function newLog(): SharedLog {
  const shared = new SharedLog();
  shared.begin({ number: 0, historyId: HISTORY, code: CODE, seal: '', pieces: [] });
  return shared;
}

/** A local copy that says what it has. */
export class Copy extends MemoryStore {
  readonly commits: Commit[] = [];

  override append(commits: readonly Commit[]): Promise<void> {
    this.commits.push(...commits);
    return super.append(commits);
  }
}

/** What differs from a server that begins with the log, and follows it at once. */
interface Opening {
  readonly failures?: Iterable<Failure>;
  /** Code of the last commit of the local copy; undefined: it is to be learned. */
  readonly code?: string | undefined;
  readonly lastId?: () => string | undefined;
  readonly local?: Copy;
  /** Ends the wait of a batch for more requests. */
  readonly timer?: Timer;
  /** Called before the log is followed. */
  readonly before?: (log: MemoryLog) => void;
}

/** No test waits for more requests, unless it asks for that. */
const inNextTurn: Timer = (_, run) => {
  const immediate = setImmediate(run);
  return () => clearImmediate(immediate);
};

export function open(shared: SharedLog, opening: Opening = {}) {
  const { failures = [], local = new Copy(), lastId } = opening;
  const entries = peopleTree();
  const stopped: string[] = [];
  const notFollowed: string[] = [];
  const copyFailed: string[] = [];
  const full: string[] = [];
  const log = new MemoryLog(shared, failures);
  const reports = {
    notInForce: () => {},
    notFollowed: (one: string) => void notFollowed.push(one),
    stopped: (one: string) => void stopped.push(one),
    copyFailed: (one: string) => void copyFailed.push(one),
    notShared: () => {},
    full: (one: string) => void full.push(one),
  };
  const snapshots = new SharedSnapshots({
    log,
    historyId: HISTORY,
    keys: KEYS,
    values: VALUES_AS_STORED,
    failed: () => {},
  });
  const code = 'code' in opening ? opening.code : CODE;
  const given = { code, historyId: HISTORY, ...(lastId === undefined ? {} : { lastId }) };
  const store = new ClusterStore({ log, records: RECORDS, local, ...given, reports, snapshots });
  const means = { store, foreign: store, now: () => new Date(0), log: { warn: () => {} } };
  const { timer = inNextTurn } = opening;
  const writePath = new WritePath({ target: entries, runtime: new Runtime([]), timer, ...means });
  const told: number[] = [];
  /** Those that this server took itself. */
  const own: number[] = [];
  const committed = ({ number, isForeign }: CommitChanges) => {
    told.push(number);
    if (isForeign === false) own.push(number);
  };
  writePath.feed.listen({ committed, failed: () => {} });
  opening.before?.(log);
  store.follow(() => writePath.follow());
  return { entries, writePath, store, log, local, told, own, stopped, notFollowed, copyFailed, full };
}

export type Server = ReturnType<typeof open>;

export function dnOf(name: string): Dn {
  return Dn.parse(`ou=${name},${SUFFIX}`);
}

export function add(name: string): Change {
  return { type: 'add', entry: Entry.of(dnOf(name), { objectClass: ['organizationalUnit'], ou: name }) };
}

export function describeAs(name: string, text: string): Change {
  const attribute = new Attribute('description', [text]);
  return { type: 'modify', dn: dnOf(name), modifications: [{ operation: 'replace', attribute }] };
}

export async function allCaughtUp(servers: readonly Server[], shared: SharedLog): Promise<void> {
  const isThere = ({ writePath }: Server) => writePath.feed.number === shared.head?.number;
  await until(() => servers.every((one) => isThere(one) && one.writePath.waitingCount === 0));
}
