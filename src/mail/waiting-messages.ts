// The messages of the spool that nobody works on just now: those whose turn it is, first come first served, and those that
// pause.

import type { Later } from './pauses.ts';
import type { SpoolEntry } from './spool.ts';

export interface WaitingMessage {
  readonly entry: SpoolEntry;
  /** How often it was tried in vain since the server started. */
  readonly attempts: number;
}

export class WaitingMessages {
  /**
   * From `#first` on; what is before that was taken. No Set, which looks at every place that was ever left before it finds
   * the first one that is taken: a hundred thousand messages would cost the square of that.
   */
  #ready: (WaitingMessage | undefined)[] = [];
  #first = 0;
  /** With what ends each pause. */
  readonly #pausing = new Map<WaitingMessage, () => void>();
  readonly #later: Later;
  readonly #ring: () => void;
  #isStopped = false;

  /** @param ring called when a pause has ended. */
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

  /** The next whose turn it is. */
  take(): WaitingMessage | undefined {
    const next = this.#ready[this.#first];
    if (next === undefined) return undefined;
    this.#ready[this.#first] = undefined;
    this.#first += 1;
    // Each message is moved once at most, as long as half of the places are free.
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

  /** No pause ends any more. */
  stop(): void {
    this.#isStopped = true;
    for (const cancel of this.#pausing.values()) cancel();
  }
}
