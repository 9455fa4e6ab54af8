// Limits the answers that clients have not read yet, for one connection and for the whole server. Above its bound a
// connection is neither read nor answered until the client has read its answers. Above the bound of the server, the connection
// with most unread octets is dropped, first of those without a login.

import type { Rank } from '../../operations/turns.ts';

/** A connection with unread answers. */
export interface SlowReader {
  readonly rank: Rank;
  /** Closes the connection without a notice, which the client would not read. */
  destroy(): void;
}

/** Unread octets of a connection, and its rank when they were counted. */
interface Waiting {
  readonly octets: number;
  readonly rank: Rank;
}

/** Octets that each connection may leave unread in any case: enough for most answers. */
const SHARE_MIN = 64 * 1024;
/** Share of the bound for connections without a login. */
const UNKNOWN_PART = 0.25;

export class UnsentAnswers {
  readonly #octetsMax: number;
  readonly #waiting = new Map<SlowReader, Waiting>();
  readonly #totals: Record<Rank, number> = { known: 0, unknown: 0 };

  /** Takes the maximum number of unread octets of all clients. */
  constructor(octetsMax: number) {
    this.#octetsMax = octetsMax;
  }

  /** Number of unread octets. */
  get octets(): number {
    return this.#totals.known + this.#totals.unknown;
  }

  /** Returns how many octets one connection may leave unread now, at most `ownMax`. */
  shareOf(ownMax: number): number {
    return Math.min(ownMax, Math.max(SHARE_MIN, this.#octetsMax / Math.max(1, this.#waiting.size)));
  }

  /** Counts the unread octets of a connection; drops connections above the bound. */
  waits(reader: SlowReader, octets: number): void {
    this.taken(reader);
    if (octets === 0) return;
    const { rank } = reader;
    this.#waiting.set(reader, { octets, rank });
    this.#totals[rank] += octets;
    while (this.#totals.unknown > this.#octetsMax * UNKNOWN_PART) this.#drop('unknown');
    while (this.octets > this.#octetsMax) this.#drop(this.#totals.unknown > 0 ? 'unknown' : 'known');
  }

  /** Notes that a connection has read everything, or is closed. */
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
