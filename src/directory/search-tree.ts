// Which entries of a tree a search finds (RFC 4511 §4.5.1). The result is produced bit by bit, so that a large
// one can wait for a slow reader and lets others have their turn.

import type { Entry } from '../ldap/entry.ts';
import { SearchScope } from '../ldap/message.ts';
import type { EqualityTerm } from '../schema/equality-terms.ts';
import type { Node, Tree } from './tree.ts';

export interface TreeSearch {
  readonly base: Node;
  readonly scope: SearchScope;
  /** Three-valued (RFC 4511 §4.5.1.7): only true finds. */
  readonly matches: (entry: Entry) => boolean | undefined;
  /** Equalities that whatever is found must satisfy; an index for one of them saves looking at everything. */
  readonly terms: readonly EqualityTerm[];
}

/** After so many entries that do not match the search yields `undefined`: a chance to let others work. */
const EXAMINED_MAX = 256;

/** The entries found, in the order of the tree, parents first; `undefined` says only that work was done. */
export function searchTree(tree: Tree, search: TreeSearch): Iterable<Entry | undefined> {
  const { base, scope, matches } = search;
  if (scope === SearchScope.baseObject) {
    return base.entry !== undefined && matches(base.entry) === true ? [base.entry] : [];
  }
  const indexed = smallestIndex(tree, search);
  return filterNodes(
    indexed === undefined ? nodesInScope(base, scope) : within(indexed, base, scope),
    matches,
  );
}

function smallestIndex(tree: Tree, search: TreeSearch): ReadonlySet<Node> | undefined {
  let smallest: ReadonlySet<Node> | undefined;
  for (const { key, normalizedValue } of search.terms) {
    const nodes = tree.indexed(key, normalizedValue);
    if (nodes !== undefined && (smallest === undefined || nodes.size < smallest.size)) smallest = nodes;
  }
  return smallest;
}

function* filterNodes(nodes: Iterable<Node>, matches: TreeSearch['matches']): Generator<Entry | undefined> {
  let examined = 0;
  for (const { entry } of nodes) {
    if (entry !== undefined && matches(entry) === true) {
      examined = 0;
      yield entry;
    } else if (++examined % EXAMINED_MAX === 0) {
      yield undefined;
    }
  }
}

function* within(nodes: ReadonlySet<Node>, base: Node, scope: SearchScope): Generator<Node> {
  for (const node of nodes) if (isInScope(node, base, scope)) yield node;
}

function isInScope(node: Node, base: Node, scope: SearchScope): boolean {
  if (scope === SearchScope.singleLevel) return node.parent === base;
  if (node === base) return scope === SearchScope.wholeSubtree;
  for (let above = node.parent; above !== undefined; above = above.parent) if (above === base) return true;
  return false;
}

function* nodesInScope(base: Node, scope: SearchScope): Generator<Node> {
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
    if (node.children !== undefined) levels.push(node.children.values());
  }
}
