// cn=changelog: what has happened (draft-good-ldap-changelog), read from the journal itself. Read only. A search for
// numbers from one on reads the journal from there on; filters, sorting and comparing work as anywhere else.

import type {
  Backend,
  Comparison,
  Found,
  Requester,
  Search,
  SortedResult,
  SortedSearch,
} from '../backend/backend.ts';
import type { EntryViews } from '../backend/entry-views.ts';
import type { SecretValues } from '../backend/masking.ts';
import { maskChange } from '../backend/masking.ts';
import { matchedValues } from '../backend/matched-values.ts';
import { Instead, readOnly } from '../backend/read-only.ts';
import { SortOrder } from '../backend/sort-order.ts';
import { type FoundAgain, sortFound } from '../backend/sorted-result.ts';
import { Dn } from '../ldap/dn.ts';
import { Entry } from '../ldap/entry.ts';
import type { Filter } from '../ldap/filter.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { SearchScope } from '../ldap/message.ts';
import type { OctetCount } from '../ldap/octet-count.ts';
import { compileFilter, type Matcher } from '../schema/filter-matcher.ts';
import type { Schema } from '../schema/schema.ts';
import type { ChangePlace, HistoryReader, PastChange } from '../store/history-reader.ts';
import { StoreError } from '../store/store-error.ts';
import { changelogEntry, type FormatChange } from './changelog-entry.ts';
import { numbersWanted } from './changelog-range.ts';

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

/** Where the change stands that a search has found last. */
interface Cursor {
  place: ChangePlace | undefined;
}

/** Nothing but the place: a function made for each entry would keep the entry too. */
class PlacedChange implements FoundAgain {
  readonly #place: ChangePlace;
  readonly #read: (place: ChangePlace) => Entry;

  constructor(place: ChangePlace, read: (place: ChangePlace) => Entry) {
    this.#place = place;
    this.#read = read;
  }

  find(): Entry {
    return this.#read(this.#place);
  }
}

type Base = Pick<Search, 'base' | 'baseKey' | 'requester' | 'held'>;

export class ChangelogBackend implements Backend {
  readonly baseDn = Dn.parse(BASE);
  readonly baseKey: string;
  readonly readPrivilege = 'changelog-read';
  readonly isApart = true;
  readonly writePrivileges = undefined;
  readonly instead = Instead.changelog;
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
    const { requester, entriesMax, sorting: held } = search;
    const order = new SortOrder(schema, search.sortKeys, views.hiddenFrom(requester));
    const cursor: Cursor = { place: undefined };
    const read = (place: ChangePlace) => this.#entryAt(place, requester);
    const matchers = this.#valueMatchers(search);
    return sortFound(this.#found(search, cursor), order, {
      entriesMax,
      held,
      shown: (entry) => entry,
      view: (entry) => this.#view(entry, search, matchers),
      // Numbers and what it is sorted by; the change is read once more when it is its turn.
      keep: (entry) => (cursor.place === undefined ? entry : new PlacedChange(cursor.place, read)),
    });
  }

  compare(comparison: Comparison): boolean {
    const { dn: base, dnKey: baseKey, requester, assertion } = comparison;
    const entry = this.#get({ base, baseKey, requester });
    if (assertion !== undefined) this.#requireAssertion(assertion, entry, requester);
    return this.#options.views.compare(entry, comparison, this.#countChildren);
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
      'cn=changelog cannot be watched. Watch cn=config, or search from the number after the last one on.',
    );
  }

  /** What is in scope and what the filter is true of. */
  #found(search: Search, cursor?: Cursor): Iterable<Found> {
    const { baseKey, scope, filter, requester, assertion } = search;
    const top = this.#get(search);
    if (assertion !== undefined) this.#requireAssertion(assertion, top, requester);
    const matches = this.#matcher(filter, requester);
    const itself = scope === SearchScope.baseObject || scope === SearchScope.wholeSubtree ? [top] : [];
    const found = itself.filter((entry) => matches(entry) === true);
    const isAll = baseKey === this.baseKey && scope !== SearchScope.baseObject;
    return isAll ? this.#changes(found, search, matches, cursor) : found;
  }

  *#changes(
    first: readonly Entry[],
    { filter, requester, held }: Search,
    matches: Matcher,
    cursor: Cursor | undefined,
  ): Generator<Found, void> {
    yield* first;
    const { least, most } = numbersWanted(filter, this.#options.schema);
    for (const past of this.#past(least, most, held)) {
      if (past === undefined) {
        yield undefined;
        continue;
      }
      const entry = this.#entryOf(past, requester);
      if (matches(entry) !== true) continue;
      if (cursor !== undefined) cursor.place = past.place;
      yield entry;
    }
  }

  *#past(least: number, most: number, held: OctetCount | undefined): Generator<PastChange | undefined, void> {
    const { reader, firstNumber, lastNumber } = this.#options;
    try {
      const first = Math.max(least, firstNumber());
      yield* reader.changes(first, Math.min(most, lastNumber()), held);
    } catch (error) {
      throw inLdap(error);
    }
  }

  #entryOf({ commit, change, place }: PastChange, requester: Requester): Entry {
    const { schema, secrets, formatChange } = this.#options;
    const shown = requester.privileges.has(SECRET_PRIVILEGE) ? change : maskChange(change, schema, secrets);
    return changelogEntry(this.baseDn, commit, place.index, shown, formatChange);
  }

  /** Throws unwillingToPerform when the change is not kept any more. */
  #entryAt(place: ChangePlace, requester: Requester): Entry {
    try {
      return this.#entryOf(this.#options.reader.changeAt(place), requester);
    } catch (error) {
      throw inLdap(error);
    }
  }

  #get({ base: dn, baseKey: key, requester, held }: Base): Entry {
    if (key === this.baseKey) return this.#top();
    const number = Number(/(?:^|\+)changenumber=(\d{1,15})(?=[+,])/.exec(key)?.[1]);
    for (const past of Number.isNaN(number) ? [] : this.#past(number, number, held)) {
      const entry = past === undefined ? undefined : this.#entryOf(past, requester);
      if (entry !== undefined && this.#options.schema.dnKey(entry.dn) === key) return entry;
    }
    throw new LdapError('noSuchObject', `${dn}: there is no such entry.`, { matchedDn: this.baseDn });
  }

  #top(): Entry {
    const { firstNumber, lastNumber } = this.#options;
    return Entry.of(this.baseDn, {
      objectClass: ['top', 'ds-cfg-changelog'],
      structuralObjectClass: 'ds-cfg-changelog',
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

function inLdap(error: unknown): unknown {
  if (!(error instanceof StoreError)) return error;
  return new LdapError('unwillingToPerform', error.message, { cause: error });
}
