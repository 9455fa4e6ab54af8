// cn=effective: what is in force. The entries of cn=config with expressions resolved and defaults filled in; read
// only. Filters match what is shown here, not what is written.

import type {
  Backend,
  ChangeListener,
  Comparison,
  Found,
  Search,
  SortedResult,
  SortedSearch,
  Watching,
} from '../backend/backend.ts';
import { ChangeFeed } from '../backend/change-feed.ts';
import type { EntryViews } from '../backend/entry-views.ts';
import { Instead, readOnly } from '../backend/read-only.ts';
import { TreeReader } from '../backend/tree-reader.ts';
import { Dn } from '../ldap/dn.ts';
import { Entry } from '../ldap/entry.ts';
import type { Configuration } from './configuration.ts';
import type { ReloadedObject } from './reload/reload-plan.ts';

/** Attributes with this prefix may be written as expressions: their indexes hold other values than are shown here. */
const RESOLVED_PREFIX = 'ds-cfg-';

export class EffectiveBackend implements Backend {
  readonly baseDn = Dn.parse('cn=effective');
  readonly baseKey: string;
  readonly readPrivilege = 'config-read';
  readonly writePrivileges = undefined;
  readonly instead = Instead.effective;
  readonly #configuration: Configuration;
  readonly #feed: ChangeFeed;
  readonly #reader: TreeReader;
  /** What was read again without being changed, as if it had been. */
  readonly #reloads = new ChangeFeed('', 0);
  #effective = new WeakMap<Entry, Entry>();
  /** Of which sources what is remembered comes. */
  #era: string;

  /** Takes the feed of the changes to what is written. */
  constructor(configuration: Configuration, views: EntryViews, feed: ChangeFeed) {
    const { schema, tree } = configuration;
    const baseKey = schema.dnKey(this.baseDn);
    const writtenKey = schema.dnKeyOfText('cn=config');
    this.#configuration = configuration;
    this.#era = configuration.inForce.era;
    this.#feed = feed;
    this.baseKey = baseKey;
    this.#reader = new TreeReader(schema, tree, views, {
      shown: (entry) => this.#inForce(entry),
      treeKey: (key) => (key.endsWith(baseKey) ? key.slice(0, key.length - baseKey.length) + writtenKey : ''),
      isIndexed: (key) => !key.startsWith(RESOLVED_PREFIX) && key !== 'entrydn',
    });
  }

  search(search: Search): Iterable<Found> {
    return this.#reader.search(search);
  }

  searchSorted(search: SortedSearch): Iterable<SortedResult | undefined> {
    return this.#reader.searchSorted(search);
  }

  compare(comparison: Comparison): boolean {
    return this.#reader.compare(comparison);
  }

  /** Who comes back to what other sources gave begins anew. */
  watch(search: Search, listener: ChangeListener): Watching {
    const watching = this.#reader.watch(this.#feed, search, listener);
    const reloading = this.#reader.watch(this.#reloads, search, listener);
    const stop = () => {
      watching.stop();
      reloading.stop();
    };
    return { ...watching, history: `${watching.history}/${this.#configuration.inForce.era}`, stop };
  }

  /** Tells those who watch of entries that stay as they are written and have other values in force. */
  reloaded(objects: readonly ReloadedObject[]): void {
    if (!this.#reloads.isHeard) return;
    const effects = objects.map(({ key, entry, effectiveBefore }) => {
      // An entry of its own for the values of before: what is in force is remembered by the entry.
      const before = entry.withAttributes(entry.attributes);
      this.#remember(before, effectiveBefore());
      return { key, parentKey: undefined, dn: entry.dn, before, after: entry };
    });
    if (effects.length > 0) this.#reloads.publish(this.#feed.number, effects);
  }

  change(): never {
    throw readOnly(this.baseDn, this.instead);
  }

  changeAll(): never {
    throw readOnly(this.baseDn, this.instead);
  }

  #inForce(written: Entry): Entry {
    return (
      this.#known().get(written) ??
      this.#remember(written, this.#configuration.inForce.effectiveEntry(written))
    );
  }

  #known(): WeakMap<Entry, Entry> {
    const { era } = this.#configuration.inForce;
    if (era !== this.#era) this.#effective = new WeakMap();
    this.#era = era;
    return this.#effective;
  }

  /** Takes the entry in force under the name it has in cn=config. */
  #remember(written: Entry, resolved: Entry): Entry {
    const dn = new Dn([...written.dn.rdns.slice(0, -1), ...this.baseDn.rdns]);
    const entry = new Entry(dn, resolved.attributes);
    this.#known().set(written, entry);
    return entry;
  }
}
