// The steps of the write path that are under way, and since when: whoever looks after the server asks whether one of them
// does not come back.

/** What is under way, to be read after "for 12 s". */
export const PREPARING = 'a change has been made ready, which waits for a file or a port';
export const STORING = 'changes have waited for the disk';

export interface SlowStep {
  /** To be read after "for 12 s": `a change has been prepared`. */
  readonly what: string;
  readonly ms: number;
}

export class StepsUnderWay {
  readonly #clockMs: () => number;
  readonly #since = new Map<object, { readonly what: string; readonly sinceMs: number }>();

  /** @param clockMs a clock that never goes back. */
  constructor(clockMs: () => number) {
    this.#clockMs = clockMs;
  }

  /** The step is under way until the work has ended, one way or the other. */
  during<T>(what: string, work: Promise<T>): Promise<T> {
    const step = { what, sinceMs: this.#clockMs() };
    this.#since.set(step, step);
    return work.finally(() => this.#since.delete(step));
  }

  /** The one that is under way the longest. */
  get longest(): SlowStep | undefined {
    const [first] = this.#since.values();
    return first && { what: first.what, ms: this.#clockMs() - first.sinceMs };
  }
}
