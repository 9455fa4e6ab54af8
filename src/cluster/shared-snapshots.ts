// Snapshots for the log of a cluster, so that it does not grow for ever: whichever server writes a snapshot of its own shares it,
// unless another has shared one since its last. Then the log drops old records, and keeps enough of them for servers that
// were away. Servers that share at once do no harm: the log takes the higher snapshot.

import { setImmediate } from 'node:timers/promises';
import { messageOf } from '../files/file-error.ts';
import type { Entry } from '../ldap/entry.ts';
import type { StoredValues } from '../store/encryption/stored-values.ts';
import type { ClusterKeys } from './cluster-keys.ts';
import { type ClusterLog, LogError } from './cluster-log.ts';
import { snapshotPieces } from './snapshot-text.ts';

export interface SharedSnapshotsOptions {
  readonly log: ClusterLog;
  readonly historyId: string;
  readonly keys: ClusterKeys;
  readonly values: StoredValues;
  /** A snapshot could not be shared; the sentence says why. */
  readonly failed: (sentence: string) => void;
  /** Number of records before a snapshot that the log keeps. */
  readonly kept?: number;
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

/** A server that was away for longer than this many changes is made again from the cluster. */
const KEPT = 10_000;

export class SharedSnapshots {
  readonly #options: SharedSnapshotsOptions;

  constructor(options: SharedSnapshotsOptions) {
    this.#options = options;
  }

  /** Shares a snapshot if it is time to. Never rejects for what the log cannot do: the next snapshot tries again. */
  async share(shared: SharedEntries): Promise<void> {
    try {
      await this.#share(shared);
    } catch (error) {
      if (!(error instanceof LogError)) throw error;
      if (error.problem === 'closed') return;
      this.#options.failed(
        `The snapshot of change ${shared.number} could not be shared with the cluster: ${messageOf(error)}`,
      );
    }
  }

  async #share({ entries, number, code, before }: SharedEntries): Promise<void> {
    const { log, historyId, keys, values, kept = KEPT } = this.#options;
    const last = await log.snapshotNumber();
    if (last === undefined || last > before || last >= number) return;
    const known = code ?? (await log.read(number, 1))[0]?.code;
    if (known === undefined) return;
    const pieces: string[] = [];
    for (const piece of snapshotPieces(entries, values)) {
      pieces.push(piece);
      await setImmediate();
    }
    // First: an etcd without space refuses the new snapshot, and takes deletions.
    const old = Math.min(number + 1 - kept, last + 1);
    if (old > 1) await log.trim(old);
    const seal = keys.sealOf(number, known, pieces);
    await log.writeSnapshot({ number, historyId, code: known, seal, pieces });
    if (number + 1 - kept > 1) await log.trim(number + 1 - kept);
  }
}
