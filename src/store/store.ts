// The Store contract: what every store guarantees, whatever it writes to. test/store/store-conformance.ts tests
// a store against it. A store keeps entries and changes; it does not know the schema, and applies no change to
// an entry.
//
// Order: commits are in the order of their numbers. An open returns all commits up to some number, without a
// gap. That number is never lower than the last acknowledged one.
//
// Acknowledged: a commit is acknowledged when `append` resolves. A batch that was in progress when the process
// ended is there as a whole or not at all; it was never acknowledged. A refused commit is never there.
//
// Watchers see a commit after its append has resolved and readers see it: once, in the order of the numbers,
// with all changes of the commit together. So no watcher ever sees a commit that a later open does not have.

import type { Change } from '../ldap/change.ts';
import type { Entry } from '../ldap/entry.ts';

/** Unit of durability: a number, who and when, and changes that are stored all or none. */
export interface Commit {
  /** Number of the commit; the first of a store has 1, each other one the next number. */
  readonly number: number;
  /** Time, with milliseconds. */
  readonly at: Date;
  /** DN of the requester. */
  readonly by: string;
  /** UUID (RFC 9562). It becomes the entryUUID of an added entry. */
  readonly id: string;
  readonly changes: readonly Change[];
}

export interface Store {
  /**
   * Makes the commits durable, in order, with one write for all.
   *
   * Resolves when a power failure cannot lose them. Rejects with StoreError if that is not possible: then no
   * later open replays them, and the next append may use their numbers again. The caller shows a commit to
   * readers only after this has resolved, so that nothing visible can be lost.
   *
   * After a full disk the partial write is taken back, the commits are refused, and the next append is tried as
   * usual. It succeeds once there is space.
   *
   * After a failure that leaves the content of the disk unknown, such as a failed sync, the store is final
   * (`failure` is set, and `isFinal` of the error): it takes no commit until it is opened again. It has then
   * tried to take the refused commits back; only a disk that failed at that too may bring them back.
   *
   * The numbers must continue from the last commit. A batch is stored as a whole or not at all, also through a
   * crash. Overlapping calls are done one after the other.
   */
  append(commits: readonly Commit[]): Promise<void>;

  /**
   * Makes `entries`, the state after commit `throughNumber`, the start of the next open. Runs in the
   * background, in short slices, while commits are appended. The entries must not change meanwhile. Rejects
   * with StoreError if it cannot be written; then the previous snapshot stays in use and no commit is lost.
   * Only one may run at a time. `checkedBy` comes back with the entries, see StoreContents.checked.
   */
  snapshot(entries: readonly Entry[], throughNumber: number, checkedBy?: string): Promise<void>;

  /** Number of the last durable commit; 0 before the first. */
  readonly lastNumber: number;
  /** Number of commits that an open would replay. */
  readonly commitsSinceSnapshot: number;
  /** Number of octets that an open would read to replay them. */
  readonly bytesSinceSnapshot: number;
  /** Reason why the store takes no further commits; undefined while it does. */
  readonly failure: StoreFailure | undefined;

  /** Waits for pending work, then releases the folder for another server. */
  close(): Promise<void>;
}

/** Part of a store that other servers append to as well: their commits. `append` throws Overtaken if one of them was first. */
export interface ForeignCommits {
  /**
   * Calls back with each commit that was stored after the last one that the store knows, in order. Called while nothing is being
   * stored. Never rejects.
   * @param make makes the commit; resolves to sentences about what of it is not in force here
   */
  each(make: (foreign: ForeignCommit) => Promise<readonly string[]>): Promise<void>;
  /**
   * Asks those who know whether a commit with this number is stored by now; if it is, `each` has what is stored. Rejects with
   * StoreError if they do not answer.
   */
  has(number: number): Promise<boolean>;
}

export interface ForeignCommit {
  readonly commit: Commit;
  /** True if this server took the commit, and did not know that it is stored. */
  readonly isOwn: boolean;
  /** Writes it to the journal here, before readers see it: the past is read from there. Never rejects. */
  keep(): Promise<void>;
}

/** The part of StoreError that monitoring shows. */
export interface StoreFailure {
  readonly message: string;
}

/** Entries that were checked before they were stored and have not changed since. */
export interface CheckedEntries {
  /** Program and schema that checked them, as given with the snapshot: 32 hexadecimal digits. */
  readonly checkedBy: string;
  /** Returns the entries whose values may contain one of these texts. */
  entriesWith(texts: readonly string[]): Iterable<Entry>;
}

/** Content of a store when it is opened. */
export interface StoreContents {
  /** Entries of the last snapshot. */
  readonly entries: readonly Entry[];
  /** Undefined if nothing checked the entries before, or somebody has edited them. */
  readonly checked: CheckedEntries | undefined;
  /** Number of the last commit in that state; 0 for entries of the package. */
  readonly snapshotNumber: number;
  /** Commits after it, in order. Applied to the entries one by one, they give the last durable state. */
  readonly commits: readonly Commit[];
  /** Sentences for the log: what was found and repaired, or is worth knowing. */
  readonly warnings: readonly string[];
}
