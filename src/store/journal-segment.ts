// One file of the journal: its name, its first lines, and what its octets hold. Only looks: what is done about a torn
// tail or damage is decided by journal-recovery.ts, and can as well be shown by a check that changes nothing.

import { type JournalRecord, RECORD_START, readJournalRecord } from './journal-record.ts';

/** What every segment starts with: RFC 2849 wants the version, people want to know what they look at. */
export const SEGMENT_START = 'version: 1\n# The journal of the configuration: read it, do not edit it.\n\n';

const NAME = /^journal-(\d{12,15})\.ldif$/;
const START = Buffer.from(SEGMENT_START, 'latin1');
const RECORD_MARK = Buffer.from(`\n${RECORD_START}`, 'latin1');
/** Disks write so many octets as one. What was not written when the power went is zero from edge to edge. */
const SECTOR_OCTETS = 512;

/** A segment is named by the number of its first commit, also before that is written. */
export function segmentName(firstNumber: number): string {
  return `journal-${String(firstNumber).padStart(12, '0')}.ldif`;
}

/** The number in the name; undefined for a file that is no segment. */
export function segmentNumber(name: string): number | undefined {
  const digits = NAME.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/**
 * `torn`: the last batch was not wholly written when the server stopped, so nobody was told that it is stored.
 * `damaged`: what was once stored is not there any more, or not in order.
 */
export interface SegmentProblem {
  readonly type: 'torn' | 'damaged';
  /** The commit that should be there. */
  readonly number: number;
  /** Where the good part of the file ends. */
  readonly offset: number;
  readonly problem: string;
}

export interface SegmentScan {
  /** The records of whole batches, in order. */
  readonly records: readonly JournalRecord[];
  /** The number of the commit that comes after them. */
  readonly nextNumber: number;
  /** Where it goes. */
  readonly end: number;
  readonly problem: SegmentProblem | undefined;
}

/**
 * Reads the records of a segment, checksums and order included. A snapshot is written only after its segment is durable:
 * one that is `begun` cannot be found as it was being created.
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

/** Whether a snapshot through this change was written after the segment was. */
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
  /** The batch that the next record belongs to, while one is open. */
  #batch: { readonly first: number; readonly last: number } | undefined;
  position = START.length;

  constructor(octets: Buffer, firstNumber: number) {
    this.#octets = octets;
    this.#number = firstNumber;
  }

  /** Takes one record; gives what is wrong with it. */
  step(): SegmentProblem | undefined {
    const read = readJournalRecord(this.#octets, this.position);
    if (read.type !== 'record') {
      const problem = read.type === 'damaged' ? read.problem : 'it is not complete';
      return this.#problem(this.#isTorn(read.type) ? 'torn' : 'damaged', problem);
    }
    const { header, end } = read.record;
    if (header.number !== this.#number) {
      return this.#problem('damaged', `change ${header.number} stands in its place`);
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

  /** A tail is torn where no record of another batch follows and it is cut short or has parts that never were written. */
  #isTorn(type: 'incomplete' | 'damaged'): boolean {
    const wasNotWritten = type === 'incomplete' || this.#hasUnwrittenSector();
    return wasNotWritten && !this.#otherBatchFollows();
  }

  /**
   * Of the first and the last sector only what belongs to the tail counts, and be it one octet. A file system may also have
   * made the file longer than what it has written: several zeros at its end.
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
