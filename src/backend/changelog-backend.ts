// cn=changelog: what has happened (draft-good-ldap-changelog), read from the journal itself. Read only. A search for
// numbers from one on reads the journal from there on; filters, sorting and comparing work as anywhere else.

import { Dn } from '../ldap/dn.ts';
import { Entry } from '../ldap/entry.ts';
import type { Filter } from '../ldap/filter.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { SearchScope } from '../ldap/message.ts';
import { compileFilter, type Matcher } from '../schema/filter-matcher.ts';
import type { Schema } from '../schema/schema.ts';
import type { HistoryReader } from '../store/history-reader.ts';
import type { Commit } from '../store/store.ts';
import { StoreError } from '../store/store-error.ts';
import type { Backend, Comparison, Found, Requester, Search, SortedResult, SortedSearch } from './backend.ts';
import { changelogEntry, type FormatChange } from './changelog-entry.ts';
import { numbersWanted } from './changelog-range.ts';
import type { EntryViews, SecretValues } from './entry-views.ts';
import { maskChange } from './masked-change.ts';
import { matchedValues } from './matched-values.ts';
import { SortOrder } from './sort-order.ts';
import { sortFound } from './sorted-result.ts';

export interface ChangelogBackendOptions {
  readonly schema: Schema;
  readonly views: EntryViews;
  readonly secrets: SecretValues;
  readonly reader: HistoryReader;
  readonly formatChange: FormatChange;
  /** The first change that the journal has. */
  readonly firstNumber: () => number;
  /** The last change that readers see. */
  readonly lastNumber: () => number;
}

/** Who may see the values of secrets in changes. */
const SECRET_PRIVILEGE = 'secret-read';
const BASE = 'cn=changelog';

export class ChangelogBackend implements Backend {
  readonly baseDn = Dn.parse(BASE);
  readonly baseKey: string;
  readonly readPrivilege = 'changelog-read';
  readonly isApart = true;
  readonly writePrivileges = undefined;
  readonly #options: ChangelogBackendOptions;
  /** By the numbers: changes of one commit are told apart only where they are read. */
  readonly #countChildren = (entry: Entry): number => {
    const { firstNumber, lastNumber } = this.#options;
    return entry.dn.rdns.length === 1 ? Math.max(lastNumber() - firstNumber() + 1, 0) : 0;
  };

  constructor(options: ChangelogBackendOptions) {
    this.#options = options;
    this.baseKey = options.schema.dnKey(this.baseDn);
  }

  search(search: Search): Iterable<Found> {
    return this.#viewed(this.#found(search), search);
  }

  searchSorted(search: SortedSearch): Iterable<SortedResult | undefined> {
    const { schema, views } = this.#options;
    const order = new SortOrder(schema, search.sortKeys, views.hiddenFrom(search.requester));
    return sortFound(this.#found(search), order, {
      entriesMax: search.entriesMax,
      shown: (entry) => entry,
      view: (entry) => this.#view(entry, search, this.#valueMatchers(search)),
    });
  }

  compare(comparison: Comparison): boolean {
    const { dn, dnKey, requester, assertion } = comparison;
    const entry = this.#get(dn, dnKey, requester);
    if (assertion !== undefined) this.#requireAssertion(assertion, entry, requester);
    return this.#options.views.compare(entry, comparison, this.#countChildren);
  }

  change(): never {
    throw readOnly();
  }

  changeAll(): never {
    throw readOnly();
  }

  watch(): never {
    throw new LdapError(
      'unwillingToPerform',
      'cn=changelog cannot be watched. Watch cn=config, or search from the number after the last one on.',
    );
  }

  /** What is in scope and what the filter is true of. */
  #found(search: Search): Iterable<Found> {
    const { base, baseKey, scope, filter, requester, assertion } = search;
    const top = this.#get(base, baseKey, requester);
    if (assertion !== undefined) this.#requireAssertion(assertion, top, requester);
    const matches = this.#matcher(filter, requester);
    const itself = scope === SearchScope.baseObject || scope === SearchScope.wholeSubtree ? [top] : [];
    const found = itself.filter((entry) => matches(entry) === true);
    const isAll = baseKey === this.baseKey && scope !== SearchScope.baseObject;
    return isAll ? this.#changes(found, filter, matches, requester) : found;
  }

  *#changes(
    first: readonly Entry[],
    filter: Filter,
    matches: Matcher,
    requester: Requester,
  ): Generator<Found, void> {
    yield* first;
    const { least, most } = numbersWanted(filter, this.#options.schema);
    for (const commit of this.#commits(least, most)) {
      if (commit === undefined) yield undefined;
      else for (const entry of this.#entriesOf(commit, requester)) if (matches(entry) === true) yield entry;
    }
  }

  *#commits(least: number, most: number): Generator<Commit | undefined, void> {
    const { reader, firstNumber, lastNumber } = this.#options;
    try {
      const first = Math.max(least, firstNumber());
      yield* reader.commits(first, Math.min(most, lastNumber()));
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      throw new LdapError('unwillingToPerform', error.message, { cause: error });
    }
  }

  *#entriesOf(commit: Commit, requester: Requester): Generator<Entry, void> {
    const { schema, secrets, formatChange } = this.#options;
    const seesAll = requester.privileges.has(SECRET_PRIVILEGE);
    for (const [index, change] of commit.changes.entries()) {
      const shown = seesAll ? change : maskChange(change, schema, secrets);
      yield changelogEntry(this.baseDn, commit, index, shown, formatChange);
    }
  }

  #get(dn: string, key: string, requester: Requester): Entry {
    if (key === this.baseKey) return this.#top();
    const number = Number(/(?:^|\+)changenumber=(\d{1,15})(?=[+,])/.exec(key)?.[1]);
    for (const commit of Number.isNaN(number) ? [] : this.#commits(number, number)) {
      for (const entry of commit === undefined ? [] : this.#entriesOf(commit, requester)) {
        if (this.#options.schema.dnKey(entry.dn) === key) return entry;
      }
    }
    throw new LdapError('noSuchObject', `${dn}: there is no such entry.`, { matchedDn: this.baseDn });
  }

  #top(): Entry {
    const { firstNumber, lastNumber } = this.#options;
    return Entry.of(this.baseDn, {
      objectClass: ['top', 'ds-cfg-changelog'],
      cn: 'changelog',
      firstChangeNumber: String(firstNumber()),
      lastChangeNumber: String(lastNumber()),
    });
  }

  *#viewed(found: Iterable<Found>, search: Search): Generator<Found, void> {
    const matchers = this.#valueMatchers(search);
    for (const one of found) yield one instanceof Entry ? this.#view(one, search, matchers) : one;
  }

  #view(entry: Entry, { selectors, requester }: Search, matchers: readonly Matcher[] | undefined): Entry {
    const { views } = this.#options;
    const view = views.view(entry, views.selection(selectors), requester, this.#countChildren);
    return matchers === undefined ? view : matchedValues(view, matchers);
  }

  #valueMatchers({ valuesFilter, requester }: Search): readonly Matcher[] | undefined {
    return valuesFilter?.map((one) => this.#matcher(one, requester));
  }

  #matcher(filter: Filter, requester: Requester): Matcher {
    const { schema, views } = this.#options;
    return compileFilter(schema, filter, views.filterOptions(requester, this.#countChildren));
  }

  #requireAssertion(assertion: Filter, entry: Entry, requester: Requester): void {
    if (this.#matcher(assertion, requester)(entry) === true) return;
    throw new LdapError(
      'assertionFailed',
      `${entry.dn}: the assertion of the request is not true of the entry.`,
    );
  }
}

function readOnly(): LdapError {
  return new LdapError(
    'unwillingToPerform',
    'cn=changelog is read only: what has happened stays. Change the entries under cn=config.',
  );
}
