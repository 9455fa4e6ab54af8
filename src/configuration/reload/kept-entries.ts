// Entries that another server of the cluster has stored and that this one could not put into force. A reload tries them again. Those
// that still cannot be in force stay as they are, and refuse the reload of nothing else.

import type { Configuration } from '../configuration.ts';

export class KeptEntries {
  readonly #configuration: Configuration;
  readonly #keys = new Set<string>();
  readonly #problems = new Set<string>();
  #isSettled = true;

  constructor(configuration: Configuration) {
    this.#configuration = configuration;
  }

  /** Sentences that say why the entries are still not in force here. */
  get problems(): readonly string[] {
    return [...this.#problems];
  }

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  /** Keeps an entry as it is in force, for these reasons. Returns false if it is not one of those that are tried again. */
  keep(key: string, reasons: readonly string[]): boolean {
    const { inForce } = this.#configuration;
    const entry = this.#configuration.find(key);
    if (entry === undefined || this.#keys.has(key) || !inForce.isHeld(entry)) return false;
    this.#keys.add(key);
    for (const reason of reasons) this.#problems.add(reason);
    this.#isSettled = false;
    return true;
  }

  /** Returns true if entries were kept since the last call: the plan that tried them is to be made again without them. */
  takeUnsettled(): boolean {
    const isUnsettled = !this.#isSettled;
    this.#isSettled = true;
    return isUnsettled;
  }
}
