// The entries of a tree, as they are in it or as somebody presents them.

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
import type { Entry } from '../ldap/entry.ts';
import type { LdapError } from '../ldap/ldap-error.ts';
import { SearchScope } from '../ldap/message.ts';
import { Reference } from '../ldap/reference.ts';
import { equalityTerms } from '../schema/equality-terms.ts';
import type { Matcher } from '../schema/filter-matcher.ts';
import type { Schema } from '../schema/schema.ts';
import type { Found, Search } from './backend.ts';
import { type EntryName, type EntrySource, everyEntry } from './entry-source.ts';

/** How a tree is shown where readers do not see its entries as they are. */
export interface Presentation {
  /** Returns what readers see in place of an entry of the tree; always the same object for the same entry. */
  shown(entry: Entry): Entry;
  /** Returns the key in the tree of an entry that is shown under a key. */
  treeKey(key: string): string;
  /** Returns whether the indexes of the tree hold the values that are shown. */
  isIndexed(key: string): boolean;
  /** Entries of the tree that readers do not see at all. Without it there are none. */
  readonly hidden?: HiddenEntries;
}

export interface HiddenEntries {
  /** Returns true while every entry is shown. */
  isNone(): boolean;
  has(entry: Entry): boolean;
}

const AS_STORED: Presentation = {
  shown: (entry) => entry,
  treeKey: (key) => key,
  isIndexed: () => true,
};

export class TreeSource implements EntrySource {
  readonly #schema: Schema;
  readonly #tree: Tree;
  readonly #presentation: Presentation;

  constructor(schema: Schema, tree: Tree, presentation: Presentation = AS_STORED) {
    this.#schema = schema;
    this.#tree = tree;
    this.#presentation = presentation;
  }

  find(search: Search, matches: Matcher, see: (entry: Entry) => Entry): Iterable<Found> {
    // Places that are held elsewhere are entries like others for a client that asks for them as such.
    const referrals = search.manageDsaIt === true ? undefined : referralsOf(this.#tree);
    if (referrals === undefined) return this.#find(search, matches, see);
    const found = this.#find(search, matches, (entry) => entry, referrals);
    return mapFound(found, (entry) =>
      isReferral(entry) ? new Reference(continuationUris(entry, search.scope)) : see(entry),
    );
  }

  hasReferrals(): boolean {
    return referralsOf(this.#tree) !== undefined;
  }

  get({ dn, dnKey, manageDsaIt }: EntryName): Entry {
    if (manageDsaIt !== true) this.#refuseElsewhere(dn, dnKey);
    const entry = this.#tree.find(this.#presentation.treeKey(dnKey));
    if (entry === undefined || this.#isHidden(entry)) throw this.#noSuchObject(dn);
    return this.#presentation.shown(entry);
  }

  shown(entry: Entry): Entry {
    return this.#presentation.shown(entry);
  }

  readonly countChildren = (entry: Entry): number => {
    const key = this.#presentation.treeKey(this.#schema.dnKey(entry.dn));
    const node = this.#tree.findNode(key);
    if (node === undefined || this.#presentation.hidden?.isNone() !== false) return node?.childCount ?? 0;
    return [...this.#shownChildren(node)].length;
  };

  *children(entry: Entry): Generator<Entry> {
    const key = this.#presentation.treeKey(this.#schema.dnKey(entry.dn));
    for (const child of this.#shownChildren(this.#tree.findNode(key))) yield this.#presentation.shown(child);
  }

  *subtree(key: string): Generator<Entry> {
    const waiting = [this.#tree.findNode(this.#presentation.treeKey(key))];
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      if (node.entry !== undefined && !this.#isHidden(node.entry)) yield node.entry;
      for (const child of node.children?.values() ?? []) waiting.push(child);
    }
  }

  *#shownChildren(node: Node | undefined): Generator<Entry> {
    for (const { entry } of node?.children?.values() ?? [])
      if (entry !== undefined && !this.#isHidden(entry)) yield entry;
  }

  #isHidden(entry: Entry): boolean {
    const { hidden } = this.#presentation;
    return hidden !== undefined && !hidden.isNone() && hidden.has(entry);
  }

  storedKey(key: string): string {
    return this.#presentation.treeKey(key);
  }

  /** Throws result 10 for a name at or below a referral object (RFC 3296 §5). */
  #refuseElsewhere(dn: string, key: string, scope?: SearchScope): void {
    if (referralsOf(this.#tree) === undefined) return;
    const referral = findReferral(key, (one) => this.#tree.find(one));
    if (referral !== undefined) throw referralError(referral, Dn.parse(dn), scope);
  }

  #find(
    { base, baseKey, scope, filter, held }: Search,
    matches: Matcher,
    see: (entry: Entry) => Entry,
    referrals?: ReadonlySet<Node>,
  ): Iterable<Entry | undefined> {
    const { treeKey, isIndexed } = this.#presentation;
    if (referrals !== undefined) this.#refuseElsewhere(base, treeKey(baseKey), scope);
    const node = this.#tree.findNode(treeKey(baseKey));
    const isShown = node?.entry === undefined || !this.#isHidden(node.entry);
    if (node === undefined || !isShown) throw this.#noSuchObject(base);
    const isBase = scope === SearchScope.baseObject;
    return searchTree(this.#tree, {
      base: node,
      scope,
      matches: this.#matchesStored(matches, referrals),
      see,
      referrals,
      held,
      terms: isBase ? [] : equalityTerms(this.#schema, filter).filter(({ key }) => isIndexed(key)),
    });
  }

  /** Takes entries as they are in the tree; a referral is found whatever it is like. */
  #matchesStored(matches: Matcher, referrals: ReadonlySet<Node> | undefined): Matcher {
    if (referrals !== undefined) return (entry) => isReferral(entry) || matches(entry);
    const { shown, hidden } = this.#presentation;
    if (hidden?.isNone() === false) return (entry) => !hidden.has(entry) && matches(shown(entry));
    if (this.#presentation === AS_STORED || matches === everyEntry) return matches;
    return (entry) => matches(shown(entry));
  }

  #noSuchObject(dn: string): LdapError {
    const { shown, treeKey } = this.#presentation;
    const find = (key: string) => {
      const entry = this.#tree.find(treeKey(key));
      return entry === undefined || this.#isHidden(entry) ? undefined : shown(entry);
    };
    return noSuchObject(Dn.parse(dn), { schema: this.#schema, find });
  }
}

/** Changes the found entries one by one; a result that is there as a whole stays so. */
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
