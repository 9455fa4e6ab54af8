// Who refers to an entry of the configuration, as attributes that no entry has: an administrator who may not delete a
// trust manager sees which mail servers stand in the way.

import type { DeriveFor, Viewer } from '../backend/visible-derived.ts';
import { USED_BY_NAMES_MAX, usedBy, usedByCount } from '../config/operational-attributes.ts';
import { Attribute, type Entry } from '../ldap/entry.ts';
import type { Configuration } from './configuration.ts';
import { effectiveNames } from './effective-names.ts';

/** By their keys; an entry that nobody refers to has none of them. The cost is that of the names that are shown. */
export function usedByAttributes(configuration: Configuration): ReadonlyMap<string, DeriveFor> {
  const { schema, tree } = configuration;
  /** Of what is in force, the users are those of what is written. */
  const { writtenKey } = effectiveNames(schema);
  const attribute = ({ name }: { readonly name: string }, values: readonly string[]) =>
    values.length === 0 ? undefined : new Attribute(name, values, name.toLowerCase());
  const namesOf = (entry: Entry, viewer: Viewer | undefined): readonly string[] => {
    const max = viewer === undefined ? USED_BY_NAMES_MAX : Number.POSITIVE_INFINITY;
    const keys = configuration.users(writtenKey(entry)).first(max);
    const names = keys.map((key) => tree.find(key)?.dn.toString() ?? key);
    return viewer === undefined ? names : names.filter((name) => viewer.sees(name));
  };
  return new Map<string, DeriveFor>([
    [
      usedBy.name.toLowerCase(),
      (entry, viewer) => attribute(usedBy, namesOf(entry, viewer).slice(0, USED_BY_NAMES_MAX)),
    ],
    [
      usedByCount.name.toLowerCase(),
      (entry, viewer) => {
        const { count } = configuration.users(writtenKey(entry));
        const seen = viewer === undefined ? count : namesOf(entry, viewer).length;
        return attribute(usedByCount, seen === 0 ? [] : [String(seen)]);
      },
    ],
  ]);
}
