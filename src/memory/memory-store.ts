// A store that keeps nothing, for trees that exist only in memory.

import type { Commit, Store } from '../store/store.ts';

export class MemoryStore implements Store {
  readonly commitsSinceSnapshot = 0;
  readonly bytesSinceSnapshot = 0;
  readonly failure = undefined;
  #lastNumber = 0;

  get lastNumber(): number {
    return this.#lastNumber;
  }

  append(commits: readonly Commit[]): Promise<void> {
    this.#lastNumber = commits.at(-1)?.number ?? this.#lastNumber;
    return Promise.resolve();
  }

  snapshot(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
