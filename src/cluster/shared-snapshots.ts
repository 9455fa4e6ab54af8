// Snapshots for the log of a cluster, so that it does not grow for ever: whichever server writes a snapshot of its own shares it,
// unless another has shared one since its last. Then the log drops old records, and keeps enough of them for servers that
// were away. Servers that share at once do no harm: the log takes the higher snapshot.

import { setImmediate } from 'node:timers/promises';
import { messageOf } from '../files/file-error.ts';
import type { Entry } from '../ldap/entry.ts';
import type { StoredValues } from '../store/encryption/stored-values.ts';
import type { ClusterKeys } from './cluster-keys.ts';
import { type ClusterLog, LogError } from './cluster-log.ts';
import { KeptRecords } from './kept-records.ts';
import { snapshotPieces } from './snapshot-text.ts';

export interface SharedSnapshotsOptions {
  readonly log: ClusterLog;
  readonly historyId: string;
  readonly keys: ClusterKeys;
  readonly values: StoredValues;
  /** A snapshot could not be shared, or space could not be made; the sentence says why. */
  readonly failed: (sentence: string) => void;
  /** Number of records before a snapshot that the log keeps. */
  readonly kept?: number;
  /** Octets of records before a snapshot that the log keeps. */
  readonly keptOctets?: number;
}

export interface SharedEntries {
  /** All entries after the commit `number`. */
  readonly entries: readonly Entry[];
  readonly number: number;
  /** Code of the record with this number, if it is known. */
  readonly code: string | undefined;
  /** Number of the last snapshot that this server wrote. */
  readonly before: number;
}

/** A server that was away for longer than this many changes, or for more than this many octets of them, is made again. */
const KEPT = 10_000;
const KEPT_OCTETS = 64 * 1024 * 1024;
/** Part of the quota of the service that records may take. */
const QUOTA_SHARE = 1 / 8;

export class SharedSnapshots {
  readonly #options: SharedSnapshotsOptions;
  readonly #records: KeptRecords;

  constructor(options: SharedSnapshotsOptions) {
    this.#options = options;
    this.#records = new KeptRecords(options.log);
  }

  /** Shares a snapshot if it is time to. Never rejects for what the log cannot do: the next snapshot tries again. */
  async share(shared: SharedEntries): Promise<void> {
    await this.#reporting(
      () => this.#share(shared),
      `The snapshot of change ${shared.number} could not be shared with the cluster`,
    );
  }

  /**
   * Deletes all records that the newest snapshot has, for a service without space: it takes deletions still. Resolves to a
   * sentence for the administrator; undefined if it could not be done, which is reported.
   */
  async makeSpace(): Promise<string | undefined> {
    const { log } = this.#options;
    let sentence: string | undefined;
    await this.#reporting(async () => {
      const last = await log.snapshotNumber();
      if (last === undefined) return;
      await log.trim(last + 1);
      sentence =
        `etcd has no space for changes. The changes up to ${last} were deleted from it and compacted; a server that does not ` +
        'have them is to be made again with confdit cluster join. Run "etcdctl defrag --cluster", and then "etcdctl alarm disarm".';
    }, 'Space in etcd could not be made');
    return sentence;
  }

  async #reporting(work: () => Promise<void>, what: string): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof LogError)) throw error;
      if (error.problem !== 'closed') this.#options.failed(`${what}: ${messageOf(error)}`);
    }
  }

  async #share({ entries, number, code, before }: SharedEntries): Promise<void> {
    const { log, historyId, keys, values } = this.#options;
    const last = await log.snapshotNumber();
    if (last === undefined || last > before || last >= number) return;
    const known = code ?? (await log.read(number, 1))[0]?.code;
    if (known === undefined) return;
    const first = await this.#firstKept(number);
    const pieces: string[] = [];
    for (const piece of snapshotPieces(entries, values)) {
      pieces.push(piece);
      await setImmediate();
    }
    // First: an etcd without space refuses the new snapshot, and takes deletions.
    await log.trim(Math.min(first, last + 1));
    const seal = keys.sealOf(number, known, pieces);
    await log.writeSnapshot({ number, historyId, code: known, seal, pieces });
    // Also where no record is deleted: the snapshot before takes space until it is compacted.
    await log.trim(first);
  }

  /** Resolves to the number of the first record that the log keeps when its snapshot is that of `number`. */
  async #firstKept(number: number): Promise<number> {
    const { log, kept = KEPT, keptOctets = KEPT_OCTETS } = this.#options;
    const quota = await log.quota();
    const octets = quota === undefined ? keptOctets : Math.min(keptOctets, quota * QUOTA_SHARE);
    return this.#records.firstOf(number, { count: kept, octets });
  }
}
