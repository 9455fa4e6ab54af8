// A backend of one entry that nobody changes: the root DSE (RFC 4512 §5.1) and cn=schema (§4.2).

import type { Dn } from '../ldap/dn.ts';
import type { Entry } from '../ldap/entry.ts';
import type { Filter } from '../ldap/filter.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { SearchScope } from '../ldap/message.ts';
import { compileFilter, type Matcher } from '../schema/filter-matcher.ts';
import { TextMemo } from '../schema/memo.ts';
import type { Schema } from '../schema/schema.ts';
import type { Backend, Comparison, Requester, Search, SortedResult, SortedSearch } from './backend.ts';
import type { CountChildren } from './derived-attributes.ts';
import type { EntryViews } from './entry-views.ts';
import { matchedValues } from './matched-values.ts';
import { readOnly } from './read-only.ts';
import { SortOrder } from './sort-order.ts';
import { sortFound } from './sorted-result.ts';

/** Views that are remembered, and the longest selection of attributes they are remembered by. */
const VIEWS_MAX = 8;
const SELECTION_LENGTH_MAX = 1024;

export class SingleEntryBackend implements Backend {
  readonly baseDn: Dn;
  readonly baseKey: string;
  readonly readPrivilege = undefined;
  readonly writePrivileges = undefined;
  readonly instead: string;
  readonly #schema: Schema;
  readonly #views: EntryViews;
  readonly #source: () => Entry;
  readonly #countChildren: CountChildren;
  readonly #known = new TextMemo<Entry>(VIEWS_MAX, SELECTION_LENGTH_MAX);

  /** `source` gives the entry as it is now; it is asked again for every request. What is below it has other backends. */
  constructor(
    source: () => Entry,
    schema: Schema,
    views: EntryViews,
    instead: string,
    countChildren: CountChildren = countNone,
  ) {
    this.instead = instead;
    this.baseDn = source().dn;
    this.baseKey = schema.dnKey(this.baseDn);
    this.#schema = schema;
    this.#views = views;
    this.#source = source;
    this.#countChildren = countChildren;
  }

  search(search: Search): Iterable<Entry> {
    const { base, baseKey, scope, filter, selectors, requester, assertion, valuesFilter } = search;
    this.#requireEntry(base, baseKey);
    if (assertion !== undefined) this.#requireAssertion(assertion, requester);
    const entry = this.#source();
    const isInScope = scope === SearchScope.baseObject || scope === SearchScope.wholeSubtree;
    if (!isInScope || this.#matcher(filter, requester)(entry) !== true) return [];
    const view = this.#view(entry, selectors, requester);
    if (valuesFilter === undefined) return [view];
    return [
      matchedValues(
        view,
        valuesFilter.map((one) => this.#matcher(one, requester)),
      ),
    ];
  }

  /** The same object as long as it would have the same values: its octets are remembered with it, and shared. */
  #view(entry: Entry, selectors: readonly string[], requester: Requester): Entry {
    const selection = this.#views.selection(selectors);
    const view = this.#views.view(entry, selection, requester, this.#countChildren);
    const known = this.#known.find(selection.key);
    if (known !== undefined && isSame(known, view)) return known;
    this.#known.remember(selection.key, view);
    return view;
  }

  searchSorted(search: SortedSearch): Iterable<SortedResult | undefined> {
    const { sortKeys, entriesMax, sorting } = search;
    const order = new SortOrder(this.#schema, sortKeys, undefined);
    const itself = (entry: Entry) => entry;
    return sortFound(this.search(search), order, { entriesMax, held: sorting, shown: itself, view: itself });
  }

  compare(comparison: Comparison): boolean {
    this.#requireEntry(comparison.dn, comparison.dnKey);
    const { assertion, requester } = comparison;
    if (assertion !== undefined) this.#requireAssertion(assertion, requester);
    return this.#views.compare(this.#source(), comparison, this.#countChildren);
  }

  change(): never {
    throw readOnly(this.baseDn, this.instead);
  }

  changeAll(): never {
    throw readOnly(this.baseDn, this.instead);
  }

  watch(): never {
    const what = 'does not change, so it cannot be watched';
    throw new LdapError('unwillingToPerform', `${this.baseDn.toString() || 'The root DSE'} ${what}.`);
  }

  #matcher(filter: Filter, requester: Requester): Matcher {
    return compileFilter(this.#schema, filter, this.#views.filterOptions(requester, this.#countChildren));
  }

  #requireAssertion(assertion: Filter, requester: Requester): void {
    if (this.#matcher(assertion, requester)(this.#source()) === true) return;
    throw new LdapError(
      'assertionFailed',
      `${this.baseDn.toString() || 'The root DSE'}: the assertion of the request is not true of the entry.`,
    );
  }

  #requireEntry(dn: string, key: string): void {
    if (key === this.baseKey) return;
    throw new LdapError('noSuchObject', `${dn}: there is no such entry.`, { matchedDn: this.baseDn });
  }
}

/** Attributes that are stored are the same objects; those that are derived are few and short. */
function isSame(one: Entry, other: Entry): boolean {
  return (
    one.attributes.length === other.attributes.length &&
    one.attributes.every((attribute, index) => {
      const others = other.attributes[index];
      if (attribute === others) return true;
      return (
        attribute.key === others?.key &&
        attribute.values.length === others.values.length &&
        attribute.values.every((value, at) => value === others.values[at])
      );
    })
  );
}

function countNone(): number {
  return 0;
}
