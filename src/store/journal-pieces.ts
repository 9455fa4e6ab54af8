// Reads the records of one journal file in pieces. Reads are synchronous; the system mostly has the file in
// memory. Only the current piece is kept, and longer records are counted.

import { closeSync, openSync, readSync } from 'node:fs';
import { readLdif } from '../codec/ldif-reader.ts';
import type { Change } from '../ldap/change.ts';
import type { OctetCount } from '../ldap/octet-count.ts';
import { type JournalRecord, readJournalRecord } from './journal-record.ts';
import { StoreError, storeErrorFrom } from './store-error.ts';

const PIECE_OCTETS = 64 * 1024;
const BLANK_LINE = Buffer.from('\n\n', 'latin1');

export interface Pieces {
  /** Returns the octets at a position; empty at the end of the file. */
  read(position: number, length: number): Buffer;
  close(): void;
}

/** Opens a file for reading in pieces. Throws StoreError. */
export function openPieces(path: string): Pieces {
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

export interface FoundRecord {
  readonly octets: Buffer;
  /** Undefined after each piece that was read. */
  readonly record: JournalRecord | undefined;
  /** Position of the first octet of `octets` in the file. */
  readonly base: number;
  /** True for the first record in the current piece. */
  readonly isPieceStart: boolean;
}

/**
 * Yields the records from a position on. Ends at the last whole record. Throws StoreError, and the errors of
 * `held`.
 */
export function* recordsFrom(
  pieces: Pieces,
  start: number,
  path: string,
  held: OctetCount,
): Generator<FoundRecord, void> {
  let octets: Buffer = Buffer.alloc(0);
  let base = start;
  let at = 0;
  let isPieceStart = false;
  try {
    for (;;) {
      const read = readJournalRecord(octets, at);
      if (read.type === 'record') {
        yield { octets, record: read.record, base, isPieceStart };
        isPieceStart = false;
        at = read.record.end;
        continue;
      }
      if (read.type === 'damaged') {
        throw new StoreError(
          `The record at octet ${base + at} of ${path} is damaged: ${read.problem}. Run: confdit check`,
        );
      }
      // Doubles the size, so that a long record is not read many times.
      const wanted = Math.max(PIECE_OCTETS, octets.length - at);
      held.take(wanted);
      const piece = pieces.read(base + octets.length, wanted);
      const next = Buffer.concat([octets.subarray(at), piece]);
      held.give(octets.length + wanted - next.length);
      octets = next;
      if (piece.length === 0) return;
      base += at;
      at = 0;
      isPieceStart = true;
      yield { octets, record: undefined, base, isPieceStart };
    }
  } finally {
    held.give(octets.length);
  }
}

/** A change in the body of a record, with the positions of its text. */
export interface FoundChange {
  readonly change: Change;
  readonly start: number;
  readonly end: number;
}

/**
 * Yields the changes of a record one by one, because it may be a large import; `undefined` after each piece of
 * it.
 */
export function* changesIn(
  octets: Buffer,
  { bodyStart, end }: JournalRecord,
): Generator<FoundChange | undefined, void> {
  let pausedAt = bodyStart;
  for (let start = bodyStart; start < end; ) {
    const blank = octets.indexOf(BLANK_LINE, start);
    const stop = blank === -1 ? end : Math.min(blank + 1, end);
    const change = readChange(octets, start, stop);
    if (change !== undefined) yield { change, start, end: stop };
    start = stop + 1;
    if (start - pausedAt < PIECE_OCTETS) continue;
    pausedAt = start;
    yield undefined;
  }
}

/** Parses the change between two positions. Returns undefined for a blank line. */
export function readChange(octets: Buffer, start: number, end: number): Change | undefined {
  const [read] = readLdif(octets.toString('latin1', start, end));
  return read?.type === 'change' ? read.change : undefined;
}
