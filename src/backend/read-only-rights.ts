// That an entry of a tree nobody can change is read only, where directory browsers and administration tools look for it: the
// attribute aclRights, as OpenDJ answers a request for effective rights. Entries of other trees have none: what may be done
// with them depends on who asks.

import type { Dn } from '../ldap/dn.ts';
import { Attribute, type Entry } from '../ldap/entry.ts';
import type { Derive } from '../schema/filter-matcher.ts';
import type { Schema } from '../schema/schema.ts';

/** Not among those that `+` asks for, as in OpenDJ: some tools look up each attribute that they get, without options. */
export const RIGHTS_KEY = 'aclrights';
const NAME = 'aclRights;entryLevel';
const TO_READ_ONLY = ['add:0,delete:0,read:1,write:0,proxy:0'];

/**
 * Returns the attribute by its key.
 * @param trees the names of the trees that nobody can change
 * @param entries the names of the entries that belong to the server in other trees
 */
export function readOnlyRights(
  schema: Schema,
  trees: readonly string[],
  entries: readonly Dn[],
): ReadonlyMap<string, Derive> {
  const tops = new Set(trees.map((tree) => schema.dnKeyOfText(tree)));
  const alone = new Set(entries.map((dn) => schema.dnKey(dn)));
  const isReadOnly = ({ dn }: Entry): boolean =>
    tops.has(schema.rdnKey(dn.rdns.at(-1) ?? [])) || alone.has(schema.dnKey(dn));
  return new Map<string, Derive>([
    [
      RIGHTS_KEY,
      (entry) => (isReadOnly(entry) ? new Attribute(NAME, TO_READ_ONLY, NAME.toLowerCase()) : undefined),
    ],
  ]);
}
