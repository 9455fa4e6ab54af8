// Which backend answers for a name: the one with the longest suffix of it.

import type { Backend } from './backend.ts';

export class NamingContexts {
  readonly #backends: readonly Backend[];
  readonly #byKey: ReadonlyMap<string, Backend>;

  constructor(backends: readonly Backend[]) {
    this.#backends = backends;
    this.#byKey = new Map(backends.map((backend) => [backend.baseKey, backend]));
  }

  [Symbol.iterator](): Iterator<Backend> {
    return this.#backends[Symbol.iterator]();
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
