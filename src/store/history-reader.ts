// The past of a store: the commits its journal still has. Reads the files while a server may be writing them, and takes no
// lock: what is whole is given, a tail that is being written is not.
//
// Changes are given one by one, so that whoever walks through many holds one of them at a time, and gives others their
// turn at every `undefined`.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../files/file-error.ts';
import type { Change } from '../ldap/change.ts';
import type { OctetCount } from '../ldap/octet-count.ts';
import { changesIn, openPieces, readChange, recordsFrom } from './journal-pieces.ts';
import { type JournalRecord, readJournalHeader } from './journal-record.ts';
import { SEGMENT_START, segmentName, segmentNumber } from './journal-segment.ts';
import type { Commit } from './store.ts';
import { StoreError, storeErrorFrom } from './store-error.ts';

interface Mark {
  readonly number: number;
  readonly offset: number;
}

/** What is known of a commit besides its changes. */
export type CommitFacts = Omit<Commit, 'changes'>;

/** Where a change stands: in which file, by the number of its first commit, and at which octets of it. */
export interface ChangePlace {
  readonly segment: number;
  /** Of the record: its first octet, and that of its body. */
  readonly record: number;
  readonly body: number;
  /** Of the change: its first octet, and the one behind its last. */
  readonly start: number;
  readonly end: number;
  /** Which of the changes of its commit it is, from 0. */
  readonly index: number;
}

export interface PastChange {
  readonly commit: CommitFacts;
  readonly change: Change;
  readonly place: ChangePlace;
}

/** The record of a commit whose batch is there as a whole. */
interface WholeRecord {
  readonly segment: number;
  readonly octets: Buffer;
  /** Where the first of the octets is in the file. */
  readonly base: number;
  readonly record: JournalRecord;
}

/** For whoever has all the memory there is. */
const UNCOUNTED: OctetCount = { take: () => {}, give: () => {} };

export class HistoryReader {
  readonly #folder: string;
  /** Where some of the records start, by the first number of their file, in order. */
  readonly #marks = new Map<number, Mark[]>();

  /** Takes the folder of the journal. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The number of the first commit there still is; undefined where there is no journal. */
  get firstNumber(): number | undefined {
    return this.#segments()[0];
  }

  /** The number of the last commit there is; 0 where there is none. Reads the last file. Throws StoreError. */
  get lastNumber(): number {
    const last = this.#segments().at(-1);
    if (last === undefined) return 0;
    let number = last - 1;
    for (const found of this.#records(last)) number = found?.record.header.number ?? number;
    return number;
  }

  /**
   * The commits with these numbers, in order, and `undefined` now and then. Ends where the journal does. Throws
   * StoreError when a part is missing or damaged.
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
        else changes.push(one.change);
      }
      yield { ...factsOf(found.record), changes };
    }
  }

  /** The same, change by change. What is held meanwhile is counted; also throws what `held` throws. */
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
        yield { commit, change, place };
        index += 1;
      }
    }
  }

  /** A change that `changes` has found, read once more. Throws StoreError when it is not there any more. */
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
      return { commit: { number, at, by, id }, change, place: { segment, record, body, start, end, index } };
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

  /** Gives the number of the commit that comes next. */
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
        // A batch is there as a whole or not at all.
        if (number !== batchLast && number !== last) continue;
        due = number + 1;
        yield* batch.take();
        // What follows may be an import of everything, and would be read as a whole.
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

/** Records of a batch whose last one was not seen yet. */
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
