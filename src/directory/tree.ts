// Entries by name, in two versions: what readers see, and what the writer sees while its changes are not yet on
// disk. The writer stages entries one after the other; `commit` shows all of them to the readers at once, `abort`
// and `rollBackTo` forget. So a change can be checked against those before it, many share one sync, and nothing
// that was not synced is ever visible. The tree knows no schema: it is given keys, which the schema makes.

import type { Attribute, Entry } from '../ldap/entry.ts';

/** A place in the tree. Readers use `entry` and `children`; `staged` is the writer's. */
export interface Node {
  readonly key: string;
  readonly parent: Node | undefined;
  /** What readers see: undefined while an added entry is not committed. */
  entry: Entry | undefined;
  /** What the writer sees: undefined once a removed entry is staged. */
  staged: Entry | undefined;
  /** How many children the writer sees. */
  stagedChildren: number;
  children: Map<string, Node> | undefined;
}

export interface TreeOptions {
  /** Keys of the attributes that have an index. */
  readonly indexed: Iterable<string>;
  /** Under which normalized values an entry with this attribute is found in the indexes. */
  readonly termsOf: (attribute: Attribute) => Iterable<readonly [indexed: string, value: string]>;
  /** Told whenever what the writer sees under a key becomes another entry or none, also by rolling back. */
  readonly staged: (key: string, entry: Entry | undefined) => void;
}

interface Staging {
  readonly node: Node;
  readonly before: Entry | undefined;
}

export class Tree {
  readonly #nodes = new Map<string, Node>();
  /** Most values belong to one entry, which then stands in the index without a set around it. */
  readonly #indexes = new Map<string, Map<string, Node | Set<Node>>>();
  readonly #options: TreeOptions;
  #stagings: Staging[] = [];

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

  /** The places an index has for a value; undefined when the attribute is not indexed. */
  indexed(attribute: string, value: string): ReadonlySet<Node> | undefined {
    const index = this.#indexes.get(attribute);
    if (index === undefined) return undefined;
    const found = index.get(value) ?? NOTHING;
    return 'key' in found ? new Set([found]) : found;
  }

  /** All entries readers see, parents before children. */
  *entries(): Generator<Entry> {
    for (const node of this.#nodes.values()) if (node.entry !== undefined) yield node.entry;
  }

  /** Puts an entry (undefined: removes it) where the writer sees it. The parent must be there unless it is a top entry. */
  stage(key: string, parentKey: string | undefined, entry: Entry | undefined): void {
    const node = this.#nodes.get(key) ?? this.#attach(key, parentKey);
    this.#stagings.push({ node, before: node.staged });
    this.#setStaged(node, entry);
  }

  /** A place to roll back to: see `rollBackTo`. */
  mark(): number {
    return this.#stagings.length;
  }

  rollBackTo(mark: number): void {
    while (this.#stagings.length > mark) {
      const staging = this.#stagings.pop();
      if (staging === undefined) return;
      this.#setStaged(staging.node, staging.before);
      this.#detachIfEmpty(staging.node);
    }
  }

  abort(): void {
    this.rollBackTo(0);
  }

  /** Shows the readers what the writer sees. Cannot fail. */
  commit(): void {
    const stagings = this.#stagings;
    this.#stagings = [];
    for (const { node } of stagings) {
      if (node.entry === node.staged) continue;
      const before = node.entry;
      node.entry = node.staged;
      // A modified entry shares the attributes that were not touched; their terms stay as they are.
      this.#unindex(node, attributesOnlyIn(before, node.entry));
      this.#index(node, attributesOnlyIn(node.entry, before));
      this.#detachIfEmpty(node);
    }
  }

  #attach(key: string, parentKey: string | undefined): Node {
    const parent = parentKey === undefined ? undefined : this.#nodes.get(parentKey);
    const node: Node = {
      key,
      parent,
      entry: undefined,
      staged: undefined,
      stagedChildren: 0,
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
    const appeared = Number(entry !== undefined) - Number(node.staged !== undefined);
    node.staged = entry;
    if (node.parent !== undefined) node.parent.stagedChildren += appeared;
    this.#options.staged(node.key, entry);
  }

  #detachIfEmpty(node: Node): void {
    if (node.entry !== undefined || node.staged !== undefined || (node.children?.size ?? 0) > 0) return;
    this.#nodes.delete(node.key);
    node.parent?.children?.delete(node.key);
    if (node.parent?.children?.size === 0) node.parent.children = undefined;
  }

  #index(node: Node, attributes: readonly Attribute[]): void {
    for (const [attribute, value] of attributes.flatMap((one) => [...this.#options.termsOf(one)])) {
      const index = this.#indexes.get(attribute);
      const found = index?.get(value);
      if (found === undefined) index?.set(value, node);
      else if (found instanceof Set) found.add(node);
      else if (found !== node) index?.set(value, new Set([found, node]));
    }
  }

  #unindex(node: Node, attributes: readonly Attribute[]): void {
    for (const [attribute, value] of attributes.flatMap((one) => [...this.#options.termsOf(one)])) {
      const index = this.#indexes.get(attribute);
      const found = index?.get(value);
      if (found === node) index?.delete(value);
      else if (found instanceof Set && found.delete(node) && found.size === 0) index?.delete(value);
    }
  }
}

function attributesOnlyIn(entry: Entry | undefined, other: Entry | undefined): readonly Attribute[] {
  if (entry === undefined) return [];
  return other === undefined
    ? entry.attributes
    : entry.attributes.filter((one) => !other.attributes.includes(one));
}

const NOTHING: ReadonlySet<Node> = new Set();
