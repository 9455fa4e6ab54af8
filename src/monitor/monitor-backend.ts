// cn=monitor. It is read-only, and built for each request from the sources of the Monitor. Filters, scopes,
// sorting and compare work as in any other tree. It has no change notification, because figures change all the
// time.

import type { Found, Search } from '../backend/backend.ts';
import type { EntryName, EntrySource } from '../backend/entry-source.ts';
import type { EntryViews } from '../backend/entry-views.ts';
import { Instead } from '../backend/read-only.ts';
import { TreeBackend } from '../backend/tree-backend.ts';
import { TreeSource } from '../backend/tree-source.ts';
import { Dn } from '../ldap/dn.ts';
import type { Entry } from '../ldap/entry.ts';
import { SearchScope } from '../ldap/message.ts';
import type { Matcher } from '../schema/filter-matcher.ts';
import type { Schema } from '../schema/schema.ts';
import type { Monitor } from './monitor.ts';
import { MonitorKeys, MonitorTree } from './monitor-tree.ts';

const BASE = Dn.parse('cn=monitor');
const NOT_WATCHED =
  'cn=monitor cannot be watched: its figures change all the time. Search it again when you want to know.';

/** Returns the backend of cn=monitor. */
export function monitorBackend(schema: Schema, views: EntryViews, monitor: Monitor): TreeBackend {
  const keys = new MonitorKeys(schema);
  const options = { schema, monitor, keys, baseDn: BASE, baseKey: schema.dnKey(BASE) };
  return new TreeBackend({
    baseDn: BASE,
    readPrivilege: 'monitor-read',
    instead: Instead.monitor,
    schema,
    views,
    source: () => new MonitorEntries(options),
    feed: NOT_WATCHED,
  });
}

interface MonitorEntriesOptions {
  readonly schema: Schema;
  readonly monitor: Monitor;
  readonly keys: MonitorKeys;
  readonly baseDn: Dn;
  readonly baseKey: string;
}

/** The entries of one request. */
class MonitorEntries implements EntrySource {
  readonly #options: MonitorEntriesOptions;
  readonly #entries: MonitorTree;
  readonly #source: TreeSource;

  constructor(options: MonitorEntriesOptions) {
    this.#options = options;
    this.#entries = new MonitorTree(options);
    this.#source = new TreeSource(options.schema, this.#entries.tree, {
      shown: this.#entries.shown,
      treeKey: (key) => key,
      isIndexed: () => false,
    });
  }

  /** Searches. Throws LdapError noSuchObject (32) at once; the rest runs in slices. */
  find(search: Search, matches: Matcher, see: (entry: Entry) => Entry): Iterable<Found> {
    const { keys, monitor, baseKey } = this.#options;
    if (!keys.isThere(search.baseKey, monitor, baseKey)) return this.#source.find(search, matches, see);
    return this.#filledAndFound(search, matches, see);
  }

  get(name: EntryName): Entry {
    for (const _ of this.#entries.fill(name.dnKey));
    return this.#source.get(name);
  }

  /** The entries below one that is directly below the base are made when somebody looks for them. */
  children(entry: Entry): Iterable<Entry> {
    if (entry.dn.rdns.length === 2) for (const _ of this.#entries.fill(this.#options.schema.dnKey(entry.dn)));
    return this.#source.children(entry);
  }

  shown(entry: Entry): Entry {
    return this.#source.shown(entry);
  }

  get countChildren(): EntrySource['countChildren'] {
    return this.#source.countChildren;
  }

  *#filledAndFound(search: Search, matches: Matcher, see: (entry: Entry) => Entry): Generator<Found> {
    const { scope, baseKey, held } = search;
    try {
      yield* this.#entries.fill(scope === SearchScope.baseObject ? baseKey : undefined, held);
      yield* this.#source.find(search, matches, see);
    } finally {
      held?.give(this.#entries.octets);
    }
  }
}
