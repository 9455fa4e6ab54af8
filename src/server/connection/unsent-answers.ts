// Answers that clients have not taken yet: how much of them may wait, for one connection and for all of a server. Within
// its bound a connection goes on being served; above it nothing more is read from it and nothing more is answered until it
// has taken what is there. When all together are too much, whoever leaves most of it unread is dropped: first of those who
// have not logged in.

import type { Rank } from '../../operations/turns.ts';

/** A connection with answers that wait. */
export interface SlowReader {
  readonly rank: Rank;
  /** Closes the connection without a word: what it does not read it could not be told either. */
  destroy(): void;
}

/** What waits for one, and of which rank it was when that was counted. */
interface Waiting {
  readonly octets: number;
  readonly rank: Rank;
}

/** However many connections share what there is, each may have so much: one answer is mostly less. */
const SHARE_MIN = 64 * 1024;
/** How much of it all those may have who have not logged in. */
const UNKNOWN_PART = 0.25;

export class UnsentAnswers {
  readonly #octetsMax: number;
  readonly #waiting = new Map<SlowReader, Waiting>();
  readonly #totals: Record<Rank, number> = { known: 0, unknown: 0 };

  /** Takes how many octets of answers may wait for all clients together. */
  constructor(octetsMax: number) {
    this.#octetsMax = octetsMax;
  }

  /** How many octets wait. */
  get octets(): number {
    return this.#totals.known + this.#totals.unknown;
  }

  /** How much may wait for one connection now, of the bound it has for itself. */
  shareOf(ownMax: number): number {
    return Math.min(ownMax, Math.max(SHARE_MIN, this.#octetsMax / Math.max(1, this.#waiting.size)));
  }

  /** Tells how much waits for a connection now; drops whoever is too much. */
  waits(reader: SlowReader, octets: number): void {
    this.taken(reader);
    if (octets === 0) return;
    const { rank } = reader;
    this.#waiting.set(reader, { octets, rank });
    this.#totals[rank] += octets;
    while (this.#totals.unknown > this.#octetsMax * UNKNOWN_PART) this.#drop('unknown');
    while (this.octets > this.#octetsMax) this.#drop(this.#totals.unknown > 0 ? 'unknown' : 'known');
  }

  /** The connection has taken all, or is gone. */
  taken(reader: SlowReader): void {
    const waiting = this.#waiting.get(reader);
    if (waiting === undefined) return;
    this.#totals[waiting.rank] -= waiting.octets;
    this.#waiting.delete(reader);
  }

  #drop(rank: Rank): void {
    let most: SlowReader | undefined;
    let octetsMost = 0;
    for (const [reader, waiting] of this.#waiting) {
      if (waiting.rank !== rank || waiting.octets <= octetsMost) continue;
      most = reader;
      octetsMost = waiting.octets;
    }
    if (most === undefined) return;
    this.taken(most);
    most.destroy();
  }
}
