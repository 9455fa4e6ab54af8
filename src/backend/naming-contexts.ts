// Which backend answers for a name: the one with the longest suffix of it. Backends come and go with the configuration.

import type { Prepared } from '../runtime/component.ts';
import type { Backend } from './backend.ts';

/** Backends that come and go together. */
export interface ContextChange {
  readonly removed: readonly Backend[];
  readonly added: readonly Backend[];
}

export class NamingContexts {
  readonly #byKey = new Map<string, Backend>();
  /** Longest first. */
  #endings: readonly { readonly backend: Backend; readonly ending: string }[] = [];
  /** Prepared changes that are not stored, in order. */
  readonly #staged: ContextChange[] = [];
  #generation = 0;

  constructor(backends: readonly Backend[] = []) {
    for (const backend of backends) this.add(backend);
  }

  /** Another number after every change. */
  get generation(): number {
    return this.#generation;
  }

  [Symbol.iterator](): Iterator<Backend> {
    return this.#byKey.values();
  }

  /** Backends that a search below the root covers: all but the root DSE itself and those found by their name only. */
  get belowRoot(): readonly Backend[] {
    return [...this.#byKey.values()].filter(({ baseKey, isApart }) => baseKey !== '' && isApart !== true);
  }

  /** Takes the place of a backend with the same base. */
  add(backend: Backend): void {
    this.#byKey.set(backend.baseKey, backend);
    this.#collectEndings();
  }

  remove(backend: Backend): void {
    if (this.#byKey.get(backend.baseKey) !== backend) return;
    this.#byKey.delete(backend.baseKey);
    this.#collectEndings();
  }

  /** Takes the key of a name. The root DSE answers for the empty name only (RFC 4512 §5.1). */
  find(key: string): Backend | undefined {
    const exact = this.#byKey.get(key);
    if (exact !== undefined) return exact;
    // There are few suffixes: looking at each is cheaper than cutting the key.
    for (const { backend, ending } of this.#endings) if (key.endsWith(ending)) return backend;
    return undefined;
  }

  /** Stages a change. An added backend is open to those who prepare at once, and to everybody when it is committed. */
  stage(change: ContextChange): Prepared {
    this.#staged.push(change);
    const unstage = () => void this.#staged.splice(this.#staged.indexOf(change), 1);
    return {
      commit: () => {
        unstage();
        this.#take(change);
      },
      abort: unstage,
    };
  }

  /** Returns the backend that `find` will return when the prepared changes are stored. */
  findPrepared(key: string): Backend | undefined {
    if (this.#staged.length === 0) return this.find(key);
    const all = new NamingContexts([...this]);
    for (const change of this.#staged) all.#take(change);
    return all.find(key);
  }

  /** Of two with the same base that change places, the one that is added stays, whichever is named first. */
  #take({ removed, added }: ContextChange): void {
    for (const backend of removed) this.remove(backend);
    for (const backend of added) this.add(backend);
  }

  #collectEndings(): void {
    this.#generation += 1;
    this.#endings = [...this.#byKey.values()]
      .filter(({ baseKey }) => baseKey !== '')
      .map((backend) => ({ backend, ending: `,${backend.baseKey}` }))
      .sort((one, other) => other.ending.length - one.ending.length);
  }
}
