// Operational attributes that no entry has: they follow from the entry and its place in the tree. The counts are
// X.501's, entryDN is RFC 5020's, subschemaSubentry RFC 4512's (§4.2).

import { Attribute, type Entry } from '../ldap/entry.ts';
import type { Derive } from '../schema/filter-matcher.ts';

/** How many entries are directly below one. */
export type CountChildren = (entry: Entry) => number;

type DeriveValue = (entry: Entry, countChildren: CountChildren) => string;

/** Each under its key, with the schema's spelling. */
const DERIVED: readonly (readonly [key: string, name: string, derive: DeriveValue])[] = [
  ['entrydn', 'entryDN', ({ dn }) => dn.toString()],
  ['hassubordinates', 'hasSubordinates', (entry, count) => (count(entry) > 0 ? 'TRUE' : 'FALSE')],
  ['numsubordinates', 'numSubordinates', (entry, count) => String(count(entry))],
  ['subschemasubentry', 'subschemaSubentry', () => 'cn=schema'],
];

/** By their keys, for the entries of one tree. */
export function derivedAttributes(countChildren: CountChildren): ReadonlyMap<string, Derive> {
  return new Map(
    DERIVED.map(([key, name, derive]) => [
      key,
      (entry) => new Attribute(name, [derive(entry, countChildren)], key),
    ]),
  );
}
