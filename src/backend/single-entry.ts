// A backend of one entry that nobody changes: the root DSE (RFC 4512 §5.1) and cn=schema (§4.2).

import type { Entry } from '../ldap/entry.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { SearchScope } from '../ldap/message.ts';
import type { Matcher } from '../schema/filter-matcher.ts';
import { TextMemo } from '../schema/memo.ts';
import type { Schema } from '../schema/schema.ts';
import type { Search } from './backend.ts';
import type { CountChildren } from './derived-attributes.ts';
import type { EntryName, EntrySource } from './entry-source.ts';
import type { EntryViews } from './entry-views.ts';
import { TreeBackend } from './tree-backend.ts';

/** Views that are remembered, and the longest selection of attributes they are remembered by. */
const VIEWS_MAX = 8;
const SELECTION_LENGTH_MAX = 1024;

export interface SingleEntryOptions {
  readonly schema: Schema;
  readonly views: EntryViews;
  /** Gives the entry as it is now; asked for each request. What is below it has other backends. */
  readonly entry: () => Entry;
  /** Advice for who wants to change it, a sentence or two. */
  readonly instead: string;
  readonly countChildren?: CountChildren;
}

/** Returns the backend of an entry. */
export function singleEntryBackend(options: SingleEntryOptions): TreeBackend {
  const { schema, views, instead } = options;
  const baseDn = options.entry().dn;
  const source = new SingleEntry(options, schema.dnKey(baseDn));
  const feed = `${baseDn.toString() || 'The root DSE'} does not change, so it cannot be watched.`;
  return new TreeBackend({ baseDn, schema, views, source: () => source, feed, instead });
}

class SingleEntry implements EntrySource {
  readonly countChildren: CountChildren;
  readonly #entry: () => Entry;
  readonly #key: string;
  readonly #views: EntryViews;
  readonly #known = new TextMemo<Entry>(VIEWS_MAX, SELECTION_LENGTH_MAX);

  constructor({ entry, views, countChildren = () => 0 }: SingleEntryOptions, key: string) {
    this.#entry = entry;
    this.#views = views;
    this.#key = key;
    this.countChildren = countChildren;
  }

  find(search: Search, matches: Matcher, see: (entry: Entry) => Entry): readonly Entry[] {
    const { base: dn, baseKey: dnKey, scope, selectors, valuesFilter } = search;
    const entry = this.get({ dn, dnKey });
    const isInScope = scope === SearchScope.baseObject || scope === SearchScope.wholeSubtree;
    if (!isInScope || matches(entry) !== true) return [];
    const seen = see(entry);
    return [valuesFilter === undefined ? this.#remembered(seen, selectors) : seen];
  }

  get({ dn, dnKey }: EntryName): Entry {
    const entry = this.#entry();
    if (dnKey === this.#key) return entry;
    throw new LdapError('noSuchObject', `${dn}: there is no such entry.`, { matchedDn: entry.dn });
  }

  children(): readonly Entry[] {
    return [];
  }

  shown(entry: Entry): Entry {
    return entry;
  }

  /** Returns the same object as long as it would have the same values: its octets are remembered with it, and shared. */
  #remembered(view: Entry, selectors: readonly string[]): Entry {
    const { key } = this.#views.selection(selectors);
    const known = this.#known.find(key);
    if (known !== undefined && isSame(known, view)) return known;
    this.#known.remember(key, view);
    return view;
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
