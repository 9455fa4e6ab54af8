// The Store contract: what every store promises, whatever it writes to. test/store/store-conformance.ts holds a store
// to it. A store keeps entries and changes; it knows nothing of the schema, and applies no change to an entry.
//
// Order: commits have one order, that of their numbers. What an open gives is always all commits up to some number,
// without a gap, and that number is never lower than the last one acknowledged before.
//
// Acknowledged is what `append` has resolved for. What was under way when the process ended is there as a whole batch
// or not at all; nobody was told of it. What was refused is never there.
//
// Watchers hear of a commit after its append has resolved and readers see it, once, in the order of the numbers, and
// all changes of one commit together. So nobody ever hears of a commit that a later open does not have.

import type { Change } from '../ldap/change.ts';
import type { Entry } from '../ldap/entry.ts';

/** What becomes durable as one: a number, who and when, and changes of which all are there or none. */
export interface Commit {
  /** The first commit of a store has number 1, every other the number of the one before plus 1. */
  readonly number: number;
  /** Kept to the millisecond. */
  readonly at: Date;
  /** The DN of who asked for it, as text. */
  readonly by: string;
  /** A UUID (RFC 9562); of a commit that adds an entry it becomes the entryUUID. */
  readonly id: string;
  readonly changes: readonly Change[];
}

export interface Store {
  /**
   * Makes the commits durable, in their order, with one write for all.
   *
   * Resolves when all are where a power cut cannot take them. Rejects with StoreError when that cannot be had: then
   * none of them is replayed by a later open, and the next append may use their numbers again. Whoever applies a
   * commit to what readers see does so after this has resolved, so that nothing is seen that could still be lost.
   *
   * A full disk is no such failure as the next paragraph tells of: what was written in part is taken back, the
   * commits are refused, and the next append is tried like any other. When there is space again it succeeds.
   *
   * After a failure that leaves it unknown what the disk holds, such as a failed sync, the store is final
   * (`failure` is set, `isFinal` of the error): it takes no commit any more until it is opened again. It then has
   * done what it can to take the refused commits back; only a disk that failed to do that too may bring them back.
   *
   * The numbers must continue from the last commit; a batch is stored as a whole or not at all, also through a
   * crash. Calls that overlap are done one after the other.
   */
  append(commits: readonly Commit[]): Promise<void>;

  /**
   * Makes `entries`, the state after commit `throughNumber`, what the next open starts from. Goes on in the
   * background while commits are appended, in slices short enough not to be felt; the entries are never changed
   * meanwhile. Rejects with StoreError when it cannot be written; then the one before stays in force and no commit
   * is lost. One at a time. `checkedBy` comes back with the entries, see StoreContents.checked.
   */
  snapshot(entries: readonly Entry[], throughNumber: number, checkedBy?: string): Promise<void>;

  /** The number of the last commit that is durable; 0 before the first. */
  readonly lastNumber: number;
  /** How many commits an open would replay. */
  readonly commitsSinceSnapshot: number;
  /** How many octets an open would read to replay them. */
  readonly bytesSinceSnapshot: number;
  /** Why the store takes no commits any more; undefined while it does. */
  readonly failure: StoreFailure | undefined;

  /** Waits for what is under way, then gives the place free for another server. */
  close(): Promise<void>;
}

/** The part of StoreError that monitoring shows. */
export interface StoreFailure {
  readonly message: string;
}

/** Entries that were checked before they were stored, and that nobody has changed since. */
export interface CheckedEntries {
  /** What has checked them, as it was given with the snapshot: 32 hexadecimal digits. */
  readonly checkedBy: string;
  /** Those whose values may have one of these texts in them. */
  entriesWith(texts: readonly string[]): Iterable<Entry>;
}

/** What a store gives when it is opened. */
export interface StoreContents {
  /** The state of the last snapshot. */
  readonly entries: readonly Entry[];
  /** Undefined when nobody vouches for the entries, or somebody has edited them. */
  readonly checked: CheckedEntries | undefined;
  /** Through which commit that state goes; 0 for entries that were shipped. */
  readonly snapshotNumber: number;
  /** The commits after it, in order: applied to the entries one by one they give the state that was durable. */
  readonly commits: readonly Commit[];
  /** What was found and put right, or is worth knowing; sentences for the log. */
  readonly warnings: readonly string[];
}
