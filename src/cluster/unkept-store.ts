// A store that keeps nothing here: what it holds is in a log of the cluster, and is read from there at each start. It counts what comes,
// so that a snapshot for the log is written from time to time.

import { dnOfChange } from '../ldap/change.ts';
import type { Commit, Store } from '../store/store.ts';

export class UnkeptStore implements Store {
  readonly failure = undefined;
  #lastNumber: number;
  #snapshotNumber: number;
  #octets = 0;

  /** @param number of the last commit in what it begins with */
  constructor(number: number) {
    this.#lastNumber = number;
    this.#snapshotNumber = number;
  }

  get lastNumber(): number {
    return this.#lastNumber;
  }

  get commitsSinceSnapshot(): number {
    return this.#lastNumber - this.#snapshotNumber;
  }

  get bytesSinceSnapshot(): number {
    return this.#octets;
  }

  async append(commits: readonly Commit[]): Promise<void> {
    for (const { number, changes } of commits) {
      this.#lastNumber = number;
      for (const change of changes) this.#octets += dnOfChange(change).toString().length + octetsOf(change);
    }
  }

  async snapshot(_: unknown, throughNumber: number): Promise<void> {
    this.#snapshotNumber = throughNumber;
    this.#octets = 0;
  }

  async close(): Promise<void> {}
}

/** About how many octets a change takes as text. */
function octetsOf(change: Commit['changes'][number]): number {
  const attributes =
    change.type === 'add'
      ? change.entry.attributes
      : change.type === 'modify'
        ? change.modifications.map(({ attribute }) => attribute)
        : [];
  let octets = 0;
  for (const { description, values } of attributes)
    for (const value of values) octets += description.length + value.length;
  return octets;
}
