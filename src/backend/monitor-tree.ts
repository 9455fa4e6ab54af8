// The entries of cn=monitor as a tree that is made for one request: names at once, figures when somebody looks at the
// entry, and the same for as long as the request lasts.

import { Tree } from '../directory/tree.ts';
import type { Dn } from '../ldap/dn.ts';
import { Attribute, Entry } from '../ldap/entry.ts';
import type { Schema } from '../schema/schema.ts';
import type { Monitor, MonitorItem, MonitorValue } from './monitor.ts';

export class MonitorTree {
  readonly tree = new Tree({ indexed: [], termsOf: () => [], staged: () => {} });
  readonly #schema: Schema;
  readonly #items = new Map<Entry, MonitorItem>();
  readonly #shown = new WeakMap<Entry, Entry>();

  /**
   * @param monitor what there is to show.
   * @param baseDn where it is shown.
   * @param wantedKey one that is wanted alone: of what is beside it only what it needs is made.
   */
  constructor(schema: Schema, monitor: Monitor, baseDn: Dn, wantedKey: string | undefined) {
    this.#schema = schema;
    const baseKey = this.#put(baseDn, undefined, monitor.server);
    for (const source of monitor.sources) {
      const dn = baseDn.child([{ type: 'cn', value: source.name }]);
      const key = this.#put(dn, baseKey, source);
      if (wantedKey === undefined || wantedKey.endsWith(key)) this.#putItems(source, dn, key, wantedKey);
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

  #putItems(
    source: MonitorItem & { items?(): Iterable<MonitorItem> },
    dn: Dn,
    key: string,
    wantedKey: string | undefined,
  ): void {
    const isOneWanted = wantedKey !== undefined && wantedKey !== key;
    for (const item of source.items?.() ?? []) {
      const itemDn = dn.child([{ type: 'cn', value: item.name }]);
      if (isOneWanted && this.#schema.dnKey(itemDn) !== wantedKey) continue;
      this.#put(itemDn, key, item);
      if (isOneWanted) return;
    }
  }

  #put(dn: Dn, parentKey: string | undefined, item: MonitorItem): string {
    const key = this.#schema.dnKey(dn);
    const lineage = this.#schema.findObjectClass(item.objectClass)?.lineage ?? [];
    const entry = Entry.of(dn, { objectClass: [...lineage].map(({ name }) => name), cn: dn.name });
    this.#items.set(entry, item);
    this.tree.stage(key, parentKey, entry);
    return key;
  }
}

function formatFigure(value: MonitorValue): string {
  if (typeof value === 'number') return String(Math.round(value));
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE';
  return value instanceof Date ? value.toISOString().replace(/[-:T]/g, '') : value;
}
