// What a change may look at, what it does to the tree, and where a name belongs.

import type { Dn } from '../ldap/dn.ts';
import type { Entry } from '../ldap/entry.ts';
import type { Issue } from '../ldap/issue.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { Schema } from '../schema/schema.ts';

/** What `applyChange` may look at: the tree as the writer sees it. */
export interface TreeView {
  readonly schema: Schema;
  find(key: string): Entry | undefined;
  hasChildren(key: string): boolean;
  /** The keys of the entries directly below one, in the order they were added. */
  childKeys(key: string): Iterable<string>;
  /** Whether an entry of this key is the top of a tree: it needs no parent, and keeps its name. */
  isTop(key: string): boolean;
  /** Whether this value of the attribute must not be repeated in an error text. */
  isSecret(key: string, value: string): boolean;
  /** What else is wrong with an entry that the schema refuses, for one answer with all of it; `known` is what the schema says. */
  checkFurther?(entry: Entry, known: readonly Issue[]): readonly Issue[];
}

export interface Place {
  readonly key: string;
  /** Undefined at the top. */
  readonly parentKey: string | undefined;
}

/** What a change does to one entry. */
export interface Effect extends Place {
  readonly dn: Dn;
  readonly before: Entry | undefined;
  readonly after: Entry | undefined;
  /** Where the entry was before, when it has moved. */
  readonly from?: Place;
  /** The entry has another name only because one above it has: nobody has changed the entry itself. */
  readonly isCarriedAlong?: boolean;
}

/** Where the name belongs. */
export function placeOf(dn: Dn, view: Pick<TreeView, 'schema' | 'isTop'>): Place & { readonly dn: Dn } {
  const key = view.schema.dnKey(dn);
  if (view.isTop(key)) return { key, parentKey: undefined, dn };
  // The key of the name above is what follows the first `,` (Schema.dnKey); above a single RDN is the root.
  const comma = key.indexOf(',');
  return { key, parentKey: comma < 0 ? '' : key.slice(comma + 1), dn };
}

/** 32, with the deepest ancestor that is there as matchedDN (RFC 4511 §4.1.9). */
export function noSuchObject(dn: Dn, view: Pick<TreeView, 'schema' | 'find'>): LdapError {
  const matchedDn = deepestAncestor(dn, view);
  const where = matchedDn === undefined ? '' : ` The deepest entry of that name that exists is ${matchedDn}.`;
  const options = matchedDn === undefined ? {} : { matchedDn };
  return new LdapError('noSuchObject', `${dn}: there is no such entry.${where}`, options);
}

function deepestAncestor(dn: Dn, view: Pick<TreeView, 'schema' | 'find'>): Dn | undefined {
  for (let above = dn.parent; above !== undefined && !above.isRoot; above = above.parent) {
    const entry = view.find(view.schema.dnKey(above));
    if (entry !== undefined) return entry.dn;
  }
  return undefined;
}
