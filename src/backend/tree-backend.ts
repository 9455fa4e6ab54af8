// The one backend: what requesters see of the entries of a source, in which order, and who is told of changes. Who may change
// them, and how, is the writer's business; without one nothing can be changed.

import type { PolicyAccess } from '../access/policy-access.ts';
import type { Change } from '../ldap/change.ts';
import type { Dn } from '../ldap/dn.ts';
import type { Attribute, Entry } from '../ldap/entry.ts';
import type { Filter } from '../ldap/filter.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { SearchScope } from '../ldap/message.ts';
import { ResultCode } from '../ldap/result-code.ts';
import type { Matcher } from '../schema/filter-matcher.ts';
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
import { BackendRights, type BackendRightsOptions } from './backend-rights.ts';
import type { WatchedFeed } from './change-feed.ts';
import { EffectiveRights } from './effective-rights.ts';
import { type EntrySource, everyEntry } from './entry-source.ts';
import { readOnly } from './read-only.ts';
import type { Sight } from './sight.ts';
import { SortOrder } from './sort-order.ts';
import { sortFound } from './sorted-result.ts';
import { getVisible, requireVisibleBase } from './visible-entry.ts';
import { watchSearch } from './watched-search.ts';

export interface Writer extends Pick<Backend, 'change' | 'changeAll'> {
  /** Returns what refuses a change for want of rights, whatever else is wrong with it; undefined if nothing does. */
  refusalByRights(change: Change, requester: Requester): LdapError | undefined;
}

export interface TreeBackendOptions
  extends Pick<Backend, 'baseDn' | 'readPrivilege' | 'writePrivileges' | 'isApart' | 'instead'>,
    BackendRightsOptions {
  readonly schema: Schema;
  /** Asked for each request. */
  readonly source: (requester: Requester) => EntrySource;
  /** Tells of changes; a text says why nothing can be watched. */
  readonly feed: WatchedFeed | string;
  /** Undefined: nothing can be changed. */
  readonly writer?: Writer;
}

/** A search with what its requester sees. */
interface AskedSearch {
  readonly search: Search;
  readonly source: EntrySource;
  readonly sight: Sight;
}

export class TreeBackend implements Backend {
  readonly baseDn: Dn;
  readonly baseKey: string;
  readonly readPrivilege: string | undefined;
  readonly writePrivileges: readonly string[] | undefined;
  readonly isApart: boolean;
  readonly instead: string;
  readonly #options: TreeBackendOptions;
  readonly #rights: BackendRights;

  constructor(options: TreeBackendOptions) {
    const { baseDn, schema, readPrivilege, writePrivileges, isApart = false, instead = '' } = options;
    this.baseDn = baseDn;
    this.baseKey = schema.dnKey(baseDn);
    this.readPrivilege = readPrivilege;
    this.writePrivileges = writePrivileges;
    this.isApart = isApart;
    this.instead = instead;
    this.#options = options;
    this.#rights = new BackendRights(options);
  }

  get needsLogin(): boolean {
    return this.#rights.needsLogin;
  }

  accessOf(requester: Requester): PolicyAccess | undefined {
    return this.#rights.accessOf(requester);
  }

  readsByPolicy(requester: Requester): boolean {
    return this.#rights.readsByPolicy(requester);
  }

  writesByPolicy(requester: Requester): boolean {
    return this.#options.writer !== undefined && this.#rights.writesByPolicy(requester);
  }

  search(search: Search): Iterable<Found> {
    const asked = this.#request(search);
    return this.#find(asked, this.#viewer(asked));
  }

  searchSorted(search: SortedSearch): Iterable<SortedResult | undefined> {
    const { schema, views } = this.#options;
    const { sortKeys, entriesMax, sorting: held } = search;
    const asked = this.#request(search);
    const { source, sight } = asked;
    const order = new SortOrder(schema, sortKeys, views.hiddenFrom(sight));
    const found = this.#find(asked, (entry) => entry);
    const options = { entriesMax, held, view: this.#viewer(asked) };
    const seen = (entry: Entry) => sight.grantOf(entry)?.see(entry) ?? entry;
    return sortFound(found, order, {
      ...options,
      shown: (entry) => (sight.uniform === undefined ? seen(source.shown(entry)) : source.shown(entry)),
      keep: (entry) => source.keep?.(entry) ?? entry,
    });
  }

  compare(comparison: Comparison): boolean {
    const { assertion, requester } = comparison;
    const source = this.#options.source(requester);
    const sight = this.#rights.sightOf(requester);
    const entry = getVisible(source, comparison, sight, this.#options.schema);
    if (assertion !== undefined) this.#requireAssertion(assertion, entry, sight, source);
    return this.#options.views.compare(entry, comparison, sight, source);
  }

  change(...request: Parameters<Backend['change']>): Promise<ChangeOutcome> {
    return this.#writer().change(...request);
  }

  changeAll(...request: Parameters<Backend['changeAll']>): Promise<readonly ChangeOutcome[]> {
    return this.#writer().changeAll(...request);
  }

  /** See Backend.watch. The base need not exist. */
  watch(search: Search, listener: ChangeListener): Watching {
    const { feed, schema, views } = this.#options;
    if (typeof feed === 'string') throw new LdapError('unwillingToPerform', feed);
    const source = this.#options.source(search.requester);
    const shown = (entry: Entry) => source.shown(entry);
    const watched = {
      baseKey: source.storedKey?.(search.baseKey) ?? search.baseKey,
      scope: search.scope,
      shown,
      rightsNow: () => {
        const asked = this.#request(search, source);
        const matches = this.#matcher(search.filter, asked.sight, source);
        const { source: from, id, isWhole } = asked.sight;
        const see = (entry: Entry) => asked.sight.grantOf(entry)?.see(entry);
        return { source: from, id, see: isWhole ? undefined : see, matches, view: this.#viewer(asked) };
      },
      rightsChanges: views.policies.changes,
      entries: () => source.subtree?.(search.baseKey) ?? [],
      keyOf: ({ dn }: Entry) => schema.dnKey(dn),
    };
    return watchSearch(feed, watched, listener);
  }

  #writer(): Writer {
    const { writer } = this.#options;
    if (writer === undefined) throw readOnly(this.baseDn, this.instead);
    return writer;
  }

  #request(asked: Search, source: EntrySource = this.#options.source(asked.requester)): AskedSearch {
    const sight = this.#rights.sightOf(asked.requester);
    // Where not all entries exist for the requester, places that are held elsewhere are entries like others.
    const isAsAsked = sight.isWhole || source.hasReferrals?.() !== true;
    const search = isAsAsked ? asked : { ...asked, manageDsaIt: true };
    return { search, source, sight };
  }

  #find({ search, source, sight }: AskedSearch, see: (entry: Entry) => Entry): Iterable<Found> {
    const { base: dn, baseKey: dnKey, filter, assertion, manageDsaIt } = search;
    const matches = this.#matcher(filter, sight, source);
    if (assertion === undefined && sight.isWhole) return source.find(search, matches, see);
    const name = { dn, dnKey, manageDsaIt };
    const { schema } = this.#options;
    if (assertion !== undefined)
      this.#requireAssertion(assertion, getVisible(source, name, sight, schema), sight, source);
    if (sight.isWhole) return source.find(search, matches, see);
    if (search.scope === SearchScope.baseObject)
      return this.#findBase({ search, source, sight }, matches, see);
    requireVisibleBase(source, name, sight, schema);
    return source.find(search, matches, see);
  }

  /** Finds one entry, for a requester to whom not all entries exist. Most exist: that is asked only where nothing is found. */
  #findBase(
    { search, source, sight }: AskedSearch,
    matches: Matcher,
    see: (entry: Entry) => Entry,
  ): Iterable<Found> {
    const { base: dn, baseKey: dnKey } = search;
    try {
      const found = source.find(search, matches, see);
      if (Array.isArray(found) && found.length > 0) return found;
    } catch (error) {
      if (!(error instanceof LdapError) || error.code !== ResultCode.noSuchObject) throw error;
    }
    getVisible(source, { dn, dnKey }, sight, this.#options.schema);
    return source.find(search, matches, see);
  }

  /** Returns what makes of an entry, as it is kept, what the requester sees of it. */
  #viewer({ search, source, sight }: AskedSearch): (entry: Entry) => Entry {
    const { selectors, valuesFilter, effectiveRights } = search;
    const { views } = this.#options;
    const selection = views.selection(selectors);
    const view = (entry: Entry) => views.view(source.shown(entry), selection, sight, source);
    if (valuesFilter === undefined && effectiveRights === undefined) return view;
    const matchers = valuesFilter?.map((filter) => views.matcher(filter, sight, source));
    const valued = (entry: Entry) =>
      matchers === undefined ? view(entry) : matchedValues(view(entry), matchers);
    if (effectiveRights === undefined) return valued;
    const rights = this.#effectiveRights();
    const asked = { selection, requester: search.requester, question: effectiveRights };
    return (entry) => rights.withRights(valued(entry), source.shown(entry), asked);
  }

  #effectiveRights(): EffectiveRights {
    const { schema, views, writer } = this.#options;
    return new EffectiveRights({
      schema,
      views,
      rights: this.#rights,
      refusalByRights: (change, requester) =>
        writer === undefined
          ? readOnly(this.baseDn, this.instead)
          : writer.refusalByRights(change, requester),
    });
  }

  /** Every entry that exists for the requester has a class, whether it may read that or not. */
  #matcher(filter: Filter, sight: Sight, source: EntrySource): Matcher {
    if (!isTrueOfAll(filter)) return this.#options.views.matcher(filter, sight, source);
    return sight.isWhole ? everyEntry : (entry) => sight.grantOf(entry) !== undefined;
  }

  #requireAssertion(filter: Filter, entry: Entry, sight: Sight, source: EntrySource): void {
    if (this.#options.views.matcher(filter, sight, source)(entry) !== true) throw assertionFailed(entry);
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
