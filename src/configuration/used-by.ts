// Who refers to an entry of the configuration, as attributes that no entry has: an administrator who may not delete a
// trust manager sees which mail servers stand in the way.

import { USED_BY_NAMES_MAX, usedBy, usedByCount } from '../config/operational-attributes.ts';
import { Attribute } from '../ldap/entry.ts';
import type { Derive } from '../schema/filter-matcher.ts';
import type { Configuration } from './configuration.ts';
import { effectiveNames } from './effective-names.ts';

/** By their keys; an entry that nobody refers to has none of them. The cost is that of the names that are shown. */
export function usedByAttributes(configuration: Configuration): ReadonlyMap<string, Derive> {
  const { schema, tree } = configuration;
  /** Of what is in force, the users are those of what is written. */
  const { writtenKey } = effectiveNames(schema);
  const attribute = ({ name }: { readonly name: string }, values: readonly string[]) =>
    values.length === 0 ? undefined : new Attribute(name, values, name.toLowerCase());
  return new Map<string, Derive>([
    [
      usedBy.name.toLowerCase(),
      (entry) => {
        const keys = configuration.users(writtenKey(entry)).first(USED_BY_NAMES_MAX);
        return attribute(
          usedBy,
          keys.map((key) => tree.find(key)?.dn.toString() ?? key),
        );
      },
    ],
    [
      usedByCount.name.toLowerCase(),
      (entry) => {
        const { count } = configuration.users(writtenKey(entry));
        return attribute(usedByCount, count === 0 ? [] : [String(count)]);
      },
    ],
  ]);
}
