// Attributes that follow from the tree, for a requester to whom not all of the tree exists.

import type { Attribute, Entry } from '../ldap/entry.ts';
import type { Derive } from '../schema/filter-matcher.ts';

/** Answers which entries exist for a requester. */
export interface Viewer {
  /** Returns true if all attributes of the entry may be read, secrets aside. */
  seesAllOf(entry: Entry): boolean;
  /** Returns true if the entry of this name exists for the requester. */
  sees(dn: string): boolean;
}

/** Makes an attribute of an entry; for a viewer, of what exists for it. */
export type DeriveFor = (entry: Entry, viewer?: Viewer) => Attribute | undefined;

/** Returns all of them for one viewer. */
export function derivedFor(
  ofTree: ReadonlyMap<string, Derive>,
  further: ReadonlyMap<string, DeriveFor>,
  viewer: Viewer,
): ReadonlyMap<string, Derive> {
  const all = new Map<string, Derive>(ofTree);
  for (const [key, derive] of further) all.set(key, (entry) => derive(entry, viewer));
  return all;
}
