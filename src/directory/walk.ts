// Searches that are under way. A commit that changes more than one entry, such as a move, first lets every search
// take down what it has still to look at: it then finds all as it was before, never half of each.

import type { Entry } from '../ldap/entry.ts';
import type { OctetCount } from '../ldap/octet-count.ts';
import type { Node } from './tree.ts';

/** A place in a list. */
const PLACE_OCTETS = 16;

/** One search's way through the nodes it looks at. */
export class Walk {
  readonly #nodes: Iterator<Node>;
  readonly #held: OctetCount | undefined;
  #frozen: Iterator<Entry> | undefined;
  #octets = 0;
  /** Why it cannot go on: what it would have had to take down is too much. */
  #failure: unknown;

  /** @param held counts what a freeze takes; the search fails where that is too much. */
  constructor(nodes: Iterable<Node>, held?: OctetCount) {
    this.#nodes = nodes[Symbol.iterator]();
    this.#held = held;
  }

  /** The next entry that readers see; undefined at the end. Throws LdapError when it could not be frozen. */
  next(): Entry | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#frozen !== undefined) return this.#frozen.next().value;
    for (;;) {
      const { value: node, done } = this.#nodes.next();
      if (done === true) return undefined;
      if (node.entry !== undefined) return node.entry;
    }
  }

  /** From now on gives the entries as they are now. Costs what has not been looked at yet, once. */
  freeze(): void {
    if (this.#frozen !== undefined) return;
    const entries: Entry[] = [];
    try {
      for (let entry = this.next(); entry !== undefined; entry = this.next()) {
        this.#held?.take(PLACE_OCTETS);
        this.#octets += PLACE_OCTETS;
        entries.push(entry);
      }
      this.#frozen = entries[Symbol.iterator]();
    } catch (error) {
      // The commit goes on whatever becomes of those who read.
      this.end();
      this.#failure = error;
    }
  }

  /** Nothing more is asked for. */
  end(): void {
    this.#held?.give(this.#octets);
    this.#octets = 0;
    this.#frozen = NOTHING;
  }
}

const NOTHING: Iterator<Entry> = { next: () => ({ done: true, value: undefined }) };
