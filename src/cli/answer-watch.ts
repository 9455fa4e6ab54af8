// The requests that wait for answers on one connection. While there are any, the server may be silent for a while and no
// longer; every answer begins a new while, so that many answers, or a large one, may take all the time they need.

import type { CommandError } from './command.ts';
import type { Patience } from './connection-options.ts';

export class AnswerWatch {
  readonly #silent: (patience: Patience) => CommandError;
  readonly #waiting = new Set<(error: CommandError) => void>();
  #patience: Patience;
  #timer: NodeJS.Timeout | undefined;

  /** @param silent what those that wait are told. */
  constructor(patience: Patience, silent: (patience: Patience) => CommandError) {
    this.#patience = patience;
    this.#silent = silent;
  }

  /** From the next request on. */
  set patience(patience: Patience) {
    this.#patience = patience;
  }

  /** Settles as `start` says, or rejects when the server has been silent for too long. */
  async answer<T>(
    start: (resolve: (value: T) => void, reject: (error: unknown) => void) => void,
  ): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#waiting.add(reject);
    if (this.#waiting.size === 1) this.heard();
    try {
      start(resolve, reject);
      return await promise;
    } finally {
      this.#waiting.delete(reject);
      this.heard();
    }
  }

  /** The server has said something. */
  heard(): void {
    clearTimeout(this.#timer);
    const { ms } = this.#patience;
    if (this.#waiting.size > 0 && ms > 0) this.#timer = setTimeout(() => this.#giveUp(), ms);
  }

  #giveUp(): void {
    const error = this.#silent(this.#patience);
    for (const reject of this.#waiting) reject(error);
  }
}
