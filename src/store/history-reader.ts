// Reads the commits in the journal while a server may be writing it, without a lock. Returns whole records and
// ignores a tail that is still being written.
//
// Changes are yielded one by one, so that a caller holds one at a time. `undefined` gives other work a turn.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../files/file-error.ts';
import type { Change } from '../ldap/change.ts';
import type { OctetCount } from '../ldap/octet-count.ts';
import { decryptChange, type StoredValues } from './encryption/stored-values.ts';
import { changesIn, openPieces, readChange, recordsFrom } from './journal-pieces.ts';
import { type JournalRecord, readJournalHeader } from './journal-record.ts';
import { SEGMENT_START, segmentName, segmentNumber } from './journal-segment.ts';
import type { Commit } from './store.ts';
import { StoreError, storeErrorFrom } from './store-error.ts';

interface Mark {
  readonly number: number;
  readonly offset: number;
}

/** Facts of a commit without its changes. */
export type CommitFacts = Omit<Commit, 'changes'>;

/** Position of a change: the first commit number of its file, and the octets in it. */
export interface ChangePlace {
  readonly segment: number;
  /** Position of the record: its first octet, and the first of its body. */
  readonly record: number;
  readonly body: number;
  /** Position of the change: its first octet, and the one after its last. */
  readonly start: number;
  readonly end: number;
  /** Index of the change within its commit, starting at 0. */
  readonly index: number;
}

export interface PastChange {
  readonly commit: CommitFacts;
  readonly change: Change;
  readonly place: ChangePlace;
}

/** Record of a commit whose batch is complete. */
interface WholeRecord {
  readonly segment: number;
  readonly octets: Buffer;
  /** Position of the first octet of `octets` in the file. */
  readonly base: number;
  readonly record: JournalRecord;
}

/** Count without a limit. */
const UNCOUNTED: OctetCount = { take: () => {}, give: () => {} };

/** Reader of the journal of one store. */
export class HistoryReader {
  readonly #folder: string;
  readonly #values: StoredValues;
  /** Positions of some records in order, by the first number of their file. */
  readonly #marks = new Map<number, Mark[]>();

  /** @param folder The folder of the journal. */
  constructor(folder: string, values: StoredValues) {
    this.#folder = folder;
    this.#values = values;
  }

  /** Number of the first commit in the journal; undefined if there is no journal. */
  get firstNumber(): number | undefined {
    return this.#segments()[0];
  }

  /** Number of the last commit; 0 if there is none. Reads the last file. Throws StoreError. */
  get lastNumber(): number {
    const last = this.#segments().at(-1);
    if (last === undefined) return 0;
    let number = last - 1;
    for (const found of this.#records(last)) number = found?.record.header.number ?? number;
    return number;
  }

  /**
   * Yields the commits with these numbers, in order, and sometimes `undefined`. Ends at the end of the journal.
   * Throws StoreError if a part is missing or damaged.
   */
  *commits(first: number, last: number = Number.POSITIVE_INFINITY): Generator<Commit | undefined, void> {
    for (const found of this.#records(first, last)) {
      if (found === undefined) {
        yield undefined;
        continue;
      }
      const changes: Change[] = [];
      for (const one of changesIn(found.octets, found.record)) {
        if (one === undefined) yield undefined;
        else changes.push(decryptChange(one.change, this.#values));
      }
      yield { ...factsOf(found.record), changes };
    }
  }

  /**
   * Yields the same commits, change by change. Counts the memory in `held`. Throws StoreError, and the errors
   * of `held`.
   */
  *changes(
    first: number,
    last: number,
    held: OctetCount = UNCOUNTED,
  ): Generator<PastChange | undefined, void> {
    for (const found of this.#records(first, last, held)) {
      if (found === undefined) {
        yield undefined;
        continue;
      }
      const { segment, octets, base, record } = found;
      const commit = factsOf(record);
      let index = 0;
      for (const one of changesIn(octets, record)) {
        if (one === undefined) {
          yield undefined;
          continue;
        }
        const { change, start, end } = one;
        const [recordStart, body] = [base + record.start, base + record.bodyStart];
        const place = { segment, record: recordStart, body, start: base + start, end: base + end, index };
        yield { commit, change: decryptChange(change, this.#values), place };
        index += 1;
      }
    }
  }

  /** Reads a change again that `changes` has yielded. Throws StoreError if it is gone. */
  changeAt({ segment, record, body, start, end, index }: ChangePlace): PastChange {
    const path = join(this.#folder, segmentName(segment));
    const pieces = openPieces(path);
    try {
      const isFirst = start === body;
      const header = pieces.read(record, (isFirst ? end : body) - record);
      const own = isFirst ? header.subarray(body - record) : pieces.read(start, end - start);
      const read = readJournalHeader(header, 0);
      const change = readChange(own, 0, own.length);
      if (read.type !== 'header' || change === undefined)
        throw new StoreError(`The record at octet ${record} of ${path} is not what it was.`);
      const { number, at, by, id } = read.header;
      const place = { segment, record, body, start, end, index };
      return { commit: { number, at, by, id }, change: decryptChange(change, this.#values), place };
    } finally {
      pieces.close();
    }
  }

  *#records(
    first: number,
    last: number = Number.POSITIVE_INFINITY,
    held: OctetCount = UNCOUNTED,
  ): Generator<WholeRecord | undefined, void> {
    const segments = this.#segments();
    let due = Math.max(first, 1);
    for (const [index, segment] of segments.entries()) {
      const following = segments[index + 1];
      if (segment > last) return;
      if (following !== undefined && following <= due) continue;
      if (segment > due) throw missing(due, segment - 1, this.#folder);
      due = yield* this.#segmentRecords(segment, due, last, held);
    }
  }

  /** Yields the records of one file. Returns the number of the next commit. */
  *#segmentRecords(
    segment: number,
    first: number,
    last: number,
    held: OctetCount,
  ): Generator<WholeRecord | undefined, number> {
    const path = join(this.#folder, segmentName(segment));
    const pieces = openPieces(path);
    const start = this.#markBefore(segment, first);
    const batch = new OpenBatch(held);
    let due = first;
    try {
      for (const { octets, record, base, isPieceStart } of recordsFrom(pieces, start.offset, path, held)) {
        if (record === undefined) {
          yield undefined;
          continue;
        }
        const { number, batchLast } = record.header;
        if (isPieceStart) this.#remember(segment, { number, offset: base + record.start });
        if (number > last) break;
        if (number < first) continue;
        batch.add({ segment, octets, base, record });
        // A batch counts only as a whole.
        if (number !== batchLast && number !== last) continue;
        due = number + 1;
        yield* batch.take();
        // The next record may be a large import, which would be read as a whole.
        if (number >= last) break;
      }
    } finally {
      batch.forget();
      pieces.close();
    }
    return due;
  }

  #segments(): number[] {
    try {
      const numbers = readdirSync(this.#folder).map(segmentNumber);
      const segments = numbers.filter((number) => number !== undefined).sort((one, other) => one - other);
      for (const segment of this.#marks.keys()) if (!segments.includes(segment)) this.#marks.delete(segment);
      return segments;
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return [];
      throw storeErrorFrom(error, `The folder ${this.#folder} cannot be read`);
    }
  }

  #markBefore(segment: number, number: number): Mark {
    const mark = this.#marks.get(segment)?.findLast((one) => one.number <= number);
    return mark ?? { number: segment, offset: SEGMENT_START.length };
  }

  #remember(segment: number, mark: Mark): void {
    const marks = this.#marks.get(segment) ?? [];
    if ((marks.at(-1)?.number ?? 0) < mark.number) marks.push(mark);
    this.#marks.set(segment, marks);
  }
}

/** Records of a batch whose last record has not been read yet. */
class OpenBatch {
  readonly #held: OctetCount;
  readonly #records: WholeRecord[] = [];
  #octets = 0;

  constructor(held: OctetCount) {
    this.#held = held;
  }

  add(found: WholeRecord): void {
    const octets = found.record.end - found.record.start;
    this.#held.take(octets);
    this.#octets += octets;
    this.#records.push(found);
  }

  *take(): Generator<WholeRecord, void> {
    yield* this.#records.splice(0);
    this.forget();
  }

  forget(): void {
    this.#held.give(this.#octets);
    this.#octets = 0;
  }
}

function factsOf({ header: { number, at, by, id } }: JournalRecord): CommitFacts {
  return { number, at, by, id };
}

function missing(first: number, last: number, folder: string): StoreError {
  const which = first === last ? `Change ${first} is` : `Changes ${first} to ${last} are`;
  return new StoreError(`${which} not in the journal in ${folder} any more.`);
}
