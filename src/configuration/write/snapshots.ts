// When the snapshot is written: when the journal has grown enough, and never twice at once. After one that could not be
// written there is a pause, which grows: with a full disk each change would try again.

import type { Tree } from '../../directory/tree.ts';
import type { Log } from '../../files/log.ts';
import { type PauseLimits, pauseAfter } from '../../mail/pauses.ts';
import type { Store } from '../../store/store.ts';
import type { WriteTarget } from './write-target.ts';

/** A server that ends leaves a snapshot rather than so much journal: its next start is quicker by what it need not replay. */
const AT_END_OCTETS_MIN = 512 * 1024;
/** A snapshot is due when replaying the journal would mean to read so much, and more than the entries themselves. */
const OCTETS_MIN = 4 * 1024 * 1024;
const OCTETS_PER_ENTRY = 512;
const PAUSES: PauseLimits = { firstMs: 10_000, longestMs: 600_000 };

export interface SnapshotsOptions {
  readonly target: Pick<WriteTarget, 'checkedBy'> & { readonly tree: Pick<Tree, 'size' | 'allEntries'> };
  readonly store: Pick<Store, 'bytesSinceSnapshot' | 'failure' | 'snapshot'>;
  readonly now: () => Date;
  readonly log: Pick<Log, 'warn'>;
  /** The number of the last commit that readers see. */
  readonly shownNumber: () => number;
}

export class Snapshots {
  readonly #options: SnapshotsOptions;
  #underWay = 0;
  /** In a row. */
  #failures = 0;
  #failedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: SnapshotsOptions) {
    this.#options = options;
  }

  /** Begins to write one when it is due; called after every commit. */
  writeIfDue(): void {
    const { store, target, now } = this.#options;
    const due = Math.max(OCTETS_MIN, target.tree.size * OCTETS_PER_ENTRY);
    if (store.bytesSinceSnapshot < due) return;
    const sinceFailureMs = now().getTime() - this.#failedAtMs;
    const isPausing = sinceFailureMs < pauseAfter(this.#failures, PAUSES);
    // A clock that was put back makes nobody wait longer.
    if (!isPausing || sinceFailureMs < 0) this.#writeInBackground();
  }

  /** Begins to write one at the end of the server; the store, when it is closed, waits for it. */
  writeAtEnd(): void {
    const { store } = this.#options;
    if (store.failure === undefined && store.bytesSinceSnapshot >= AT_END_OCTETS_MIN)
      this.#writeInBackground();
  }

  /** Writes what readers see now; resolves when it is on disk, and rejects with what the store throws. */
  async write(): Promise<void> {
    const { store, target, shownNumber, now } = this.#options;
    this.#underWay += 1;
    try {
      await store.snapshot(target.tree.allEntries(), shownNumber(), target.checkedBy);
      this.#failures = 0;
      this.#failedAtMs = Number.NEGATIVE_INFINITY;
    } catch (error) {
      this.#failures += 1;
      this.#failedAtMs = now().getTime();
      throw error;
    } finally {
      this.#underWay -= 1;
    }
  }

  #writeInBackground(): void {
    if (this.#underWay > 0) return;
    this.write().catch((error: unknown) => {
      this.#options.log.warn(
        { err: error },
        'the snapshot could not be written; the journal goes on growing',
      );
    });
  }
}
