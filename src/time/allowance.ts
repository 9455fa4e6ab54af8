// One deadline for several pieces of work, one after the other.

import { Deadline } from './deadline.ts';

export class Allowance {
  readonly #deadline: Deadline | undefined;
  #late: PromiseWithResolvers<'late'> | undefined;

  /** @param ms milliseconds; infinity for no limit */
  constructor(ms: number) {
    if (ms < Number.POSITIVE_INFINITY) this.#deadline = new Deadline(ms, () => this.#late?.resolve('late'));
  }

  /** Returns what one of its pieces of work gives, or `late` if the time is over first. It counts from the first piece. */
  async within<Made>(pending: Promise<Made>): Promise<Made | 'late'> {
    if (this.#deadline === undefined) return pending;
    if (this.#late === undefined) {
      this.#late = Promise.withResolvers();
      this.#deadline.begin();
    }
    return Promise.race([pending, this.#late.promise]);
  }

  /** Stops counting. */
  end(): void {
    this.#deadline?.close();
  }
}
