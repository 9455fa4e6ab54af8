// cn=effective: what is in force. The entries of cn=config with expressions resolved and defaults filled in; read
// only. Filters match what is shown here, not what is written.

import { Dn } from '../ldap/dn.ts';
import { Entry } from '../ldap/entry.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type {
  Backend,
  ChangeListener,
  Comparison,
  Found,
  Search,
  SortedResult,
  SortedSearch,
  Watching,
} from './backend.ts';
import type { ChangeFeed } from './change-feed.ts';
import type { Configuration } from './configuration.ts';
import type { EntryViews } from './entry-views.ts';
import { TreeReader } from './tree-reader.ts';

/** Attributes with this prefix may be written as expressions: their indexes hold other values than are shown here. */
const RESOLVED_PREFIX = 'ds-cfg-';

export class EffectiveBackend implements Backend {
  readonly baseDn = Dn.parse('cn=effective');
  readonly baseKey: string;
  readonly readPrivilege = 'config-read';
  readonly writePrivileges = undefined;
  readonly #configuration: Configuration;
  readonly #feed: ChangeFeed;
  readonly #reader: TreeReader;
  readonly #effective = new WeakMap<Entry, Entry>();

  /** Takes the feed of the changes to what is written. */
  constructor(configuration: Configuration, views: EntryViews, feed: ChangeFeed) {
    const { schema, tree } = configuration;
    const baseKey = schema.dnKey(this.baseDn);
    const writtenKey = schema.dnKeyOfText('cn=config');
    this.#configuration = configuration;
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

  watch(search: Search, listener: ChangeListener): Watching {
    return this.#reader.watch(this.#feed, search, listener);
  }

  change(): never {
    throw readOnly();
  }

  changeAll(): never {
    throw readOnly();
  }

  #inForce(written: Entry): Entry {
    const known = this.#effective.get(written);
    if (known !== undefined) return known;
    const resolved = this.#configuration.inForce.effectiveEntry(written);
    const dn = new Dn([...written.dn.rdns.slice(0, -1), ...this.baseDn.rdns]);
    const entry = new Entry(dn, resolved.attributes);
    this.#effective.set(written, entry);
    return entry;
  }
}

function readOnly(): LdapError {
  return new LdapError(
    'unwillingToPerform',
    'cn=effective is read only. Change the entry of the same name under cn=config.',
  );
}
