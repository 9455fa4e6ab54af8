// Entries by DN, in two versions: readers see committed entries; the writer also sees its changes that are not
// yet on disk. The writer stages entries one after the other. `commit` shows all of them to the readers at
// once; `abort` and `rollBackTo` discard them. So each change is checked against those before it, many share
// one sync, and readers see nothing that was not synced. The tree does not use the schema: it takes keys that
// the schema makes.

import type { Attribute, Entry } from '../ldap/entry.ts';
import type { OctetCount } from '../ldap/octet-count.ts';
import type { Node } from './tree-node.ts';
import { Walk } from './walk.ts';

export interface TreeOptions {
  /** Keys of the indexed attributes. */
  readonly indexed: Iterable<string>;
  /** Returns the index terms of an attribute: the key of the index and the normalized value. */
  readonly termsOf: (attribute: Attribute) => Iterable<readonly [indexed: string, value: string]>;
  /** Called when the writer sees another entry or none under a key, also after a rollback. */
  readonly staged: (key: string, entry: Entry | undefined, before: Entry | undefined) => void;
  /** Called when readers see another entry or none under a key. */
  readonly shown?: (key: string, entry: Entry | undefined) => void;
  /** Called before entries are filled in. Filling calls neither `staged` nor `shown`. */
  readonly filled?: () => void;
}

interface Staging {
  readonly node: Node;
  readonly before: Entry | undefined;
  readonly after: Entry | undefined;
}

/** Nodes by normalized value. A value of a single entry needs no set. */
type Index = Map<string, Node | Set<Node>>;

/** Number of entries that are indexed in one slice. */
const SLICE_ENTRIES = 256;

/** The tree of entries, with indexes. */
export class Tree {
  readonly #nodes = new Map<string, Node>();
  readonly #indexes = new Map<string, Index>();
  /** Index work that is left after filling, by attribute key. */
  readonly #unfinished = new Map<string, Generator<void>>();
  readonly #options: TreeOptions;
  readonly #walks = new Set<Walk>();
  #stagings: Staging[] = [];
  /** Number of stagings before the pending ones. */
  #stagingsBefore = 0;

  constructor(options: TreeOptions) {
    this.#options = options;
    for (const attribute of options.indexed) this.#indexes.set(attribute, new Map());
  }

  /** Number of entries that readers see, plus the pending stagings. */
  get size(): number {
    return this.#nodes.size;
  }

  /** Returns the node under this key; undefined if readers see no entry there. */
  findNode(key: string): Node | undefined {
    const node = this.#nodes.get(key);
    return node?.entry === undefined ? undefined : node;
  }

  find(key: string): Entry | undefined {
    return this.#nodes.get(key)?.entry;
  }

  /** Returns the entry that the writer sees, pending changes included. */
  findStaged(key: string): Entry | undefined {
    return this.#nodes.get(key)?.staged;
  }

  hasStagedChildren(key: string): boolean {
    return (this.#nodes.get(key)?.stagedChildren ?? 0) > 0;
  }

  /** Yields the keys of the children that the writer sees. */
  *stagedChildKeys(key: string): Generator<string> {
    const children = this.#nodes.get(key)?.children?.values() ?? [];
    for (const child of children) if (child.staged !== undefined) yield child.key;
  }

  /** Begins a walk through nodes that stays consistent while others change them. `endWalk` must follow. */
  beginWalk(nodes: Iterable<Node>, held?: OctetCount): Walk {
    const walk = new Walk(nodes, held);
    this.#walks.add(walk);
    return walk;
  }

  endWalk(walk: Walk): void {
    this.#walks.delete(walk);
    walk.end();
  }

  /** Returns a set with the node under this key, or an empty set. */
  named(key: string): ReadonlySet<Node> {
    const node = this.findNode(key);
    return node === undefined ? NOTHING : new Set([node]);
  }

  /** Returns the nodes that the index has for a value; undefined if the attribute is not indexed. */
  indexed(attribute: string, value: string): ReadonlySet<Node> | undefined {
    this.#finishIndex(attribute);
    const index = this.#indexes.get(attribute);
    if (index === undefined) return undefined;
    const found = index.get(value) ?? NOTHING;
    return 'key' in found ? new Set([found]) : found;
  }

  /** Returns all nodes, parents before children. */
  nodes(): Iterable<Node> {
    return this.#nodes.values();
  }

  /** Returns a copy of all entries that readers see, parents before children. */
  allEntries(): Entry[] {
    const entries: Entry[] = [];
    for (const { entry } of this.#nodes.values()) if (entry !== undefined) entries.push(entry);
    return entries;
  }

  /** Yields all entries that readers see, parents before children. */
  *entries(): Generator<Entry> {
    for (const node of this.#nodes.values()) if (node.entry !== undefined) yield node.entry;
  }

  /** Yields all entries that the writer sees, parents before children. */
  *stagedEntries(): Generator<Entry> {
    for (const { staged } of this.#nodes.values()) if (staged !== undefined) yield staged;
  }

  /** Yields the subtree that the writer sees at a key, base included, parents before children. */
  *stagedSubtree(key: string): Generator<Entry> {
    const top = this.#nodes.get(key);
    for (const waiting = top === undefined ? [] : [top]; ; ) {
      const node = waiting.pop();
      if (node === undefined) return;
      if (node.staged !== undefined) yield node.staged;
      // One by one: there may be more children than a call can have arguments.
      for (const child of node.children?.values() ?? []) waiting.push(child);
    }
  }

  /**
   * Begins filling: `fill` may be called, and derived data such as indexes is rebuilt when first used. Nothing
   * may be staged.
   */
  beginFilling(): void {
    for (const [attribute, index] of this.#indexes) {
      index.clear();
      this.#unfinished.set(attribute, this.#fillIndex(attribute, index));
    }
    this.#options.filled?.();
  }

  /**
   * Puts an entry where readers and the writer see it, after `beginFilling`. The key must be new and the parent
   * must exist.
   */
  fill(key: string, parentKey: string | undefined, entry: Entry): void {
    const node = this.#attach(key, parentKey);
    node.entry = entry;
    node.staged = entry;
    if (node.parent === undefined) return;
    node.parent.childCount += 1;
    node.parent.stagedChildren += 1;
  }

  /** Finishes the indexes after filling, in short slices, for idle time. */
  *finish(): Generator<void> {
    for (const [attribute, rest] of this.#unfinished) {
      yield* rest;
      this.#unfinished.delete(attribute);
    }
  }

  #finishIndex(attribute: string): void {
    const rest = this.#unfinished.get(attribute);
    if (rest === undefined) return;
    while (rest.next().done !== true);
    this.#unfinished.delete(attribute);
  }

  /** Fills an index. Changes in between are indexed as usual; indexing a node twice is harmless. */
  *#fillIndex(attribute: string, index: Index): Generator<void> {
    let count = 0;
    for (const node of this.#nodes.values()) {
      for (const one of node.entry?.peek(attribute) ?? []) {
        for (const [, value] of this.#options.termsOf(one)) addToIndex(index, value, node);
      }
      if (++count % SLICE_ENTRIES === 0) yield;
    }
  }

  /** Stages an entry, or a removal if `entry` is undefined. The parent must exist unless it is a top entry. */
  stage(key: string, parentKey: string | undefined, entry: Entry | undefined): void {
    const node = this.#nodes.get(key) ?? this.#attach(key, parentKey);
    this.#stagings.push({ node, before: node.staged, after: entry });
    node.stagings += 1;
    this.#setStaged(node, entry);
  }

  /** Returns a mark to roll back to or to commit up to. It stays valid after other commits. */
  mark(): number {
    return this.#stagingsBefore + this.#stagings.length;
  }

  rollBackTo(mark: number): void {
    while (this.mark() > mark) {
      const staging = this.#stagings.pop();
      if (staging === undefined) return;
      staging.node.stagings -= 1;
      this.#setStaged(staging.node, staging.before);
      this.#detachIfEmpty(staging.node);
    }
  }

  /** Discards all pending stagings. */
  abort(): void {
    this.rollBackTo(this.#stagingsBefore);
  }

  /** Shows the readers the state at a mark, or the present one of the writer. Never fails. */
  commit(mark = this.mark()): void {
    const stagings = this.#stagings.splice(0, mark - this.#stagingsBefore);
    this.#stagingsBefore += stagings.length;
    if (stagings.length > 1) for (const walk of this.#walks) walk.freeze();
    for (const { node, after } of stagings) {
      node.stagings -= 1;
      if (node.entry !== after) this.#show(node, after);
      this.#detachIfEmpty(node);
    }
  }

  #show(node: Node, after: Entry | undefined): void {
    const before = node.entry;
    node.entry = after;
    if (node.parent !== undefined)
      node.parent.childCount += Number(after !== undefined) - Number(before !== undefined);
    // Unchanged attributes are shared with the old entry; their terms stay.
    this.#unindex(node, attributesOnlyIn(before, after));
    this.#index(node, attributesOnlyIn(after, before));
    this.#options.shown?.(node.key, after);
  }

  #attach(key: string, parentKey: string | undefined): Node {
    const parent = parentKey === undefined ? undefined : this.#nodes.get(parentKey);
    const node: Node = {
      key,
      parent,
      entry: undefined,
      staged: undefined,
      childCount: 0,
      stagedChildren: 0,
      stagings: 0,
      children: undefined,
    };
    this.#nodes.set(key, node);
    if (parent !== undefined) {
      parent.children ??= new Map();
      parent.children.set(key, node);
    }
    return node;
  }

  #setStaged(node: Node, entry: Entry | undefined): void {
    const before = node.staged;
    node.staged = entry;
    if (node.parent !== undefined)
      node.parent.stagedChildren += Number(entry !== undefined) - Number(before !== undefined);
    this.#options.staged(node.key, entry, before);
  }

  /**
   * Removes a node that nobody sees, and its ancestors in the same state: a parent may have been removed before
   * its children.
   */
  #detachIfEmpty(node: Node): void {
    for (let at: Node | undefined = node; at !== undefined; at = at.parent) {
      const isEmpty = at.entry === undefined && at.staged === undefined && at.stagings === 0;
      if (!isEmpty || (at.children?.size ?? 0) > 0) return;
      // Another node may have the key by now.
      if (this.#nodes.get(at.key) !== at) return;
      this.#nodes.delete(at.key);
      at.parent?.children?.delete(at.key);
      if (at.parent?.children?.size === 0) at.parent.children = undefined;
    }
  }

  #index(node: Node, attributes: readonly Attribute[]): void {
    for (const one of attributes) {
      for (const [attribute, value] of this.#options.termsOf(one)) {
        const index = this.#indexes.get(attribute);
        if (index !== undefined) addToIndex(index, value, node);
      }
    }
  }

  /**
   * Removes terms from the indexes. Terms that the entry still has stay: a search may be iterating over their
   * sets.
   */
  #unindex(node: Node, attributes: readonly Attribute[]): void {
    let kept: ReadonlySet<string> | undefined;
    for (const one of attributes) {
      for (const [attribute, value] of this.#options.termsOf(one)) {
        kept ??= this.#terms(node.entry?.attributes ?? []);
        if (kept.size > 0 && kept.has(`${attribute}=${value}`)) continue;
        const index = this.#indexes.get(attribute);
        const found = index?.get(value);
        if (found === node) index?.delete(value);
        else if (found instanceof Set && found.delete(node) && found.size === 0) index?.delete(value);
      }
    }
  }

  #terms(attributes: readonly Attribute[]): ReadonlySet<string> {
    const terms = new Set<string>();
    for (const one of attributes) {
      for (const [attribute, value] of this.#options.termsOf(one)) terms.add(`${attribute}=${value}`);
    }
    return terms;
  }
}

function attributesOnlyIn(entry: Entry | undefined, other: Entry | undefined): readonly Attribute[] {
  if (entry === undefined) return [];
  if (other === undefined) return entry.attributes;
  // Most attributes keep their position; only the others need a set.
  const moved = entry.attributes.filter((one, index) => other.attributes[index] !== one);
  if (moved.length <= FEW_ATTRIBUTES) return moved.filter((one) => !other.attributes.includes(one));
  const others = new Set(other.attributes);
  return moved.filter((one) => !others.has(one));
}

const NOTHING: ReadonlySet<Node> = new Set();
/** Maximum number of attributes for which a linear search is faster than a set. */
const FEW_ATTRIBUTES = 8;

function addToIndex(index: Index, value: string, node: Node): void {
  const found = index.get(value);
  if (found === undefined) index.set(value, node);
  else if (found instanceof Set) found.add(node);
  else if (found !== node) index.set(value, new Set([found, node]));
}
