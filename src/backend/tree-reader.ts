// Search, compare and watch, as every backend that answers from a tree does them.

import { noSuchObject } from '../directory/apply-change.ts';
import {
  continuationUris,
  findReferral,
  isReferral,
  referralError,
  referralsOf,
} from '../directory/referral.ts';
import { searchTree } from '../directory/search-tree.ts';
import type { Tree } from '../directory/tree.ts';
import type { Node } from '../directory/tree-node.ts';
import { Dn } from '../ldap/dn.ts';
import { isBelow } from '../ldap/dn-key.ts';
import type { Entry } from '../ldap/entry.ts';
import type { Filter } from '../ldap/filter.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { SearchScope } from '../ldap/message.ts';
import { Reference } from '../ldap/reference.ts';
import { equalityTerms } from '../schema/equality-terms.ts';
import { compileFilter, type Matcher } from '../schema/filter-matcher.ts';
import type { Schema } from '../schema/schema.ts';
import type {
  ChangeEvent,
  ChangeListener,
  Comparison,
  Found,
  Requester,
  Search,
  SortedResult,
  SortedSearch,
  Watching,
} from './backend.ts';
import type { ChangeFeed, CommitChanges, EntryChange, Place } from './change-feed.ts';
import type { EntryViews } from './entry-views.ts';
import { matchedValues } from './matched-values.ts';
import { SortOrder } from './sort-order.ts';
import { sortFound } from './sorted-result.ts';

/** Where what is shown is not what is in the tree. */
export interface Presentation {
  /** What readers see in place of an entry of the tree; always the same object for the same entry. */
  shown(entry: Entry): Entry;
  /** The key in the tree of an entry that is shown under a key. */
  treeKey(key: string): string;
  /** Whether the indexes of the tree hold the values that are shown. */
  isIndexed(key: string): boolean;
}

const AS_STORED: Presentation = {
  shown: (entry) => entry,
  treeKey: (key) => key,
  isIndexed: () => true,
};

export class TreeReader {
  readonly #schema: Schema;
  readonly #tree: Tree;
  readonly #views: EntryViews;
  readonly #presentation: Presentation;

  constructor(schema: Schema, tree: Tree, views: EntryViews, presentation: Presentation = AS_STORED) {
    this.#schema = schema;
    this.#tree = tree;
    this.#views = views;
    this.#presentation = presentation;
  }

  search(search: Search): Iterable<Found> {
    const view = this.#viewer(search);
    const referrals = this.#referrals(search);
    if (referrals === undefined) return this.#find(search, undefined, view);
    return mapFound(this.#stored(search, referrals), (found) =>
      found instanceof Reference ? found : view(found),
    );
  }

  searchSorted(search: SortedSearch): Iterable<SortedResult | undefined> {
    const order = new SortOrder(this.#schema, search.sortKeys, this.#views.hiddenFrom(search.requester));
    const { shown } = this.#presentation;
    return sortFound(this.#stored(search, this.#referrals(search)), order, {
      entriesMax: search.entriesMax,
      held: search.sorting,
      shown,
      view: this.#viewer(search),
    });
  }

  compare(comparison: Comparison): boolean {
    if (comparison.manageDsaIt !== true) this.#refuseElsewhere(comparison.dn, comparison.dnKey);
    const entry = this.#tree.find(this.#presentation.treeKey(comparison.dnKey));
    if (entry === undefined) throw this.#noSuchObject(comparison.dn);
    const shown = this.#presentation.shown(entry);
    if (comparison.assertion !== undefined)
      this.requireAssertion(comparison.assertion, shown, comparison.requester);
    return this.#views.compare(shown, comparison, this.countChildren);
  }

  /** Throws assertionFailed (122) unless the filter is true of the entry, as far as the requester may know. */
  requireAssertion(assertion: Filter, entry: Entry, requester: Requester): void {
    if (this.#matcher(assertion, requester)(entry) === true) return;
    throw new LdapError(
      'assertionFailed',
      `${entry.dn}: the assertion of the request is not true of the entry. Read it again and decide anew.`,
    );
  }

  /** Tells of what the feed's changes do to the result of a search. The base need not exist. */
  watch(feed: ChangeFeed, search: Search, listener: ChangeListener): Watching {
    const eventOf = this.#eventReader(search);
    const eventsOf = ({ number, changes }: CommitChanges) =>
      changes.map((change) => eventOf(number, change)).filter((event) => event !== undefined);
    const stop = feed.listen({
      committed: (commit) => {
        const events = eventsOf(commit);
        if (events.length > 0) listener.changed(events);
      },
      failed: (error) => listener.failed(error),
    });
    return {
      number: feed.number,
      history: feed.history,
      eventsSince: (number) => {
        const commits = feed.since(number);
        return commits === undefined ? undefined : nonEmpty(commits, eventsOf);
      },
      stop,
    };
  }

  /** How many entries readers see directly below one. */
  readonly countChildren = (entry: Entry): number => {
    const key = this.#presentation.treeKey(this.#schema.dnKey(entry.dn));
    return this.#tree.findNode(key)?.childCount ?? 0;
  };

  /** The places that are held elsewhere, as far as the client does not want to see them as entries. */
  #referrals({ manageDsaIt }: Search): ReadonlySet<Node> | undefined {
    return manageDsaIt === true ? undefined : referralsOf(this.#tree);
  }

  /** Throws result 10 for a name at or below a referral object (RFC 3296 §5). */
  #refuseElsewhere(dn: string, key: string, scope?: SearchScope): void {
    if (referralsOf(this.#tree) === undefined) return;
    const referral = findReferral(key, (one) => this.#tree.find(one));
    if (referral !== undefined) throw referralError(referral, Dn.parse(dn), scope);
  }

  /** What is found, entries as they are in the tree. */
  #stored(search: Search, referrals: ReadonlySet<Node> | undefined): Iterable<Found> {
    const found = this.#find(search, referrals, (entry) => entry);
    if (referrals === undefined) return found;
    return mapFound(found, (entry) =>
      isReferral(entry) ? new Reference(continuationUris(entry, search.scope)) : entry,
    );
  }

  /** The same, with the entries that say where they are for the places held elsewhere. */
  #find(
    { base, baseKey, scope, filter, requester, assertion, held }: Search,
    referrals: ReadonlySet<Node> | undefined,
    see: (entry: Entry) => Entry,
  ): Iterable<Entry | undefined> {
    const { shown, treeKey, isIndexed } = this.#presentation;
    if (referrals !== undefined) this.#refuseElsewhere(base, treeKey(baseKey), scope);
    const node = this.#tree.findNode(treeKey(baseKey));
    if (node === undefined) throw this.#noSuchObject(base);
    if (assertion !== undefined && node.entry !== undefined)
      this.requireAssertion(assertion, shown(node.entry), requester);
    const matchesShown = isTrueOfAll(filter) ? everyEntry : this.#matcher(filter, requester);
    const isBase = scope === SearchScope.baseObject;
    return searchTree(this.#tree, {
      base: node,
      scope,
      matches: this.#matchesStored(matchesShown, referrals),
      see,
      referrals,
      held,
      terms: isBase ? [] : equalityTerms(this.#schema, filter).filter(({ key }) => isIndexed(key)),
    });
  }

  /** The same of an entry as it is in the tree; a referral is found whatever it is like. */
  #matchesStored(matchesShown: Matcher, referrals: ReadonlySet<Node> | undefined): Matcher {
    if (referrals !== undefined) return (entry) => isReferral(entry) || matchesShown(entry);
    if (this.#presentation === AS_STORED || matchesShown === everyEntry) return matchesShown;
    const { shown } = this.#presentation;
    return (entry) => matchesShown(shown(entry));
  }

  #matcher(filter: Filter, requester: Requester): Matcher {
    return compileFilter(this.#schema, filter, this.#views.filterOptions(requester, this.countChildren));
  }

  /** Makes what the requester sees of an entry of the tree. */
  #viewer({ selectors, requester, valuesFilter }: Search): (entry: Entry) => Entry {
    const { shown } = this.#presentation;
    const selection = this.#views.selection(selectors);
    const view = (entry: Entry) => this.#views.view(shown(entry), selection, requester, this.countChildren);
    if (valuesFilter === undefined) return view;
    const matchers = valuesFilter.map((filter) => this.#matcher(filter, requester));
    return (entry) => matchedValues(view(entry), matchers);
  }

  #eventReader(search: Search): (number: number, change: EntryChange) => ChangeEvent | undefined {
    const { shown, treeKey } = this.#presentation;
    const matches = this.#matcher(search.filter, search.requester);
    const baseKey = treeKey(search.baseKey);
    const view = this.#viewer(search);
    const see = (place: Place | undefined) => {
      if (place === undefined || !isInScope(place.key, baseKey, search.scope)) return undefined;
      return matches(shown(place.entry)) === true ? view(place.entry) : undefined;
    };
    return (number, { type, id, before, after }) => {
      const seenBefore = see(before);
      const seenAfter = see(after);
      if (seenBefore === undefined && seenAfter === undefined) return undefined;
      const previousDn =
        type === 'modifyDn' && before !== undefined ? shown(before.entry).dn.toString() : undefined;
      return { number, type, id, previousDn, before: seenBefore, after: seenAfter };
    };
  }

  #noSuchObject(dn: string): LdapError {
    const { shown, treeKey } = this.#presentation;
    const find = (key: string) => {
      const entry = this.#tree.find(treeKey(key));
      return entry === undefined ? undefined : shown(entry);
    };
    return noSuchObject(Dn.parse(dn), { schema: this.#schema, find });
  }
}

/** `(objectClass=*)`, the filter of most searches: no entry is without a class (RFC 4512 §2.4). */
function isTrueOfAll(filter: Filter): boolean {
  return filter.type === 'present' && filter.attribute.toLowerCase() === 'objectclass';
}

function everyEntry(): true {
  return true;
}

/** Keys are names leaf first: what is below a name ends with it. */
function isInScope(key: string, baseKey: string, scope: SearchScope): boolean {
  if (key === baseKey) return scope === SearchScope.baseObject || scope === SearchScope.wholeSubtree;
  if (scope === SearchScope.baseObject || !isBelow(key, baseKey)) return false;
  return scope !== SearchScope.singleLevel || key.indexOf(',') === key.length - baseKey.length - 1;
}

function* nonEmpty(
  commits: Iterable<CommitChanges>,
  eventsOf: (commit: CommitChanges) => readonly ChangeEvent[],
): Generator<readonly ChangeEvent[]> {
  for (const commit of commits) {
    const events = eventsOf(commit);
    if (events.length > 0) yield events;
  }
}

/** What a search finds, changed on the way; a result that is there as a whole stays so. */
function mapFound<One, Result>(
  found: Iterable<One | undefined>,
  map: (one: One) => Result,
): Iterable<Result | undefined> {
  if (Array.isArray(found))
    return found.map((one: One | undefined) => (one === undefined ? undefined : map(one)));
  return mapLazily(found, map);
}

function* mapLazily<One, Result>(
  found: Iterable<One | undefined>,
  map: (one: One) => Result,
): Generator<Result | undefined> {
  for (const one of found) yield one === undefined ? undefined : map(one);
}
