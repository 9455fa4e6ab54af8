// Entries by name, in two versions: what readers see, and what the writer sees while its changes are not yet on
// disk. The writer stages entries one after the other; `commit` shows all of them to the readers at once, `abort`
// and `rollBackTo` forget. So a change can be checked against those before it, many share one sync, and nothing
// that was not synced is ever visible. The tree knows no schema: it is given keys, which the schema makes.

import type { Attribute, Entry } from '../ldap/entry.ts';
import type { OctetCount } from '../ldap/octet-count.ts';
import { Walk } from './walk.ts';

/** A place in the tree. Readers use `entry` and `children`; `staged` is the writer's. */
export interface Node {
  readonly key: string;
  readonly parent: Node | undefined;
  /** What readers see: undefined while an added entry is not committed. */
  entry: Entry | undefined;
  /** What the writer sees: undefined once a removed entry is staged. */
  staged: Entry | undefined;
  /** How many children readers see. */
  childCount: number;
  /** How many children the writer sees. */
  stagedChildren: number;
  /** How many stagings wait that are about this place: as long as there are any it stays, whoever sees an entry in it. */
  stagings: number;
  children: Map<string, Node> | undefined;
}

export interface TreeOptions {
  /** Keys of the attributes that have an index. */
  readonly indexed: Iterable<string>;
  /** Under which normalized values an entry with this attribute is found in the indexes. */
  readonly termsOf: (attribute: Attribute) => Iterable<readonly [indexed: string, value: string]>;
  /** Told whenever what the writer sees under a key becomes another entry or none, also by rolling back. */
  readonly staged: (key: string, entry: Entry | undefined, before: Entry | undefined) => void;
  /** Told whenever what readers see under a key becomes another entry or none. */
  readonly shown?: (key: string, entry: Entry | undefined) => void;
  /** Told when entries begin to be filled in, of which neither `staged` nor `shown` are told. */
  readonly filled?: () => void;
}

interface Staging {
  readonly node: Node;
  readonly before: Entry | undefined;
  readonly after: Entry | undefined;
}

/** Most values belong to one entry, which then stands in the index without a set around it. */
type Index = Map<string, Node | Set<Node>>;

/** What is done at a stretch beside other work. */
const SLICE_ENTRIES = 256;

export class Tree {
  readonly #nodes = new Map<string, Node>();
  readonly #indexes = new Map<string, Index>();
  /** What is still to be done for the indexes of a tree that was filled. */
  readonly #unfinished = new Map<string, Generator<void>>();
  readonly #options: TreeOptions;
  readonly #walks = new Set<Walk>();
  #stagings: Staging[] = [];
  /** How many stagings there were before those that wait to be committed. */
  #stagingsBefore = 0;

  constructor(options: TreeOptions) {
    this.#options = options;
    for (const attribute of options.indexed) this.#indexes.set(attribute, new Map());
  }

  /** How many entries readers see, plus those that wait to be committed. */
  get size(): number {
    return this.#nodes.size;
  }

  /** The place a reader finds under this key; undefined where readers see no entry. */
  findNode(key: string): Node | undefined {
    const node = this.#nodes.get(key);
    return node?.entry === undefined ? undefined : node;
  }

  find(key: string): Entry | undefined {
    return this.#nodes.get(key)?.entry;
  }

  /** The entry as the writer sees it: with the changes that wait for the disk. */
  findStaged(key: string): Entry | undefined {
    return this.#nodes.get(key)?.staged;
  }

  hasStagedChildren(key: string): boolean {
    return (this.#nodes.get(key)?.stagedChildren ?? 0) > 0;
  }

  /** The keys of what the writer sees directly below an entry. */
  *stagedChildKeys(key: string): Generator<string> {
    const children = this.#nodes.get(key)?.children?.values() ?? [];
    for (const child of children) if (child.staged !== undefined) yield child.key;
  }

  /** A way through nodes that stays whole while others change them; `endWalk` must follow. */
  beginWalk(nodes: Iterable<Node>, held?: OctetCount): Walk {
    const walk = new Walk(nodes, held);
    this.#walks.add(walk);
    return walk;
  }

  endWalk(walk: Walk): void {
    this.#walks.delete(walk);
    walk.end();
  }

  /** The place readers find under this key, as a set of one or none. */
  named(key: string): ReadonlySet<Node> {
    const node = this.findNode(key);
    return node === undefined ? NOTHING : new Set([node]);
  }

  /** The places an index has for a value; undefined when the attribute is not indexed. */
  indexed(attribute: string, value: string): ReadonlySet<Node> | undefined {
    this.#finishIndex(attribute);
    const index = this.#indexes.get(attribute);
    if (index === undefined) return undefined;
    const found = index.get(value) ?? NOTHING;
    return 'key' in found ? new Set([found]) : found;
  }

  /** All places, parents before children. */
  nodes(): Iterable<Node> {
    return this.#nodes.values();
  }

  /** The entries that readers see at this moment, parents before children. */
  allEntries(): Entry[] {
    const entries: Entry[] = [];
    for (const { entry } of this.#nodes.values()) if (entry !== undefined) entries.push(entry);
    return entries;
  }

  /** All entries readers see, parents before children. */
  *entries(): Generator<Entry> {
    for (const node of this.#nodes.values()) if (node.entry !== undefined) yield node.entry;
  }

  /** The entry at a key and all below it as the writer sees them, parents before children. */
  *stagedSubtree(key: string): Generator<Entry> {
    const top = this.#nodes.get(key);
    for (const waiting = top === undefined ? [] : [top]; ; ) {
      const node = waiting.pop();
      if (node === undefined) return;
      if (node.staged !== undefined) yield node.staged;
      // One by one: there may be more children than a call may have arguments.
      for (const child of node.children?.values() ?? []) waiting.push(child);
    }
  }

  /**
   * From now on entries are filled in: what is derived from all of them, such as indexes, is made anew when somebody asks
   * for it. Nothing may be staged.
   */
  beginFilling(): void {
    for (const [attribute, index] of this.#indexes) {
      index.clear();
      this.#unfinished.set(attribute, this.#fillIndex(attribute, index));
    }
    this.#options.filled?.();
  }

  /** Puts an entry where readers and the writer see it, after `beginFilling`. The key must be new and the parent there. */
  fill(key: string, parentKey: string | undefined, entry: Entry): void {
    const node = this.#attach(key, parentKey);
    node.entry = entry;
    node.staged = entry;
    if (node.parent === undefined) return;
    node.parent.childCount += 1;
    node.parent.stagedChildren += 1;
  }

  /** Finishes what `fill` left to be done, in short slices: for the time when nothing else is to be done. */
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

  /** What changes meanwhile is indexed like any change; to index a place once more makes no difference. */
  *#fillIndex(attribute: string, index: Index): Generator<void> {
    let count = 0;
    for (const node of this.#nodes.values()) {
      for (const one of node.entry?.peek(attribute) ?? []) {
        for (const [, value] of this.#options.termsOf(one)) addToIndex(index, value, node);
      }
      if (++count % SLICE_ENTRIES === 0) yield;
    }
  }

  /** Puts an entry (undefined: removes it) where the writer sees it. The parent must be there unless it is a top entry. */
  stage(key: string, parentKey: string | undefined, entry: Entry | undefined): void {
    const node = this.#nodes.get(key) ?? this.#attach(key, parentKey);
    this.#stagings.push({ node, before: node.staged, after: entry });
    node.stagings += 1;
    this.#setStaged(node, entry);
  }

  /** A place to roll back to, or to commit up to. It stays what it is when others are committed. */
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

  /** Forgets everything that is not committed. */
  abort(): void {
    this.rollBackTo(this.#stagingsBefore);
  }

  /** Shows the readers what the writer saw at a mark, or sees now. Cannot fail. */
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
    // A modified entry shares the attributes that were not touched; their terms stay as they are.
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

  /** Takes out what nobody sees any more, and what is above it: a parent may have gone before its children. */
  #detachIfEmpty(node: Node): void {
    for (let at: Node | undefined = node; at !== undefined; at = at.parent) {
      const isEmpty = at.entry === undefined && at.staged === undefined && at.stagings === 0;
      if (!isEmpty || (at.children?.size ?? 0) > 0) return;
      // Another may have taken its place since.
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

  /** Terms that the entry has in another way stay where they are: a search may be on its way along them. */
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
  // Most stand where they stood: a set is made only for the others.
  const moved = entry.attributes.filter((one, index) => other.attributes[index] !== one);
  if (moved.length <= FEW_ATTRIBUTES) return moved.filter((one) => !other.attributes.includes(one));
  const others = new Set(other.attributes);
  return moved.filter((one) => !others.has(one));
}

const NOTHING: ReadonlySet<Node> = new Set();
/** For so many a set costs more than it saves. */
const FEW_ATTRIBUTES = 8;

function addToIndex(index: Index, value: string, node: Node): void {
  const found = index.get(value);
  if (found === undefined) index.set(value, node);
  else if (found instanceof Set) found.add(node);
  else if (found !== node) index.set(value, new Set([found, node]));
}
