// Finds the entries of a tree that a search selects (RFC 4511 §4.5.1). Yields them one by one, so that a large
// result can wait for a slow client and gives other work a turn.

import type { Entry } from '../ldap/entry.ts';
import { SearchScope } from '../ldap/message.ts';
import type { OctetCount } from '../ldap/octet-count.ts';
import type { EqualityTerm } from '../schema/equality-terms.ts';
import type { Tree } from './tree.ts';
import type { Node } from './tree-node.ts';
import type { Walk } from './walk.ts';

export interface TreeSearch<Seen = Entry> {
  readonly base: Node;
  readonly scope: SearchScope;
  /** Returns the three-valued filter result (RFC 4511 §4.5.1.7); only true selects the entry. */
  readonly matches: (entry: Entry) => boolean | undefined;
  /** Maps a found entry to the result. */
  readonly see: (entry: Entry) => Seen;
  /** Equalities that every found entry satisfies. An index for one of them avoids a walk through all entries. */
  readonly terms: readonly EqualityTerm[];
  /**
   * Places of referral objects (RFC 3296), see `referralsOf`. The search looks at all of them in scope and at
   * nothing below them. Undefined if there are none or they are treated as normal entries.
   */
  readonly referrals?: ReadonlySet<Node> | undefined;
  /** Counts the octets that the search copies when a commit changes more than one entry. */
  readonly held?: OctetCount | undefined;
}

/** Number of examined entries after which the search yields `undefined`, so that other work gets a turn. */
const EXAMINED_MAX = 256;
/** Maximum number of index hits that are examined at once. */
const AT_ONCE_MAX = 16;
/** Matched by DN, so it needs no index. */
const ENTRY_DN = 'entrydn';

/**
 * Yields the found entries in the order of the tree, parents first. `undefined` says only that entries were
 * examined.
 */
export function searchTree<Seen>(tree: Tree, search: TreeSearch<Seen>): Iterable<Seen | undefined> {
  const { base, scope, matches, see } = search;
  if (scope === SearchScope.baseObject) {
    return base.entry !== undefined && matches(base.entry) === true ? [see(base.entry)] : [];
  }
  const indexed = smallestIndex(tree, search);
  if (indexed !== undefined && indexed.size <= AT_ONCE_MAX && search.referrals === undefined)
    return filterFew(indexed, search);
  return new FoundOnWalk(tree, nodesToLookAt(indexed, search), search);
}

/** Filters a few entries at once. Without a pause, no commit can come between. */
function filterFew<Seen>(
  nodes: ReadonlySet<Node>,
  { base, scope, matches, see }: TreeSearch<Seen>,
): readonly Seen[] {
  const found: Seen[] = [];
  for (const node of nodes) {
    const { entry } = node;
    if (entry !== undefined && isInScope(node, base, scope) && matches(entry) === true)
      found.push(see(entry));
  }
  return found;
}

function nodesToLookAt(indexed: ReadonlySet<Node> | undefined, search: TreeSearch<unknown>): Iterable<Node> {
  const { base, scope, referrals } = search;
  if (indexed === undefined) return nodesInScope(base, scope, referrals);
  if (referrals === undefined) return within(indexed, base, scope);
  return within(union(indexed, referrals), base, scope, referrals);
}

function smallestIndex(tree: Tree, search: TreeSearch<unknown>): ReadonlySet<Node> | undefined {
  let smallest: ReadonlySet<Node> | undefined;
  for (const { key, normalizedValue } of search.terms) {
    const nodes = key === ENTRY_DN ? tree.named(normalizedValue) : tree.indexed(key, normalizedValue);
    if (nodes !== undefined && (smallest === undefined || nodes.size < smallest.size)) smallest = nodes;
  }
  return smallest;
}

/**
 * Filters during a walk. It is no generator, like `NodesBelow`: two generators take a third of the time for an
 * entry.
 */
class FoundOnWalk<Seen> implements IterableIterator<Seen | undefined> {
  readonly #tree: Tree;
  readonly #nodes: Iterable<Node>;
  readonly #matches: (entry: Entry) => boolean | undefined;
  readonly #see: (entry: Entry) => Seen;
  readonly #held: OctetCount | undefined;
  #walk: Walk | undefined;

  constructor(tree: Tree, nodes: Iterable<Node>, { matches, see, held }: TreeSearch<Seen>) {
    this.#held = held;
    this.#tree = tree;
    this.#nodes = nodes;
    this.#matches = matches;
    this.#see = see;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<Seen | undefined, undefined> {
    this.#walk ??= this.#tree.beginWalk(this.#nodes, this.#held);
    try {
      return this.#look(this.#walk);
    } catch (error) {
      this.return();
      throw error;
    }
  }

  return(): IteratorResult<Seen | undefined, undefined> {
    if (this.#walk !== undefined) this.#tree.endWalk(this.#walk);
    return { done: true, value: undefined };
  }

  #look(walk: Walk): IteratorResult<Seen | undefined, undefined> {
    for (let examined = 0; examined < EXAMINED_MAX; examined++) {
      const entry = walk.next();
      if (entry === undefined) return this.return();
      if (this.#matches(entry) === true) return { done: false, value: this.#see(entry) };
    }
    return { done: false, value: undefined };
  }
}

function* union(nodes: ReadonlySet<Node>, others: ReadonlySet<Node>): Generator<Node> {
  for (const node of nodes) if (!others.has(node)) yield node;
  yield* others;
}

function* within(
  nodes: Iterable<Node>,
  base: Node,
  scope: SearchScope,
  referrals?: ReadonlySet<Node>,
): Generator<Node> {
  for (const node of nodes) {
    if (isInScope(node, base, scope) && (referrals === undefined || !isBelowOne(node, referrals))) yield node;
  }
}

function isBelowOne(node: Node, referrals: ReadonlySet<Node>): boolean {
  for (let above = node.parent; above !== undefined; above = above.parent)
    if (referrals.has(above)) return true;
  return false;
}

function isInScope(node: Node, base: Node, scope: SearchScope): boolean {
  if (scope === SearchScope.singleLevel) return node.parent === base;
  if (node === base) return scope === SearchScope.wholeSubtree;
  for (let above = node.parent; above !== undefined; above = above.parent) if (above === base) return true;
  return false;
}

function nodesInScope(
  base: Node,
  scope: SearchScope,
  referrals: ReadonlySet<Node> | undefined,
): Iterable<Node> {
  if (scope === SearchScope.singleLevel) return base.children?.values() ?? [];
  return new NodesBelow(base, scope === SearchScope.wholeSubtree, referrals);
}

/** Iterates over a subtree, parents first, with or without its base. */
class NodesBelow implements IterableIterator<Node> {
  readonly #referrals: ReadonlySet<Node> | undefined;
  readonly #above: Iterator<Node>[] = [];
  #level: Iterator<Node>;

  constructor(base: Node, isWithBase: boolean, referrals: ReadonlySet<Node> | undefined) {
    this.#referrals = referrals;
    this.#level = isWithBase ? [base].values() : (base.children?.values() ?? [].values());
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): IteratorResult<Node, undefined> {
    for (;;) {
      const result = this.#level.next();
      if (result.done !== true) {
        const { children } = result.value;
        if (children !== undefined && this.#referrals?.has(result.value) !== true) {
          this.#above.push(this.#level);
          this.#level = children.values();
        }
        return result;
      }
      const above = this.#above.pop();
      if (above === undefined) return { done: true, value: undefined };
      this.#level = above;
    }
  }
}
