// Recovers the journal when a store is opened. Cuts a tail that a crash has torn, and keeps a copy of it.
// Refuses a gap or damage: then acknowledged commits are missing and a person must decide.

import { join } from 'node:path';
import { LdifError } from '../codec/ldif-error.ts';
import { isDiskFull } from '../files/file-error.ts';
import { type FileSystem, freeName, readWholeFile, writeNewFile, writeWhole } from '../files/file-system.ts';
import { decryptChange, type StoredValues } from './encryption/stored-values.ts';
import { createSegment, type JournalPlace } from './journal.ts';
import { readJournalChanges } from './journal-record.ts';
import {
  isBegun,
  SEGMENT_START,
  type SegmentProblem,
  type SegmentScan,
  scanSegment,
  segmentName,
  segmentNumber,
} from './journal-segment.ts';
import type { Commit } from './store.ts';
import { StoreError, storeErrorFrom } from './store-error.ts';

export interface RecoveredJournal {
  readonly place: JournalPlace;
  readonly commits: readonly Commit[];
  /** Octets of the records of these commits. */
  readonly bytes: number;
  readonly warnings: readonly string[];
}

export interface JournalRecoveryOptions {
  readonly fileSystem: FileSystem;
  readonly folder: string;
  /** Number of the last commit in the snapshot. */
  readonly snapshotNumber: number;
  /** True if the journal may be absent. */
  readonly isNew: boolean;
  readonly now: () => Date;
  readonly values: StoredValues;
}

/** Leaves an intact journal with a segment to append to. Throws StoreError. */
export async function recoverJournal(options: JournalRecoveryOptions): Promise<RecoveredJournal> {
  try {
    const recovery = new Recovery(options);
    await recovery.run(await listSegments(options.fileSystem, options.folder));
    return recovery.result();
  } catch (error) {
    throw storeErrorFrom(error, `The journal in ${options.folder} cannot be read or repaired`);
  }
}

/** Returns the first commit numbers of the segments in a folder, in order. */
export async function listSegments(fileSystem: FileSystem, folder: string): Promise<number[]> {
  const numbers: number[] = [];
  for (const name of await fileSystem.list(folder)) {
    const number = segmentNumber(name);
    if (number !== undefined) numbers.push(number);
  }
  return numbers.sort((one, other) => one - other);
}

class Recovery {
  readonly #options: JournalRecoveryOptions;
  readonly #commits: Commit[] = [];
  readonly #warnings: string[] = [];
  #bytes = 0;
  #segments: number[] = [];
  #length = SEGMENT_START.length;
  #nextNumber: number;

  constructor(options: JournalRecoveryOptions) {
    this.#options = options;
    this.#nextNumber = options.snapshotNumber + 1;
  }

  result(): RecoveredJournal {
    return {
      place: {
        folder: this.#options.folder,
        segments: this.#segments,
        length: this.#length,
        lastNumber: this.#nextNumber - 1,
      },
      commits: this.#commits,
      bytes: this.#bytes,
      warnings: this.#warnings,
    };
  }

  async run(segments: readonly number[]): Promise<void> {
    const { fileSystem, folder, snapshotNumber } = this.#options;
    this.#segments = [...segments];
    let isFirst = true;
    for (const [index, firstNumber] of segments.entries()) {
      const following = segments[index + 1];
      if (following !== undefined && following <= snapshotNumber + 1) continue;
      this.#checkStart(firstNumber, isFirst);
      isFirst = false;
      await this.#readSegment(firstNumber, following === undefined);
    }
    if (this.#nextNumber <= snapshotNumber) throw this.#journalEndsEarly();
    const last = segments.at(-1);
    if (last === undefined ? !this.#options.isNew : last <= snapshotNumber) throw this.#lastFileMissing();
    if (this.#segments.length > 0) return;
    await createSegment(fileSystem, folder, this.#nextNumber);
    this.#segments = [this.#nextNumber];
  }

  /**
   * Checks the first number of a segment. Only the first segment may begin before the end of the snapshot;
   * every other begins where the one before ended.
   */
  #checkStart(firstNumber: number, isFirst: boolean): void {
    if (isFirst && firstNumber <= this.#nextNumber) {
      this.#nextNumber = firstNumber;
      return;
    }
    if (firstNumber <= this.#nextNumber) return;
    const missing =
      firstNumber - this.#nextNumber === 1
        ? `Change ${this.#nextNumber} is`
        : `Changes ${this.#nextNumber} to ${firstNumber - 1} are`;
    throw new StoreError(
      `${missing} missing: ${this.#path(firstNumber)} begins with change ${firstNumber}, and neither config.ldif nor ` +
        'the journal before it reaches that far. Restore the missing file from a backup.',
    );
  }

  async #readSegment(firstNumber: number, isLast: boolean): Promise<void> {
    const path = this.#path(firstNumber);
    const octets = await readWholeFile(this.#options.fileSystem, path);
    const scan = scanSegment(octets, firstNumber, isBegun(firstNumber, this.#options.snapshotNumber));
    const isEmpty = scan.records.length === 0;
    if (firstNumber < this.#nextNumber) {
      if (isLast && isEmpty && scan.problem?.type !== 'damaged') return this.#dropUnused(firstNumber);
      throw new StoreError(
        `${path} begins with change ${firstNumber}, which the file before it holds too. ` +
          'Move the file aside that does not belong there.',
      );
    }
    if (scan.problem !== undefined) {
      if (scan.problem.type === 'damaged' || !isLast) throw damage(path, scan.problem, scan.end);
      await this.#cut(firstNumber, octets, scan);
    }
    this.#takeCommits(octets, scan, path);
    this.#nextNumber = scan.nextNumber;
    this.#length = Math.max(scan.end, SEGMENT_START.length);
  }

  #takeCommits(octets: Buffer, scan: SegmentScan, path: string): void {
    for (const record of scan.records) {
      const { number, at, by, id } = record.header;
      if (number <= this.#options.snapshotNumber) continue;
      try {
        const changes = readJournalChanges(octets, record).map((change) =>
          decryptChange(change, this.#options.values),
        );
        this.#commits.push({ number, at, by, id, changes });
      } catch (error) {
        if (!(error instanceof LdifError || error instanceof StoreError)) throw error;
        throw new StoreError(`Change ${number} in ${path} cannot be read. ${error.message}`, {
          cause: error,
        });
      }
      this.#bytes += record.end - record.start;
    }
  }

  /** Removes a segment that was created for a snapshot and never used, because creating it failed half-way. */
  async #dropUnused(firstNumber: number): Promise<void> {
    await this.#options.fileSystem.remove(this.#path(firstNumber));
    await this.#options.fileSystem.syncFolder(this.#options.folder);
    this.#segments.pop();
    this.#warnings.push(`${this.#path(firstNumber)} was begun and never used; it is removed.`);
  }

  /** Copies the torn tail, then cuts it. A crash in between leaves at worst two copies. */
  async #cut(firstNumber: number, octets: Buffer, scan: SegmentScan): Promise<void> {
    const { fileSystem, folder, now } = this.#options;
    const path = this.#path(firstNumber);
    const tail = octets.subarray(scan.end);
    const stamp = now().toISOString().replaceAll(/[-:.]/g, '');
    const aside = await freeName(fileSystem, folder, `${segmentName(firstNumber)}.torn-${stamp}`);
    const isKept = await this.#keepAside(join(folder, aside), tail);
    const start = Buffer.from(SEGMENT_START, 'latin1');
    const file = await fileSystem.open(path, 'append');
    try {
      await file.truncate(scan.end);
      // A file that is cut within its first lines starts over. It must stay: without it, its changes would seem
      // to be missing.
      if (scan.end === 0) await writeWhole(file, start, 0);
      await file.sync();
    } finally {
      await file.close();
    }
    if (scan.end === 0) return;
    this.#warnings.push(
      `Change ${scan.nextNumber} was being written to ${path} when the server stopped, and is not whole there: ` +
        `${tail.length} octets are cut from octet ${scan.end} on ` +
        `${isKept ? `and kept in ${aside}` : 'and lost, because the disk is full'}.`,
    );
  }

  /**
   * Keeps a copy of the torn tail. Returns false if there is no space for it. The tail was never acknowledged,
   * so that the server starts anyway.
   */
  async #keepAside(path: string, tail: Buffer): Promise<boolean> {
    const { fileSystem, folder } = this.#options;
    try {
      if (tail.length > 0) await writeNewFile(fileSystem, path, tail);
      await fileSystem.syncFolder(folder);
      return true;
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      await fileSystem.remove(path).catch(() => undefined);
      return false;
    }
  }

  #journalEndsEarly(): StoreError {
    const { folder, snapshotNumber } = this.#options;
    return new StoreError(
      `config.ldif goes through change ${snapshotNumber}, but the journal in ${folder} ends with change ` +
        `${this.#nextNumber - 1}. Restore both from one backup, or, if config.ldif alone is right, run: confdit repair`,
    );
  }

  /** Every snapshot starts a new journal file, even if no change follows. */
  #lastFileMissing(): StoreError {
    const { folder, snapshotNumber } = this.#options;
    const beyond = snapshotNumber + 1;
    return new StoreError(
      `The journal file that held change ${beyond} and those after it is missing from ${folder}; config.ldif goes through ` +
        `change ${snapshotNumber}. Restore the file from a backup; or, to discard what it held, run: confdit repair`,
    );
  }

  #path(firstNumber: number): string {
    return join(this.#options.folder, segmentName(firstNumber));
  }
}

function damage(path: string, { number, problem }: SegmentProblem, end: number): StoreError {
  return new StoreError(
    `Change ${number} in ${path} is damaged: ${problem}. Restore the file from a backup; or, to discard change ${number} ` +
      `and all after it, copy the file, cut it to its first ${end} octets, and remove the journal files after it.`,
  );
}
