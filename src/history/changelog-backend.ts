// cn=changelog: the changes that were made (draft-good-ldap-changelog), read from the journal. It is read only. A search
// with `changeNumber>=N` reads the journal from change N; filters, sorting and comparing work as in other trees.

import type { Found, Requester, Search } from '../backend/backend.ts';
import type { EntryName, EntrySource } from '../backend/entry-source.ts';
import type { EntryViews } from '../backend/entry-views.ts';
import { Instead } from '../backend/read-only.ts';
import type { Sight } from '../backend/sight.ts';
import type { FoundAgain } from '../backend/sorted-result.ts';
import { TreeBackend } from '../backend/tree-backend.ts';
import { visibleChange } from '../backend/visible-change.ts';
import { Dn } from '../ldap/dn.ts';
import { Entry } from '../ldap/entry.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { SearchScope } from '../ldap/message.ts';
import type { OctetCount } from '../ldap/octet-count.ts';
import type { Matcher } from '../schema/filter-matcher.ts';
import type { Schema } from '../schema/schema.ts';
import type { ChangePlace, HistoryReader, PastChange } from '../store/history-reader.ts';
import { StoreError } from '../store/store-error.ts';
import { changelogEntry, type FormatChange } from './changelog-entry.ts';
import { numbersWanted } from './changelog-range.ts';

export interface ChangelogBackendOptions {
  readonly schema: Schema;
  readonly views: EntryViews;
  readonly reader: HistoryReader;
  readonly formatChange: FormatChange;
  /** The first change that the journal has. */
  readonly firstNumber: () => number;
  /** The last change that readers see. */
  readonly lastNumber: () => number;
}

const READ_PRIVILEGE = 'changelog-read';
const BASE = Dn.parse('cn=changelog');
const NOT_WATCHED =
  'cn=changelog cannot be watched. Watch cn=config, or search from the number after the last one on.';

/** Returns the backend of cn=changelog. */
export function changelogBackend(options: ChangelogBackendOptions): TreeBackend {
  const { schema, views, firstNumber, lastNumber } = options;
  const baseKey = schema.dnKey(BASE);
  // An estimate by the numbers: the changes of one commit are counted only when they are read.
  const countChildren = (entry: Entry): number =>
    entry.dn.rdns.length === 1 ? Math.max(lastNumber() - firstNumber() + 1, 0) : 0;
  return new TreeBackend({
    baseDn: BASE,
    readPrivilege: READ_PRIVILEGE,
    isApart: true,
    instead: Instead.changelog,
    schema,
    views,
    feed: NOT_WATCHED,
    source: (requester) => new ChangelogEntries({ ...options, baseKey, countChildren }, requester),
  });
}

/** Holds the place only: a closure for each entry would keep the entry in memory. */
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

interface ChangelogEntriesOptions extends ChangelogBackendOptions {
  readonly baseKey: string;
  readonly countChildren: EntrySource['countChildren'];
}

/** Entries of one request. */
class ChangelogEntries implements EntrySource {
  readonly #options: ChangelogEntriesOptions;
  readonly #sight: Sight;
  /** Place of the change found last. */
  #place: ChangePlace | undefined;

  constructor(options: ChangelogEntriesOptions, requester: Requester) {
    this.#options = options;
    this.#sight = options.views.sightOf(requester, requester.privileges.has(READ_PRIVILEGE));
  }

  get countChildren(): EntrySource['countChildren'] {
    return this.#options.countChildren;
  }

  find(search: Search, matches: Matcher, see: (entry: Entry) => Entry): Iterable<Found> {
    const { base: dn, baseKey, scope, held } = search;
    const top = this.get({ dn, dnKey: baseKey }, held);
    const itself = scope === SearchScope.baseObject || scope === SearchScope.wholeSubtree ? [top] : [];
    const found = itself.filter((entry) => matches(entry) === true).map(see);
    const isAll = baseKey === this.#options.baseKey && scope !== SearchScope.baseObject;
    return isAll ? this.#changes(found, search, matches, see) : found;
  }

  get({ dn, dnKey: key }: EntryName, held?: OctetCount): Entry {
    if (key === this.#options.baseKey) return this.#top();
    const number = Number(/(?:^|\+)changenumber=(\d{1,15})(?=[+,])/.exec(key)?.[1]);
    for (const past of Number.isNaN(number) ? [] : this.#past(number, number, held)) {
      const entry = past === undefined ? undefined : this.#entryOf(past);
      if (entry !== undefined && this.#options.schema.dnKey(entry.dn) === key) return entry;
    }
    throw new LdapError('noSuchObject', `${dn}: there is no such entry.`, { matchedDn: BASE });
  }

  /** None: the number of changes says nothing of how many of them exist for a requester. */
  children(): readonly Entry[] {
    return [];
  }

  shown(entry: Entry): Entry {
    return entry;
  }

  /** Returns the number and the sort keys of an entry; its change is read again when it is sent. */
  keep(entry: Entry): Entry | FoundAgain {
    return this.#place === undefined ? entry : new PlacedChange(this.#place, this.#entryAt);
  }

  *#changes(
    first: readonly Entry[],
    { filter, held }: Search,
    matches: Matcher,
    see: (entry: Entry) => Entry,
  ): Generator<Found, void> {
    yield* first;
    const { least, most } = numbersWanted(filter, this.#options.schema);
    for (const past of this.#past(least, most, held)) {
      if (past === undefined) {
        yield undefined;
        continue;
      }
      const entry = this.#entryOf(past);
      if (entry === undefined || matches(entry) !== true) continue;
      this.#place = past.place;
      yield see(entry);
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

  /** Returns undefined where the requester may know nothing of the change. */
  #entryOf({ commit, change, place }: PastChange): Entry | undefined {
    const { formatChange } = this.#options;
    const shown = visibleChange(change, this.#sight, this.#options);
    return shown && changelogEntry(BASE, commit, place.index, shown, formatChange);
  }

  /** Reads the change at a place. Throws unwillingToPerform if it is no longer kept. */
  readonly #entryAt = (place: ChangePlace): Entry => {
    try {
      const entry = this.#entryOf(this.#options.reader.changeAt(place));
      if (entry !== undefined) return entry;
    } catch (error) {
      throw inLdap(error);
    }
    throw new LdapError('noSuchObject', 'There is no such entry.');
  };

  #top(): Entry {
    const { firstNumber, lastNumber } = this.#options;
    return Entry.of(BASE, {
      objectClass: ['top', 'ds-cfg-changelog'],
      structuralObjectClass: 'ds-cfg-changelog',
      cn: 'changelog',
      firstChangeNumber: String(firstNumber()),
      lastChangeNumber: String(lastNumber()),
    });
  }
}

function inLdap(error: unknown): unknown {
  if (!(error instanceof StoreError)) return error;
  return new LdapError('unwillingToPerform', error.message, { cause: error });
}
