// The past of a store: the commits its journal still has, and the configurations it archived. Reads the files while a
// server may be writing them, and takes no lock: what is whole is given, a tail that is being written is not.
//
// Commits are read synchronously, by pieces, from files that the system mostly has in memory: whoever walks through
// many gives others their turn at every `undefined`.

import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { LdifReader } from '../codec/ldif-reader.ts';
import type { LdifRecord } from '../codec/ldif-record.ts';
import { errorCode } from '../files/file-error.ts';
import type { Change } from '../ldap/change.ts';
import { type JournalRecord, readJournalRecord } from './journal-record.ts';
import { SEGMENT_START, segmentName, segmentNumber } from './journal-segment.ts';
import type { Commit } from './store.ts';
import { StoreError, storeErrorFrom } from './store-error.ts';

const PIECE_OCTETS = 64 * 1024;

interface Mark {
  readonly number: number;
  readonly offset: number;
}

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
    for (const commit of this.commits(last)) number = commit?.number ?? number;
    return number;
  }

  /**
   * The commits with these numbers, in order, and `undefined` now and then. Ends where the journal does. Throws
   * StoreError when a part is missing or damaged.
   */
  *commits(first: number, last: number = Number.POSITIVE_INFINITY): Generator<Commit | undefined, void> {
    const segments = this.#segments();
    let due = Math.max(first, 1);
    for (const [index, segment] of segments.entries()) {
      const following = segments[index + 1];
      if (segment > last) return;
      if (following !== undefined && following <= due) continue;
      if (segment > due) throw missing(due, segment - 1, this.#folder);
      due = yield* this.#segmentCommits(segment, due, last);
    }
  }

  /** Gives the number of the commit that comes next. */
  *#segmentCommits(segment: number, first: number, last: number): Generator<Commit | undefined, number> {
    const path = join(this.#folder, segmentName(segment));
    const pieces = openPieces(path);
    const start = this.#markBefore(segment, first);
    const batch: Commit[] = [];
    let due = first;
    try {
      for (const { octets, record, offset, isPieceStart } of recordsOf(pieces, start.offset, path)) {
        if (record === undefined) {
          yield undefined;
          continue;
        }
        const { header } = record;
        if (isPieceStart) this.#remember(segment, { number: header.number, offset });
        if (header.number > last) break;
        if (header.number < first) continue;
        const { number, at, by, id } = header;
        const changes = yield* changesIn(octets, record);
        batch.push({ number, at, by, id, changes });
        // A batch is there as a whole or not at all.
        if (number !== header.batchLast && number !== last) continue;
        due = number + 1;
        yield* batch.splice(0);
      }
    } finally {
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

/** A change may be an import of everything: it is read by pieces too. */
function* changesIn(octets: Buffer, { bodyStart, end }: JournalRecord): Generator<undefined, Change[]> {
  const reader = new LdifReader();
  const changes: Change[] = [];
  const take = (records: readonly LdifRecord[]) => {
    for (const record of records) if (record.type === 'change') changes.push(record.change);
  };
  for (let at = bodyStart; at < end; at += PIECE_OCTETS) {
    take(reader.push(octets.toString('latin1', at, Math.min(at + PIECE_OCTETS, end))));
    if (at + PIECE_OCTETS < end) yield undefined;
  }
  take(reader.end());
  return changes;
}

interface Pieces {
  /** The octets at a position, empty at the end of the file. */
  read(position: number, length: number): Buffer;
  close(): void;
}

function openPieces(path: string): Pieces {
  try {
    const descriptor = openSync(path, 'r');
    return {
      read(position, length) {
        const piece = Buffer.allocUnsafe(length);
        return piece.subarray(0, readSync(descriptor, piece, 0, length, position));
      },
      close: () => closeSync(descriptor),
    };
  } catch (error) {
    throw storeErrorFrom(error, `The file ${path} cannot be read`);
  }
}

interface Step {
  readonly octets: Buffer;
  /** Undefined after each piece that was read. */
  readonly record: JournalRecord | undefined;
  /** Of the record in the file. */
  readonly offset: number;
  /** Whether it is the first in what was read last. */
  readonly isPieceStart: boolean;
}

function* recordsOf(pieces: Pieces, start: number, path: string): Generator<Step, void> {
  let octets: Buffer = Buffer.alloc(0);
  let offset = start;
  let at = 0;
  let isPieceStart = false;
  for (;;) {
    const read = readJournalRecord(octets, at);
    if (read.type === 'record') {
      yield { octets, record: read.record, offset: offset + at, isPieceStart };
      isPieceStart = false;
      at = read.record.end;
      continue;
    }
    if (read.type === 'damaged') {
      throw new StoreError(
        `The record at octet ${offset + at} of ${path} is damaged: ${read.problem}. Run: confdit check`,
      );
    }
    // A long record is not read again and again in small pieces.
    const piece = pieces.read(offset + octets.length, Math.max(PIECE_OCTETS, octets.length - at));
    if (piece.length === 0) return;
    octets = Buffer.concat([octets.subarray(at), piece]);
    offset += at;
    at = 0;
    isPieceStart = true;
    yield { octets, record: undefined, offset, isPieceStart };
  }
}

function missing(first: number, last: number, folder: string): StoreError {
  const which = first === last ? `Change ${first} is` : `Changes ${first} to ${last} are`;
  return new StoreError(`${which} not in the journal in ${folder} any more.`);
}
