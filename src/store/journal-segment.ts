// One file of the journal: its name, its first lines, and the records in it. It only reads. journal-recovery.ts
// decides what to do about a torn tail or damage; a check without changes reports it.

import { type JournalRecord, RECORD_START, readJournalRecord } from './journal-record.ts';

/** First lines of every segment: RFC 2849 requires the version; the comment is for people. */
export const SEGMENT_START = 'version: 1\n# The journal of the configuration: read it, do not edit it.\n\n';

const NAME = /^journal-(\d{12,15})\.ldif$/;
const START = Buffer.from(SEGMENT_START, 'latin1');
const RECORD_MARK = Buffer.from(`\n${RECORD_START}`, 'latin1');
/**
 * Disks write sectors of this size as one. A sector that was not written at a power failure is zero from end to
 * end.
 */
const SECTOR_OCTETS = 512;

/** Returns the file name of a segment: the number of its first commit, even before that is written. */
export function segmentName(firstNumber: number): string {
  return `journal-${String(firstNumber).padStart(12, '0')}.ldif`;
}

/** Returns the first commit number in a file name; undefined if the file is no segment. */
export function segmentNumber(name: string): number | undefined {
  const digits = NAME.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/**
 * `torn`: the last batch was not completely written when the server stopped, so it was never acknowledged.
 * `damaged`: stored records are missing or out of order.
 */
export interface SegmentProblem {
  readonly type: 'torn' | 'damaged';
  /** Number of the expected commit. */
  readonly number: number;
  /** End position of the intact part of the file. */
  readonly offset: number;
  readonly problem: string;
}

export interface SegmentScan {
  /** Records of complete batches, in order. */
  readonly records: readonly JournalRecord[];
  /** Number of the commit after these records. */
  readonly nextNumber: number;
  /** Position of the next record. */
  readonly end: number;
  readonly problem: SegmentProblem | undefined;
}

/**
 * Reads the records of a segment and verifies checksums and order. `isBegun`: a snapshot exists that was
 * written after the segment was durable, so its first lines cannot be torn.
 */
export function scanSegment(octets: Buffer, firstNumber: number, isBegun = false): SegmentScan {
  if (!octets.subarray(0, START.length).equals(START)) return scanWithoutStart(octets, firstNumber, isBegun);
  const scan = new Scan(octets, firstNumber);
  while (scan.position < octets.length) {
    const problem = scan.step();
    if (problem !== undefined) return scan.result(problem);
  }
  return scan.result(undefined);
}

/** Returns true if a snapshot through this commit was written after the segment was created. */
export function isBegun(firstNumber: number, snapshotNumber: number): boolean {
  return snapshotNumber > 0 && firstNumber <= snapshotNumber + 1;
}

function scanWithoutStart(octets: Buffer, firstNumber: number, wasBegun: boolean): SegmentScan {
  const looksTorn = START.subarray(0, octets.length).equals(octets) || octets.every((octet) => octet === 0);
  const isTorn = looksTorn && !wasBegun;
  return {
    records: [],
    nextNumber: firstNumber,
    end: 0,
    problem: {
      type: isTorn ? 'torn' : 'damaged',
      number: firstNumber,
      offset: 0,
      problem: isTorn ? 'the file was being created' : 'its first lines are not those of a journal',
    },
  };
}

class Scan {
  readonly #octets: Buffer;
  readonly #records: JournalRecord[] = [];
  #wholeRecords = 0;
  #end = START.length;
  #number: number;
  /** Batch of the next record, while one is open. */
  #batch: { readonly first: number; readonly last: number } | undefined;
  position = START.length;

  constructor(octets: Buffer, firstNumber: number) {
    this.#octets = octets;
    this.#number = firstNumber;
  }

  /** Reads one record. Returns what is wrong with it. */
  step(): SegmentProblem | undefined {
    const read = readJournalRecord(this.#octets, this.position);
    if (read.type !== 'record') {
      const problem = read.type === 'damaged' ? read.problem : 'it is not complete';
      return this.#problem(this.#isTorn(read.type) ? 'torn' : 'damaged', problem);
    }
    const { header, end } = read.record;
    if (header.number !== this.#number) {
      return this.#problem('damaged', `change ${header.number} is in its place`);
    }
    const first = this.#batch?.first ?? header.number;
    const last = this.#batch?.last ?? header.batchLast;
    if (header.batchFirst !== first || header.batchLast !== last || last < header.number) {
      return this.#problem('damaged', 'it does not belong to the batch that is written there');
    }
    this.#records.push(read.record);
    this.#number += 1;
    this.position = end;
    this.#batch = header.number === last ? undefined : { first, last };
    if (this.#batch === undefined) {
      this.#wholeRecords = this.#records.length;
      this.#end = end;
    }
    return undefined;
  }

  result(problem: SegmentProblem | undefined): SegmentScan {
    const endsInBatch = problem === undefined && this.#batch !== undefined;
    return {
      records: this.#records.slice(0, this.#wholeRecords),
      nextNumber: this.#batch?.first ?? this.#number,
      end: this.#end,
      problem: endsInBatch ? this.#problem('torn', 'it is not complete') : problem,
    };
  }

  #problem(type: SegmentProblem['type'], problem: string): SegmentProblem {
    return { type, number: this.#number, offset: this.#end, problem };
  }

  /**
   * Returns true if the tail is torn: no record of another batch follows, and it is cut short or has unwritten
   * parts.
   */
  #isTorn(type: 'incomplete' | 'damaged'): boolean {
    const wasNotWritten = type === 'incomplete' || this.#hasUnwrittenSector();
    return wasNotWritten && !this.#otherBatchFollows();
  }

  /**
   * Returns true if a sector of the tail is all zeros. Of the first and last sector only the octets of the tail
   * count, even if it is one. Several zeros at the end also count: a file system may have extended the file
   * before writing the data.
   */
  #hasUnwrittenSector(): boolean {
    const octets = this.#octets;
    if (octets.at(-1) === 0 && octets.at(-2) === 0) return true;
    for (let start = this.position; start < octets.length; ) {
      const end = Math.min(start - (start % SECTOR_OCTETS) + SECTOR_OCTETS, octets.length);
      if (octets.subarray(start, end).every((octet) => octet === 0)) return true;
      start = end;
    }
    return false;
  }

  #otherBatchFollows(): boolean {
    const batchFirst = this.#batch?.first ?? this.#number;
    let mark = this.#octets.indexOf(RECORD_MARK, this.position);
    while (mark !== -1) {
      const read = readJournalRecord(this.#octets, mark + 1);
      if (read.type === 'record') {
        const { header } = read.record;
        const isOfThisBatch = header.batchFirst === batchFirst && header.number > this.#number;
        if (!isOfThisBatch) return true;
      }
      mark = this.#octets.indexOf(RECORD_MARK, mark + 1);
    }
    return false;
  }
}
