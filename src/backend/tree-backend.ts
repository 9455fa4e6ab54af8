// The one backend: what requesters see of the entries of a source, in which order, and who is told of changes. Who may change
// them, and how, is the writer's business; without one nothing can be changed.

import type { Dn } from '../ldap/dn.ts';
import type { Attribute, Entry } from '../ldap/entry.ts';
import type { Filter } from '../ldap/filter.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { compileFilter, type Matcher } from '../schema/filter-matcher.ts';
import type { Schema } from '../schema/schema.ts';
import type {
  Backend,
  ChangeListener,
  ChangeOutcome,
  Comparison,
  Found,
  Requester,
  Search,
  SortedResult,
  SortedSearch,
  Watching,
} from './backend.ts';
import type { WatchedFeed } from './change-feed.ts';
import { type EntrySource, everyEntry } from './entry-source.ts';
import type { EntryViews } from './entry-views.ts';
import { readOnly } from './read-only.ts';
import { SortOrder } from './sort-order.ts';
import { sortFound } from './sorted-result.ts';
import { watchSearch } from './watched-search.ts';

export type Writer = Pick<Backend, 'change' | 'changeAll'>;

export interface TreeBackendOptions
  extends Pick<Backend, 'baseDn' | 'readPrivilege' | 'writePrivileges' | 'isApart' | 'instead'> {
  readonly schema: Schema;
  readonly views: EntryViews;
  /** Asked for each request. */
  readonly source: (requester: Requester) => EntrySource;
  /** Tells of changes; a text says why nothing can be watched. */
  readonly feed: WatchedFeed | string;
  /** Undefined: nothing can be changed. */
  readonly writer?: Writer;
  /** Asked for each request; undefined: who has not logged in may read too. */
  readonly needsLogin?: () => boolean;
}

export class TreeBackend implements Backend {
  readonly baseDn: Dn;
  readonly baseKey: string;
  readonly readPrivilege: string | undefined;
  readonly writePrivileges: readonly string[] | undefined;
  readonly isApart: boolean;
  readonly instead: string;
  readonly #options: TreeBackendOptions;

  constructor(options: TreeBackendOptions) {
    const { baseDn, schema, readPrivilege, writePrivileges, isApart = false, instead = '' } = options;
    this.baseDn = baseDn;
    this.baseKey = schema.dnKey(baseDn);
    this.readPrivilege = readPrivilege;
    this.writePrivileges = writePrivileges;
    this.isApart = isApart;
    this.instead = instead;
    this.#options = options;
  }

  get needsLogin(): boolean {
    return this.#options.needsLogin?.() === true;
  }

  search(search: Search): Iterable<Found> {
    const source = this.#options.source(search.requester);
    return this.#find(source, search, this.#viewer(source, search));
  }

  searchSorted(search: SortedSearch): Iterable<SortedResult | undefined> {
    const { schema, views } = this.#options;
    const { sortKeys, requester, entriesMax, sorting: held } = search;
    const source = this.#options.source(requester);
    const order = new SortOrder(schema, sortKeys, views.hiddenFrom(requester));
    const found = this.#find(source, search, (entry) => entry);
    const options = { entriesMax, held, view: this.#viewer(source, search) };
    return sortFound(found, order, {
      ...options,
      shown: (entry) => source.shown(entry),
      keep: (entry) => source.keep?.(entry) ?? entry,
    });
  }

  compare(comparison: Comparison): boolean {
    const { assertion, requester } = comparison;
    const source = this.#options.source(requester);
    const entry = source.get(comparison);
    if (assertion !== undefined) this.#requireAssertion(assertion, entry, source, requester);
    return this.#options.views.compare(entry, comparison, source.countChildren);
  }

  change(...request: Parameters<Backend['change']>): Promise<ChangeOutcome> {
    return this.#writer().change(...request);
  }

  changeAll(...request: Parameters<Backend['changeAll']>): Promise<readonly ChangeOutcome[]> {
    return this.#writer().changeAll(...request);
  }

  /** See Backend.watch. The base need not exist. */
  watch(search: Search, listener: ChangeListener): Watching {
    const { feed } = this.#options;
    if (typeof feed === 'string') throw new LdapError('unwillingToPerform', feed);
    const source = this.#options.source(search.requester);
    const watched = {
      baseKey: source.storedKey?.(search.baseKey) ?? search.baseKey,
      scope: search.scope,
      shown: (entry: Entry) => source.shown(entry),
      matches: this.#matcher(search.filter, source, search.requester),
      view: this.#viewer(source, search),
    };
    return watchSearch(feed, watched, listener);
  }

  #writer(): Writer {
    const { writer } = this.#options;
    if (writer === undefined) throw readOnly(this.baseDn, this.instead);
    return writer;
  }

  #find(source: EntrySource, search: Search, see: (entry: Entry) => Entry): Iterable<Found> {
    const { base: dn, baseKey: dnKey, filter, requester, assertion, manageDsaIt } = search;
    if (assertion !== undefined) {
      const entry = source.get({ dn, dnKey, manageDsaIt });
      this.#requireAssertion(assertion, entry, source, requester);
    }
    const matches = isTrueOfAll(filter) ? everyEntry : this.#matcher(filter, source, requester);
    return source.find(search, matches, see);
  }

  /** Returns what makes of an entry, as it is kept, what the requester sees of it. */
  #viewer(source: EntrySource, { selectors, requester, valuesFilter }: Search): (entry: Entry) => Entry {
    const { views } = this.#options;
    const { countChildren } = source;
    const selection = views.selection(selectors);
    const view = (entry: Entry) => views.view(source.shown(entry), selection, requester, countChildren);
    if (valuesFilter === undefined) return view;
    const matchers = valuesFilter.map((filter) => this.#matcher(filter, source, requester));
    return (entry) => matchedValues(view(entry), matchers);
  }

  #matcher(filter: Filter, { countChildren }: EntrySource, requester: Requester): Matcher {
    const { schema, views } = this.#options;
    return compileFilter(schema, filter, views.filterOptions(requester, countChildren));
  }

  #requireAssertion(filter: Filter, entry: Entry, source: EntrySource, requester: Requester): void {
    if (this.#matcher(filter, source, requester)(entry) !== true) throw assertionFailed(entry);
  }
}

/** Returns the refusal (122) of a request whose assertion (RFC 4528) is not true of the entry. */
export function assertionFailed({ dn }: Entry): LdapError {
  const name = dn.toString() || 'The root DSE';
  return new LdapError(
    'assertionFailed',
    `${name}: the assertion of the request is not true of the entry. Read it again and decide again.`,
  );
}

/** The entry with the values of which one of the filters is true; attributes left without values are left out. */
function matchedValues(entry: Entry, matchers: readonly Matcher[]): Entry {
  const isMatched = (attribute: Attribute, value: string) => {
    const alone = entry.withAttributes([attribute.withValues([value])]);
    return matchers.some((matches) => matches(alone) === true);
  };
  const attributes = entry.attributes.map((attribute) => {
    const values = attribute.values.filter((value) => isMatched(attribute, value));
    return values.length === attribute.values.length ? attribute : attribute.withValues(values);
  });
  return entry.withAttributes(attributes.filter(({ values }) => values.length > 0));
}

function isTrueOfAll(filter: Filter): boolean {
  return filter.type === 'present' && filter.attribute.toLowerCase() === 'objectclass';
}
