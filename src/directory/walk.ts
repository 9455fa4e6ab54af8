// Searches that are under way. A commit that changes more than one entry, such as a move, first lets every search
// take down what it has still to look at: it then finds all as it was before, never half of each.

import type { Entry } from '../ldap/entry.ts';
import type { Node } from './tree.ts';

/** One search's way through the nodes it looks at. */
export class Walk {
  readonly #nodes: Iterator<Node>;
  #frozen: Iterator<Entry> | undefined;

  constructor(nodes: Iterable<Node>) {
    this.#nodes = nodes[Symbol.iterator]();
  }

  /** The next entry that readers see; undefined at the end. */
  next(): Entry | undefined {
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
    for (let entry = this.next(); entry !== undefined; entry = this.next()) entries.push(entry);
    this.#frozen = entries[Symbol.iterator]();
  }
}
