// The messages of the spool that are not in delivery: ready ones in order of arrival, and pausing ones.

import type { Later } from './pauses.ts';
import type { SpoolEntry } from './spool.ts';

export interface WaitingMessage {
  readonly entry: SpoolEntry;
  /** Number of failed attempts since the server started. */
  readonly attempts: number;
}

/** Ready and pausing messages. */
export class WaitingMessages {
  /**
   * Ready messages from `#first` on; earlier positions are empty. A Set would be slow here: it scans all
   * deleted positions before the first element, which is quadratic for a hundred thousand messages.
   */
  #ready: (WaitingMessage | undefined)[] = [];
  #first = 0;
  /** Pausing messages with the function that cancels the pause. */
  readonly #pausing = new Map<WaitingMessage, () => void>();
  readonly #later: Later;
  readonly #ring: () => void;
  #isStopped = false;

  /** @param ring Called when a pause has ended. */
  constructor(later: Later, ring: () => void) {
    this.#later = later;
    this.#ring = ring;
  }

  add(message: WaitingMessage, pauseMs = 0): void {
    if (pauseMs === 0) {
      this.#ready.push(message);
      return;
    }
    if (this.#isStopped) return;
    const cancel = this.#later(pauseMs, () => {
      this.#pausing.delete(message);
      this.#ready.push(message);
      this.#ring();
    });
    this.#pausing.set(message, cancel);
  }

  /** Takes the next ready message. */
  take(): WaitingMessage | undefined {
    const next = this.#ready[this.#first];
    if (next === undefined) return undefined;
    this.#ready[this.#first] = undefined;
    this.#first += 1;
    // Each message is moved at most once, because half of the positions are free.
    if (this.#first * 2 > this.#ready.length) {
      this.#ready = this.#ready.slice(this.#first);
      this.#first = 0;
    }
    return next;
  }

  /** Ends all pauses. */
  hurry(): void {
    for (const [message, cancel] of this.#pausing) {
      cancel();
      this.#ready.push(message);
    }
    this.#pausing.clear();
  }

  /** Cancels all pauses; the messages never become ready. */
  stop(): void {
    this.#isStopped = true;
    for (const cancel of this.#pausing.values()) cancel();
  }
}
