// Which entries of a tree a search finds (RFC 4511 §4.5.1). The result is produced bit by bit, so that a large
// one can wait for a slow reader and lets others have their turn.

import type { Entry } from '../ldap/entry.ts';
import { SearchScope } from '../ldap/message.ts';
import type { EqualityTerm } from '../schema/equality-terms.ts';
import type { Node, Tree } from './tree.ts';

export interface TreeSearch<Seen = Entry> {
  readonly base: Node;
  readonly scope: SearchScope;
  /** Three-valued (RFC 4511 §4.5.1.7): only true finds. */
  readonly matches: (entry: Entry) => boolean | undefined;
  /** What is made of an entry that is found. */
  readonly see: (entry: Entry) => Seen;
  /** Equalities that whatever is found must satisfy; an index for one of them saves looking at everything. */
  readonly terms: readonly EqualityTerm[];
  /**
   * The places that stand for parts held elsewhere (RFC 3296), see `referralsOf`: all of them in the scope are looked
   * at, nothing below them is. Undefined: there are none, or they are entries like others.
   */
  readonly referrals?: ReadonlySet<Node> | undefined;
}

/** After so many entries that do not match the search yields `undefined`: a chance to let others work. */
const EXAMINED_MAX = 256;
/** So few entries that an index gives are looked at in one go. */
const AT_ONCE_MAX = 16;
/** What is found by its name needs no index. */
const ENTRY_DN = 'entrydn';

/** The entries found, in the order of the tree, parents first; `undefined` says only that work was done. */
export function searchTree<Seen>(tree: Tree, search: TreeSearch<Seen>): Iterable<Seen | undefined> {
  const { base, scope, matches, see } = search;
  if (scope === SearchScope.baseObject) {
    return base.entry !== undefined && matches(base.entry) === true ? [see(base.entry)] : [];
  }
  const indexed = smallestIndex(tree, search);
  if (indexed !== undefined && indexed.size <= AT_ONCE_MAX && search.referrals === undefined)
    return filterFew(indexed, search);
  return filterNodes(tree, nodesToLookAt(indexed, search), search);
}

/** What is found without a pause needs nothing to keep it whole. */
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

function* filterNodes<Seen>(
  tree: Tree,
  nodes: Iterable<Node>,
  { matches, see }: TreeSearch<Seen>,
): Generator<Seen | undefined> {
  const walk = tree.beginWalk(nodes);
  try {
    let examined = 0;
    for (let entry = walk.next(); entry !== undefined; entry = walk.next()) {
      if (matches(entry) === true) {
        examined = 0;
        yield see(entry);
      } else if (++examined % EXAMINED_MAX === 0) {
        yield undefined;
      }
    }
  } finally {
    tree.endWalk(walk);
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

function* nodesInScope(
  base: Node,
  scope: SearchScope,
  referrals: ReadonlySet<Node> | undefined,
): Generator<Node> {
  if (scope === SearchScope.wholeSubtree) yield base;
  if (base.children === undefined) return;
  if (scope === SearchScope.singleLevel) {
    yield* base.children.values();
    return;
  }
  const levels = [base.children.values()];
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    const { value: node, done } = level.next();
    if (done === true) {
      levels.pop();
      continue;
    }
    yield node;
    if (node.children !== undefined && referrals?.has(node) !== true) levels.push(node.children.values());
  }
}
