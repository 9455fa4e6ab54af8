// Writes the journal: one file at a time takes batches of commits; each snapshot starts a new file. Every write
// is synced before it counts. A failed write is taken back. If that is not certain, the journal is final and
// takes no further commit, so that it never holds a refused commit or loses an acknowledged one.

import { join } from 'node:path';
import { errorCode, isDiskFull, reasonOf } from '../files/file-error.ts';
import { type FileSystem, type StoreFile, writeNewFile, writeWhole } from '../files/file-system.ts';
import { Reason } from '../files/program-error.ts';
import { encryptChange, type StoredValues } from './encryption/stored-values.ts';
import { formatJournalRecord } from './journal-record.ts';
import { SEGMENT_START, segmentName } from './journal-segment.ts';
import type { Commit } from './store.ts';
import { StoreError, storeErrorFrom } from './store-error.ts';

/** Folder next to the snapshot. */
export const JOURNAL_FOLDER = 'journal';

export interface JournalPlace {
  readonly folder: string;
  /** First commit numbers of the segments, in order. The last one takes the commits. */
  readonly segments: readonly number[];
  /** Position of the next record in the last segment. */
  readonly length: number;
  readonly lastNumber: number;
}

/** File system and values that a journal writes with. */
export interface JournalMeans {
  readonly fileSystem: FileSystem;
  readonly values: StoredValues;
}

/** The journal of one store, open for writing. */
export class Journal {
  readonly #fileSystem: FileSystem;
  readonly #values: StoredValues;
  readonly #folder: string;
  readonly #segments: number[];
  #file: StoreFile;
  #length: number;
  #lastNumber: number;
  #bytesAppended = 0;
  #failure: StoreError | undefined;
  #isClosed = false;
  #queue: Promise<void> = Promise.resolve();

  /** Opens the last segment, which must exist and be intact. Throws StoreError. */
  static async open(means: JournalMeans, place: JournalPlace): Promise<Journal> {
    const path = join(place.folder, segmentName(place.segments.at(-1) ?? 1));
    try {
      return new Journal(means, place, await means.fileSystem.open(path, 'append'));
    } catch (error) {
      throw storeErrorFrom(error, `The file ${path} cannot be written`);
    }
  }

  private constructor({ fileSystem, values }: JournalMeans, place: JournalPlace, file: StoreFile) {
    this.#fileSystem = fileSystem;
    this.#values = values;
    this.#folder = place.folder;
    this.#segments = [...place.segments];
    this.#length = place.length;
    this.#lastNumber = place.lastNumber;
    this.#file = file;
  }

  get lastNumber(): number {
    return this.#lastNumber;
  }

  /** Octets of records since the journal was opened. */
  get bytesAppended(): number {
    return this.#bytesAppended;
  }

  get failure(): StoreError | undefined {
    return this.#failure;
  }

  /** Appends commits, see Store.append. */
  append(commits: readonly Commit[]): Promise<void> {
    return this.#inOrder(() => this.#append(commits));
  }

  /**
   * Starts a new segment unless the present one has no commits. Later commits go into it. Returns
   * `bytesAppended` at that moment. Throws StoreError; then the present segment stays in use.
   */
  rotate(): Promise<number> {
    return this.#inOrder(async () => {
      this.#refuseIfOver();
      if (this.#segments.at(-1) !== this.#lastNumber + 1) await this.#beginSegment(this.#lastNumber + 1);
      return this.#bytesAppended;
    });
  }

  /** First commit numbers of the files, in order. */
  get segments(): readonly number[] {
    return this.#segments;
  }

  /**
   * Removes the segments that hold no commit after `number` and were written before `beforeMs` (milliseconds
   * since 1970), oldest first. Throws StoreError.
   */
  async removeThrough(number: number, beforeMs: number): Promise<void> {
    try {
      for (let next = this.#segments[1]; next !== undefined && next <= number + 1; next = this.#segments[1]) {
        const path = this.#path(this.#segments[0] ?? 0);
        const facts = await this.#fileSystem.inspect(path);
        if (facts !== undefined && facts.modifiedMs >= beforeMs) return;
        await this.#fileSystem.remove(path);
        this.#segments.shift();
      }
    } catch (error) {
      throw storeErrorFrom(error, `Old files in ${this.#folder} cannot be removed`);
    }
  }

  /** Closes the journal after pending work. Later appends fail. */
  close(): Promise<void> {
    return this.#inOrder(async () => {
      if (this.#isClosed) return;
      this.#isClosed = true;
      await this.#file.close();
    });
  }

  #path(firstNumber: number): string {
    return join(this.#folder, segmentName(firstNumber));
  }

  #inOrder<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#queue.then(work);
    this.#queue = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }

  #refuseIfOver(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#isClosed)
      throw new StoreError('The store is closed; no change can be stored.', { isFinal: true });
  }

  async #append(commits: readonly Commit[]): Promise<void> {
    this.#refuseIfOver();
    const last = commits.at(-1);
    if (last === undefined) return;
    const octets = this.#format(commits);
    try {
      await writeWhole(this.#file, octets, this.#length);
    } catch (error) {
      throw await this.#takeBack(error);
    }
    this.#length += octets.length;
    this.#bytesAppended += octets.length;
    this.#lastNumber = last.number;
  }

  #format(commits: readonly Commit[]): Buffer {
    const first = this.#lastNumber + 1;
    const last = this.#lastNumber + commits.length;
    let text = '';
    for (const [index, commit] of commits.entries()) {
      if (commit.number !== first + index) {
        throw new StoreError(
          `Change ${commit.number} cannot be stored where change ${first + index} is due.`,
        );
      }
      const changes = commit.changes.map((change) => encryptChange(change, this.#values));
      text += formatJournalRecord({ ...commit, changes }, first, last);
    }
    return Buffer.from(text, 'latin1');
  }

  /**
   * Removes the rest of a failed write and returns the error to report. With O_DSYNC a failed sync looks like a
   * failed write, so that only "disk full" leaves the journal in use.
   */
  async #takeBack(cause: unknown): Promise<StoreError> {
    const path = this.#path(this.#segments.at(-1) ?? 0);
    let undone: unknown;
    try {
      await this.#file.truncate(this.#length);
      await this.#file.sync();
    } catch (error) {
      undone = error ?? new Reason('unknown');
    }
    if (undone === undefined && isDiskFull(cause)) {
      return new StoreError(`The change was not stored: ${path} cannot be written: ${reasonOf(cause)}.`, {
        cause,
      });
    }
    const also = undone === undefined ? '' : ` and could not be cut back either (${reasonOf(undone)})`;
    this.#failure = new StoreError(
      `${path} could not be written or synced (${reasonOf(cause)})${also}. No change is stored any more, ` +
        'reading goes on; put the disk right and restart the server.',
      { cause, isFinal: true },
    );
    return this.#failure;
  }

  async #beginSegment(firstNumber: number): Promise<void> {
    const path = this.#path(firstNumber);
    let file: StoreFile;
    try {
      await createSegment(this.#fileSystem, this.#folder, firstNumber);
      file = await this.#fileSystem.open(path, 'append');
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') await this.#fileSystem.remove(path).catch(() => undefined);
      throw storeErrorFrom(error, `The file ${path} cannot be created`);
    }
    const former = this.#file;
    this.#file = file;
    this.#segments.push(firstNumber);
    this.#length = SEGMENT_START.length;
    await former.close().catch(() => undefined);
  }
}

/** Creates an empty segment; the file and its name are durable. */
export async function createSegment(
  fileSystem: FileSystem,
  folder: string,
  firstNumber: number,
): Promise<void> {
  await writeNewFile(
    fileSystem,
    join(folder, segmentName(firstNumber)),
    Buffer.from(SEGMENT_START, 'latin1'),
  );
  await fileSystem.syncFolder(folder);
}
