// Takes down what clients ask and are answered, see history.ts.

import type { Attempt, Change, Read, WatchItem, Watching } from './history.ts';

type Answer = Pick<Attempt, 'outcome' | 'code' | 'text'>;

export class Recorder {
  readonly attempts: Attempt[] = [];
  readonly reads: Read[] = [];
  readonly watchings: (Watching & { readonly items: WatchItem[] })[] = [];
  #moment = 0;

  /** Returns the present moment; each is later than the one before. */
  now(): number {
    this.#moment += 1;
    return this.#moment;
  }

  /** Takes down that a change is asked for. Call the result with the answer; undefined if there will be none. */
  ask(server: number, change: Change): (answer: Answer | undefined) => void {
    const invoked = this.now();
    return (answer) => {
      const { outcome, code, text } = answer ?? { outcome: 'unknown', code: -1, text: '' };
      const answered = answer === undefined ? Number.POSITIVE_INFINITY : this.now();
      this.attempts.push({ ...change, server, invoked, answered, outcome, code, text });
    };
  }

  read(read: Read): void {
    this.reads.push(read);
  }

  /** Begins what a watcher sees at one server. Items are added to the result. */
  watch(watching: Omit<Watching, 'items'>): WatchItem[] {
    const items: WatchItem[] = [];
    this.watchings.push({ ...watching, items });
    return items;
  }
}
