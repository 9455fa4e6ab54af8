// The entries of cn=monitor as a tree that is made for one request: names at once, figures when somebody looks at the
// entry, and the same for as long as the request lasts. There may be many of them, so it is made bit by bit.

import { Tree } from '../directory/tree.ts';
import { Dn } from '../ldap/dn.ts';
import { Attribute, Entry } from '../ldap/entry.ts';
import type { OctetCount } from '../ldap/octet-count.ts';
import { Memo } from '../schema/memo.ts';
import type { Schema } from '../schema/schema.ts';
import type { Monitor, MonitorItem, MonitorSource, MonitorValue } from './monitor.ts';

/** Entries between two chances for others to work. */
const AT_ONCE_MAX = 256;
/** An entry with its figures, its place in the tree, and the text of both. */
const ITEM_OCTETS = 6 * 1024;
const NAMES_MAX = 50_000;
const NAME_LENGTH_MAX = 256;

/** The keys of names below cn=monitor; items are asked for again and again, and keep their names. */
export class MonitorKeys {
  readonly #schema: Schema;
  readonly #known = new Memo<string>(NAMES_MAX, NAME_LENGTH_MAX);

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  keyOf(name: string, parentKey: string): string {
    const known = this.#known.find(name);
    const key = known ?? this.#schema.dnKey(new Dn([rdnOf(name)]));
    if (known === undefined) this.#known.remember(name, key);
    return `${key},${parentKey}`;
  }

  /** Whether there is such an entry now. */
  isThere(key: string, monitor: Monitor, baseKey: string): boolean {
    if (key === baseKey) return true;
    for (const source of monitor.sources) {
      const sourceKey = this.keyOf(source.name, baseKey);
      if (key === sourceKey) return true;
      if (!key.endsWith(`,${sourceKey}`)) continue;
      for (const { name } of source.items?.() ?? []) if (this.keyOf(name, sourceKey) === key) return true;
    }
    return false;
  }
}

export interface MonitorTreeOptions {
  readonly schema: Schema;
  readonly keys: MonitorKeys;
  /** What there is to show, and where it is shown. */
  readonly monitor: Monitor;
  readonly baseDn: Dn;
  readonly baseKey: string;
}

export class MonitorTree {
  readonly tree = new Tree({ indexed: [], termsOf: () => [], staged: () => {} });
  readonly #options: MonitorTreeOptions;
  readonly #items = new Map<Entry, MonitorItem>();
  readonly #shown = new WeakMap<Entry, Entry>();
  readonly #classes = new Map<string, Attribute>();
  /** What was counted. */
  octets = 0;

  /** Has what stands directly below the base. */
  constructor(options: MonitorTreeOptions) {
    const { monitor, baseDn, baseKey, keys } = options;
    this.#options = options;
    this.#put(baseDn, baseKey, undefined, monitor.server);
    for (const source of monitor.sources)
      this.#put(baseDn.child(rdnOf(source.name)), keys.keyOf(source.name, baseKey), baseKey, source);
    this.tree.commit();
  }

  /**
   * Adds what stands further below; goes on whenever it is asked to.
   *
   * @param wantedKey one that is wanted alone: of what is beside it only what it needs is made.
   * @param held counts what the entries take; who gives it back is told by `octets`.
   */
  *fill(wantedKey: string | undefined, held?: OctetCount): Generator<undefined> {
    const { monitor, keys, baseKey } = this.#options;
    for (const source of monitor.sources) {
      const key = keys.keyOf(source.name, baseKey);
      if (wantedKey === undefined || wantedKey === key || wantedKey.endsWith(`,${key}`))
        yield* this.#fillFrom(source, key, wantedKey === key ? undefined : wantedKey, held);
    }
    this.tree.commit();
  }

  /** The entry with its figures. */
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
    let count = 0;
    for (const item of source.items?.() ?? []) {
      const itemKey = keys.keyOf(item.name, key);
      if (wantedKey !== undefined && itemKey !== wantedKey) continue;
      held?.take(ITEM_OCTETS);
      this.octets += held === undefined ? 0 : ITEM_OCTETS;
      this.#put(dn.child(rdnOf(item.name)), itemKey, key, item);
      count += 1;
      if (count % AT_ONCE_MAX === 0) yield undefined;
    }
  }

  #put(dn: Dn, key: string, parentKey: string | undefined, item: MonitorItem): void {
    const entry = new Entry(dn, [this.#classesOf(item), new Attribute('cn', [item.name])]);
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
