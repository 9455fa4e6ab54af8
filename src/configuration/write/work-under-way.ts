// The work of the write path that is under way, and since when: whoever looks after the server asks whether some of it does
// not come to an end.

/** Text for a change that is being prepared, to be read after "for 12 s". */
export const PREPARING = 'a change has been made ready, which waits for a file or a port';
export const RELOADING = 'a reload has been made ready';
export const FOLLOWING = 'changes of other servers have been made ready';
export const STORING = 'changes have waited for the disk';

export interface SlowWork {
  /** To be read after "for 12 s": `a change has been prepared`. */
  readonly what: string;
  readonly ms: number;
}

export class WorkUnderWay {
  readonly #clockMs: () => number;
  readonly #since = new Map<object, { readonly what: string; readonly sinceMs: number }>();

  /** @param clockMs a clock that never goes back. */
  constructor(clockMs: () => number) {
    this.#clockMs = clockMs;
  }

  /** The work is under way until it has ended, one way or the other. */
  during<T>(what: string, work: Promise<T>): Promise<T> {
    const begun = { what, sinceMs: this.#clockMs() };
    this.#since.set(begun, begun);
    return work.finally(() => this.#since.delete(begun));
  }

  /** The one that is under way the longest. */
  get longest(): SlowWork | undefined {
    const [first] = this.#since.values();
    return first && { what: first.what, ms: this.#clockMs() - first.sinceMs };
  }
}
