// Searches in progress. Before a commit that changes more than one entry, such as a move, every search copies
// the rest of its work. It then returns the state before the commit, never a mix.

import type { Entry } from '../ldap/entry.ts';
import type { OctetCount } from '../ldap/octet-count.ts';
import type { Node } from './tree-node.ts';

/** Octets of one position in a list. */
const PLACE_OCTETS = 16;

/** Walk of one search through its nodes. */
export class Walk {
  readonly #nodes: Iterator<Node>;
  readonly #held: OctetCount | undefined;
  #frozen: Iterator<Entry> | undefined;
  #octets = 0;
  /** Error if the copy would have been too large. */
  #failure: unknown;

  /** @param held Counts the octets of the copy. The search fails if they are too many. */
  constructor(nodes: Iterable<Node>, held?: OctetCount) {
    this.#nodes = nodes[Symbol.iterator]();
    this.#held = held;
  }

  /**
   * Returns the next entry that readers see; undefined at the end. Throws LdapError if the copy was too large.
   */
  next(): Entry | undefined {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#frozen !== undefined) return this.#frozen.next().value;
    for (;;) {
      const { value: node, done } = this.#nodes.next();
      if (done === true) return undefined;
      if (node.entry !== undefined) return node.entry;
    }
  }

  /** Copies the remaining entries as they are now. Later calls do nothing. */
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
      // The commit goes on even if a reader fails.
      this.end();
      this.#failure = error;
    }
  }

  /** Ends the walk. */
  end(): void {
    this.#held?.give(this.#octets);
    this.#octets = 0;
    this.#frozen = NOTHING;
  }
}

const NOTHING: Iterator<Entry> = { next: () => ({ done: true, value: undefined }) };
