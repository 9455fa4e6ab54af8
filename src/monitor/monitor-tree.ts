// The entries of cn=monitor for one request. The names are made first. The figures of an entry are read when
// the request looks at it, and stay the same for the rest of the request. There may be many entries, so the
// tree is built in slices.

import { Tree } from '../directory/tree.ts';
import { Dn } from '../ldap/dn.ts';
import { isAtOrBelow, isBelow } from '../ldap/dn-key.ts';
import { Attribute, Entry } from '../ldap/entry.ts';
import type { OctetCount } from '../ldap/octet-count.ts';
import { TextMemo } from '../schema/memo.ts';
import type { Schema } from '../schema/schema.ts';
import type { Monitor, MonitorItem, MonitorSource, MonitorValue } from './monitor.ts';

/** Number of entries before other work gets a turn. */
const AT_ONCE_MAX = 256;
/** Octets of an entry with its figures, its node in the tree, and the text of both. */
const ITEM_OCTETS = 6 * 1024;
const NAMES_MAX = 50_000;
const NAME_LENGTH_MAX = 256;

/** Keys of DNs below cn=monitor. They are cached because items keep their names. */
export class MonitorKeys {
  readonly #schema: Schema;
  readonly #known = new TextMemo<string>(NAMES_MAX, NAME_LENGTH_MAX);

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  keyOf(name: string, parentKey: string): string {
    const known = this.#known.find(name);
    const key = known ?? this.#schema.dnKey(new Dn([rdnOf(name)]));
    if (known === undefined) this.#known.remember(name, key);
    return `${key},${parentKey}`;
  }

  /** Returns true if an entry with this key exists now. */
  isThere(key: string, monitor: Monitor, baseKey: string): boolean {
    if (key === baseKey) return true;
    for (const source of monitor.sources) {
      const sourceKey = this.keyOf(source.name, baseKey);
      if (key === sourceKey) return true;
      if (!isBelow(key, sourceKey)) continue;
      for (const { name } of source.items?.() ?? []) if (this.keyOf(name, sourceKey) === key) return true;
    }
    return false;
  }
}

export interface MonitorTreeOptions {
  readonly schema: Schema;
  readonly keys: MonitorKeys;
  /** The sources, and the DN at which they are shown. */
  readonly monitor: Monitor;
  readonly baseDn: Dn;
  readonly baseKey: string;
}

/** Tree of the monitor entries of one request. */
export class MonitorTree {
  readonly tree = new Tree({ indexed: [], termsOf: () => [], staged: () => {} });
  readonly #options: MonitorTreeOptions;
  readonly #items = new Map<Entry, MonitorItem>();
  readonly #shown = new WeakMap<Entry, Entry>();
  readonly #classes = new Map<string, Attribute>();
  /** Numbers of items of the sources all of whose items are there, by their keys. */
  readonly #filled = new Map<string, number>();
  /** Octets that `fill` has counted. */
  octets = 0;

  /** Makes the entries directly below the base. */
  constructor(options: MonitorTreeOptions) {
    const { monitor, baseDn, baseKey, keys } = options;
    this.#options = options;
    this.#put(baseDn, baseKey, undefined, monitor.server);
    for (const source of monitor.sources)
      this.#put(baseDn.child(rdnOf(source.name)), keys.keyOf(source.name, baseKey), baseKey, source);
    this.tree.commit();
  }

  /**
   * Adds the entries further below, in slices. Yields between them.
   *
   * @param wantedKey Key of the only entry that is needed; its siblings are left out.
   * @param held Counts the octets of the entries. The caller gives back `octets`.
   */
  *fill(wantedKey: string | undefined, held?: OctetCount): Generator<undefined> {
    const { monitor, keys, baseKey } = this.#options;
    for (const source of monitor.sources) {
      const key = keys.keyOf(source.name, baseKey);
      if (wantedKey === undefined || isAtOrBelow(wantedKey, key))
        yield* this.#fillFrom(source, key, wantedKey === key ? undefined : wantedKey, held);
    }
    this.tree.commit();
  }

  /** Returns the entry with its figures. */
  readonly shown = (placed: Entry): Entry => {
    const known = this.#shown.get(placed);
    if (known !== undefined) return known;
    const attributes = [...placed.attributes];
    for (const [name, figure] of Object.entries(this.#items.get(placed)?.figures() ?? {})) {
      const values = (Array.isArray(figure) ? figure : [figure]).filter((value) => value !== undefined);
      if (values.length > 0) attributes.push(new Attribute(name, values.map(formatFigure)));
    }
    const shown = placed.withAttributes(attributes);
    this.#shown.set(placed, shown);
    return shown;
  };

  *#fillFrom(
    source: MonitorSource,
    key: string,
    wantedKey: string | undefined,
    held: OctetCount | undefined,
  ): Generator<undefined> {
    const { keys, baseDn } = this.#options;
    const dn = baseDn.child(rdnOf(source.name));
    const filled = this.#filled.get(key);
    if (filled !== undefined) return this.#count(filled, held);
    let count = 0;
    for (const item of source.items?.() ?? []) {
      const itemKey = keys.keyOf(item.name, key);
      if (wantedKey !== undefined && itemKey !== wantedKey) continue;
      this.#count(1, held);
      this.#put(dn.child(rdnOf(item.name)), itemKey, key, item);
      count += 1;
      if (count % AT_ONCE_MAX === 0) yield undefined;
    }
    if (wantedKey === undefined) this.#filled.set(key, count);
  }

  #count(items: number, held: OctetCount | undefined): void {
    if (held === undefined) return;
    held.take(items * ITEM_OCTETS);
    this.octets += items * ITEM_OCTETS;
  }

  #put(dn: Dn, key: string, parentKey: string | undefined, item: MonitorItem): void {
    const entry = new Entry(dn, [
      this.#classesOf(item),
      new Attribute('cn', [item.name]),
      new Attribute('structuralObjectClass', [item.objectClass]),
    ]);
    this.#items.set(entry, item);
    this.tree.stage(key, parentKey, entry);
  }

  #classesOf({ objectClass }: MonitorItem): Attribute {
    const known = this.#classes.get(objectClass);
    if (known !== undefined) return known;
    const lineage = this.#options.schema.findObjectClass(objectClass)?.lineage ?? [];
    const classes = new Attribute(
      'objectClass',
      [...lineage].map(({ name }) => name),
    );
    this.#classes.set(objectClass, classes);
    return classes;
  }
}

function rdnOf(name: string): [{ type: string; value: string }] {
  return [{ type: 'cn', value: name }];
}

function formatFigure(value: MonitorValue): string {
  if (typeof value === 'number') return String(Math.round(value));
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE';
  return value instanceof Date ? value.toISOString().replace(/[-:T]/g, '') : value;
}
