// How the connections of a server share its time: what they do between two looks at the network is one turn, however many
// they are and however much each has asked for. Without that, a hundred of them would keep everybody waiting a hundred
// times as long as one. Whoever has logged in goes before whoever has not; who has not has a little of every turn.

/** All together work so long, then the network is looked at. */
const TURN_MS = 4;
/** One connection works so long with what it has asked for, then another one does. */
const SLICE_MS = 1;

/** Rank of a connection: `known` if somebody has logged in. */
export type Rank = 'known' | 'unknown';

interface Waiter {
  readonly run: () => void;
  /** True if it continues after the call, until the turn is over. */
  readonly isLong: boolean;
}

export class Turns {
  readonly #waiting: Readonly<Record<Rank, Waiter[]>> = { known: [], unknown: [] };
  readonly #now: () => number;
  /** When the turn ends that is being had. */
  #endsAt: number | undefined;
  #isScheduled = false;

  /** Takes the clock that all times here are on: milliseconds that never go back. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** When whoever works now has to stop. */
  endsAt(now: number): number {
    this.#endsAt ??= now + TURN_MS;
    this.#schedule();
    return this.#endsAt;
  }

  /** When a connection that begins now has to let others go on. */
  sliceEndsAt(now: number): number {
    return Math.min(this.endsAt(now), now + SLICE_MS);
  }

  /** Returns true if work of this rank may begin at once: time is left, and nobody waits who goes before it. */
  isFree(rank: Rank, now: number): boolean {
    const { known, unknown } = this.#waiting;
    const isFirst = known.length === 0 && (rank === 'known' || unknown.length === 0);
    return isFirst && now < this.endsAt(now);
  }

  /** Calls back when it is the caller's turn, after those of its rank who waited before. */
  wait(rank: Rank, run: () => void): void {
    this.#waiting[rank].push({ run, isLong: false });
    this.#schedule();
  }

  /** Waits for a turn of work that lasts until the turn is over. */
  next(rank: Rank): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting[rank].push({ run: resolve, isLong: true });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    // The network is looked at before this is called.
    setImmediate(() => this.#begin());
  }

  #begin(): void {
    this.#isScheduled = false;
    const { known, unknown } = this.#waiting;
    if (known.length > 0 || unknown.length > 0) {
      this.#endsAt = this.#now() + TURN_MS;
      this.#goThrough(known, this.#endsAt);
      this.#goThrough(unknown, this.#endsAt);
      if (known.length > 0 || unknown.length > 0) this.#schedule();
    }
    this.#endsAt = undefined;
  }

  /** One at least has its turn. */
  #goThrough(line: Waiter[], endsAt: number): void {
    for (let left = line.length; left > 0; left--) {
      const waiter = line.shift();
      waiter?.run();
      if (waiter?.isLong === true || this.#now() >= endsAt) return;
    }
  }
}
