// Where a backend has its entries: a tree, one entry, the journal. What requesters see of them, in which order, and who is
// told of changes is the same for all (tree-backend.ts).

import type { Entry } from '../ldap/entry.ts';
import type { Matcher } from '../schema/filter-matcher.ts';
import type { Comparison, Found, Search } from './backend.ts';
import type { CountChildren } from './derived-attributes.ts';
import type { FoundAgain } from './sorted-result.ts';

/** The name of an entry that a request is about. */
export type EntryName = Pick<Comparison, 'dn' | 'dnKey' | 'manageDsaIt'>;

export interface EntrySource {
  /**
   * Finds the entries in the scope of a search. Throws noSuchObject for a base that is not there, at once.
   * @param matches takes an entry as it is shown
   * @param see makes the result of an entry as it is kept
   */
  find(search: Search, matches: Matcher, see: (entry: Entry) => Entry): Iterable<Found>;
  /** Returns the entry as it is shown. Throws noSuchObject. */
  get(name: EntryName): Entry;
  /** Returns an entry as readers see it; always the same object for the same entry. */
  shown(entry: Entry): Entry;
  /** Counts the entries directly below one that is shown. One function for all requests, where that is possible. */
  readonly countChildren: CountChildren;
  /** Returns the entries directly below one, as they are shown. */
  children(entry: Entry): Iterable<Entry>;
  /** Returns the entries at and below a name as they are kept, for a tree that can be watched. */
  subtree?(key: string): Iterable<Entry>;
  /** Returns true if some places are held elsewhere (RFC 3296); none are if absent. */
  hasReferrals?(): boolean;
  /** Returns the key that the change feed has for the entry that is shown under a key. */
  storedKey?(key: string): string;
  /** Returns what to keep of the entry found last until it is its turn in a sorted result. */
  keep?(entry: Entry): Entry | FoundAgain;
}

/** The matcher of `(objectClass=*)`, the filter of most searches: no entry is without a class (RFC 4512 §2.4). */
export function everyEntry(): true {
  return true;
}
