// Work that is slow, a little of it at a time: sources take turns, so one that asks for much waits for itself and
// keeps nobody else waiting.

import { LdapError } from '../ldap/ldap-error.ts';

export class FairQueue {
  readonly #runningMax: number;
  readonly #waitingMax: number;
  readonly #refusal: (source: string) => string;
  /** In the order of turns; a source that had its turn and has more goes to the end. */
  readonly #waiting = new Map<string, (() => void)[]>();
  #running = 0;

  /** Takes how many run at a time, how many of one source may wait, and what one more is answered. */
  constructor(runningMax: number, waitingMax: number, refusal: (source: string) => string) {
    this.#runningMax = runningMax;
    this.#waitingMax = waitingMax;
    this.#refusal = refusal;
  }

  /** Runs the work when it is the source's turn. Throws busy (51) when too much of the source waits already. */
  async run<T>(source: string, work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#runningMax) await this.#wait(source);
    else this.#running += 1;
    try {
      return await work();
    } finally {
      this.#passOn();
    }
  }

  #wait(source: string): Promise<void> {
    const line = this.#waiting.get(source) ?? [];
    if (line.length >= this.#waitingMax) {
      throw new LdapError('busy', this.#refusal(source));
    }
    this.#waiting.set(source, line);
    return new Promise((resolve) => line.push(resolve));
  }

  /** Gives the place of what has ended to the next source. */
  #passOn(): void {
    for (const [source, line] of this.#waiting) {
      const next = line.shift();
      this.#waiting.delete(source);
      if (line.length > 0) this.#waiting.set(source, line);
      if (next !== undefined) {
        next();
        return;
      }
    }
    this.#running -= 1;
  }
}
