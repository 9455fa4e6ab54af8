// The records of one file of the journal, read by pieces. Reads are synchronous, from files that the system mostly has in
// memory; nothing is kept but the piece that is being looked at, and what is longer than a piece is counted.

import { closeSync, openSync, readSync } from 'node:fs';
import { readLdif } from '../codec/ldif-reader.ts';
import type { Change } from '../ldap/change.ts';
import type { OctetCount } from '../ldap/octet-count.ts';
import { type JournalRecord, readJournalRecord } from './journal-record.ts';
import { StoreError, storeErrorFrom } from './store-error.ts';

const PIECE_OCTETS = 64 * 1024;
const BLANK_LINE = Buffer.from('\n\n', 'latin1');

export interface Pieces {
  /** The octets at a position, empty at the end of the file. */
  read(position: number, length: number): Buffer;
  close(): void;
}

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
  /** Where the first of the octets is in the file. */
  readonly base: number;
  /** Whether it is the first record in what was read last. */
  readonly isPieceStart: boolean;
}

/** The records from a position on; ends where the last whole one does. Throws StoreError, and what `held` throws. */
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
      // A long record is not read again and again in small pieces.
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

/** A change in the body of a record, and from where to where its text goes. */
export interface FoundChange {
  readonly change: Change;
  readonly start: number;
  readonly end: number;
}

/** The changes of a record one by one, for it may be an import of everything; `undefined` after each piece of it. */
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

/** The change that stands there; undefined for nothing but a blank line. */
export function readChange(octets: Buffer, start: number, end: number): Change | undefined {
  const [read] = readLdif(octets.toString('latin1', start, end));
  return read?.type === 'change' ? read.change : undefined;
}
