// How long a batch waits for more requests. A batch of a cluster takes a store many milliseconds, however many requests are in it,
// and clients that are answered ask again within a moment. Without that moment, half of them always wait for the batch of the
// other half: each batch is half as large, and each answer takes twice as long.

import { livingTimer, type Timer } from '../../time/deadline.ts';

/** Share of the time of the last batch that the next one may wait. */
const SHARE = 1 / 4;
/** In milliseconds. */
const LIMITS = { least: 1, most: 10 };

export class Gathering {
  readonly #over: () => void;
  readonly #timer: Timer;
  /** Requests that the next batch waits for; 0 once it waits no longer. */
  #wanted = 0;
  #cancel: (() => void) | undefined;

  /** @param over called when the next batch waits no longer, without having what it waited for */
  constructor(over: () => void, timer: Timer = livingTimer) {
    this.#over = over;
    this.#timer = timer;
  }

  /**
   * Begins when a batch was stored.
   * @param wanted number of requests that are ready, or whose clients are answered now
   * @param storedMs milliseconds that the store took for the batch
   */
  begin(wanted: number, storedMs: number): void {
    this.end();
    this.#wanted = wanted;
    const ms = Math.min(Math.max(storedMs * SHARE, LIMITS.least), LIMITS.most);
    this.#cancel = this.#timer(ms, () => {
      this.#cancel = undefined;
      this.#wanted = 0;
      this.#over();
    });
  }

  /** True if a batch of so many requests waits for more. */
  isWorthWaiting(count: number): boolean {
    return count < this.#wanted;
  }

  /** Waits no longer. */
  end(): void {
    this.#wanted = 0;
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
