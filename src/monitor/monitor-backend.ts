// cn=monitor. It is read-only, and built for each request from the sources of the Monitor. Filters, scopes,
// sorting and compare work as in any other tree. It has no change notification, because figures change all the
// time.

import type { Backend, Comparison, Found, Search, SortedResult, SortedSearch } from '../backend/backend.ts';
import type { EntryViews } from '../backend/entry-views.ts';
import { Instead, readOnly } from '../backend/read-only.ts';
import { TreeReader } from '../backend/tree-reader.ts';
import { Dn } from '../ldap/dn.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { SearchScope } from '../ldap/message.ts';
import type { OctetCount } from '../ldap/octet-count.ts';
import type { Schema } from '../schema/schema.ts';
import type { Monitor } from './monitor.ts';
import { MonitorKeys, MonitorTree } from './monitor-tree.ts';

/** The backend of cn=monitor. */
export class MonitorBackend implements Backend {
  readonly baseDn = Dn.parse('cn=monitor');
  readonly baseKey: string;
  readonly readPrivilege = 'monitor-read';
  readonly writePrivileges = undefined;
  readonly instead = Instead.monitor;
  readonly #schema: Schema;
  readonly #views: EntryViews;
  readonly #monitor: Monitor;
  readonly #keys: MonitorKeys;

  constructor(schema: Schema, views: EntryViews, monitor: Monitor) {
    this.#schema = schema;
    this.#views = views;
    this.#monitor = monitor;
    this.#keys = new MonitorKeys(schema);
    this.baseKey = schema.dnKey(this.baseDn);
  }

  search(search: Search): Iterable<Found> {
    return this.#searched(search, (reader) => reader.search(search));
  }

  searchSorted(search: SortedSearch): Iterable<SortedResult | undefined> {
    return this.#searched(search, (reader) => reader.searchSorted(search));
  }

  compare(comparison: Comparison): boolean {
    const entries = this.#newTree();
    for (const _ of entries.fill(comparison.dnKey));
    return this.#readerOf(entries).compare(comparison);
  }

  change(): never {
    throw readOnly(this.baseDn, this.instead);
  }

  changeAll(): never {
    throw readOnly(this.baseDn, this.instead);
  }

  watch(): never {
    throw new LdapError(
      'unwillingToPerform',
      'cn=monitor cannot be watched: its figures change all the time. Search it again when you want to know.',
    );
  }

  /** Searches. Throws LdapError noSuchObject (32) at once; the rest runs in slices. */
  #searched<Result>(
    search: Search,
    find: (reader: TreeReader) => Iterable<Result | undefined>,
  ): Iterable<Result | undefined> {
    const { baseKey, scope } = search;
    const entries = this.#newTree();
    if (!this.#keys.isThere(baseKey, this.#monitor, this.baseKey)) return find(this.#readerOf(entries));
    const wantedKey = scope === SearchScope.baseObject ? baseKey : undefined;
    return this.#filledAndFound(entries, wantedKey, find, search.held);
  }

  *#filledAndFound<Result>(
    entries: MonitorTree,
    wantedKey: string | undefined,
    find: (reader: TreeReader) => Iterable<Result | undefined>,
    held: OctetCount | undefined,
  ): Generator<Result | undefined> {
    try {
      yield* entries.fill(wantedKey, held);
      yield* find(this.#readerOf(entries));
    } finally {
      held?.give(entries.octets);
    }
  }

  #newTree(): MonitorTree {
    const { baseDn, baseKey } = this;
    return new MonitorTree({
      ...{ baseDn, baseKey, schema: this.#schema, keys: this.#keys, monitor: this.#monitor },
    });
  }

  #readerOf({ tree, shown }: MonitorTree): TreeReader {
    return new TreeReader(this.#schema, tree, this.#views, {
      shown,
      treeKey: (key) => key,
      isIndexed: () => false,
    });
  }
}
