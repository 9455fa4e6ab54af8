// Which backend answers for a name: the one with the longest suffix of it. Backends come and go with the configuration.

import type { Backend } from './backend.ts';

export class NamingContexts {
  readonly #byKey = new Map<string, Backend>();
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

  /** Takes the place of a backend with the same base. */
  add(backend: Backend): void {
    this.#byKey.set(backend.baseKey, backend);
    this.#generation += 1;
  }

  remove(backend: Backend): void {
    if (this.#byKey.get(backend.baseKey) !== backend) return;
    this.#byKey.delete(backend.baseKey);
    this.#generation += 1;
  }

  /** Takes the key of a name. The root DSE answers for the empty name only (RFC 4512 §5.1). */
  find(key: string): Backend | undefined {
    for (let suffix = key; ; ) {
      const backend = this.#byKey.get(suffix);
      if (backend !== undefined) return backend;
      const comma = suffix.indexOf(',');
      // The empty suffix is the root DSE's, which answers for the empty name only.
      if (comma < 0) return undefined;
      suffix = suffix.slice(comma + 1);
    }
  }
}
