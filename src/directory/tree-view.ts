// The view of the tree that a change has, the effects of a change, and the place of a DN.

import type { EntryDifference } from '../ldap/change.ts';
import type { Dn } from '../ldap/dn.ts';
import type { Entry } from '../ldap/entry.ts';
import type { Issue } from '../ldap/issue.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { Schema } from '../schema/schema.ts';

/** The tree as the writer sees it, for `applyChange`. */
export interface TreeView {
  readonly schema: Schema;
  find(key: string): Entry | undefined;
  hasChildren(key: string): boolean;
  /** Returns the keys of the child entries, in the order they were added. */
  childKeys(key: string): Iterable<string>;
  /** Returns true for the key of a top entry, which needs no parent and cannot be renamed. */
  isTop(key: string): boolean;
  /** Returns true if error messages must not repeat this value of the attribute. */
  isSecret(key: string, value: string): boolean;
  /**
   * Returns further issues of an entry that the schema refuses, so that one answer has all of them. `known`
   * holds the issues of the schema.
   */
  checkFurther?(entry: Entry, known: readonly Issue[]): readonly Issue[];
}

export interface TreePosition {
  readonly key: string;
  /** Undefined at the top. */
  readonly parentKey: string | undefined;
}

/** Effect of a change on one entry. */
export interface Effect extends TreePosition, EntryDifference {
  readonly dn: Dn;
  /** Old place of a moved entry. */
  readonly from?: TreePosition;
  /** True if only the DN of an ancestor changed, not the entry itself. */
  readonly isCarriedAlong?: boolean;
}

/** Returns the place of a DN. */
export function placeOf(
  dn: Dn,
  view: Pick<TreeView, 'schema' | 'isTop'>,
): TreePosition & { readonly dn: Dn } {
  const key = view.schema.dnKey(dn);
  if (view.isTop(key)) return { key, parentKey: undefined, dn };
  // The key of the parent follows the first `,` (Schema.dnKey). A single RDN has the root as its parent.
  const comma = key.indexOf(',');
  return { key, parentKey: comma < 0 ? '' : key.slice(comma + 1), dn };
}

/** Returns LdapError noSuchObject (32), with the deepest existing ancestor as matchedDN (RFC 4511 §4.1.9). */
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
