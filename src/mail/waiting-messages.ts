// The messages of the spool that nobody works on just now: those whose turn it is, first come first served, and those that
// pause.

import type { SpoolEntry } from './spool.ts';

export interface WaitingMessage {
  readonly entry: SpoolEntry;
  /** How often it was tried in vain since the server started. */
  readonly attempts: number;
}

export class WaitingMessages {
  readonly #ready = new Set<WaitingMessage>();
  readonly #pausing = new Map<WaitingMessage, NodeJS.Timeout>();
  readonly #ring: () => void;
  #isStopped = false;

  /** @param ring called when a pause has ended. */
  constructor(ring: () => void) {
    this.#ring = ring;
  }

  add(message: WaitingMessage, pauseMs = 0): void {
    if (pauseMs === 0) {
      this.#ready.add(message);
      return;
    }
    if (this.#isStopped) return;
    const timer = setTimeout(() => {
      this.#pausing.delete(message);
      this.#ready.add(message);
      this.#ring();
    }, pauseMs);
    this.#pausing.set(message, timer);
  }

  /** The next whose turn it is. */
  take(): WaitingMessage | undefined {
    const [next] = this.#ready;
    if (next !== undefined) this.#ready.delete(next);
    return next;
  }

  /** Ends all pauses. */
  hurry(): void {
    for (const [message, timer] of this.#pausing) {
      clearTimeout(timer);
      this.#ready.add(message);
    }
    this.#pausing.clear();
  }

  /** No pause ends any more. */
  stop(): void {
    this.#isStopped = true;
    for (const timer of this.#pausing.values()) clearTimeout(timer);
  }
}
