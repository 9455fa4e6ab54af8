// What waits for an admin action, and where what is in force comes from, as attributes that no entry has: whoever looks
// at an entry sees why a value of it is not in force yet.

import { pendingChange, valueOrigin } from '../config/operational-attributes.ts';
import { Attribute, type Entry } from '../ldap/entry.ts';
import type { Derive } from '../schema/filter-matcher.ts';
import type { Configuration } from './configuration.ts';
import { effectiveNames } from './effective-names.ts';

/** By their keys. What waits is the same for what is written and for what is in force; origins has only the latter. */
export function inForceAttributes(configuration: Configuration): ReadonlyMap<string, Derive> {
  const { schema, tree } = configuration;
  const names = effectiveNames(schema);
  const written = (entry: Entry) => (names.isEffective(entry) ? tree.find(names.writtenKey(entry)) : entry);
  const attribute = ({ name }: { readonly name: string }, values: readonly string[]) =>
    values.length === 0 ? undefined : new Attribute(name, values, name.toLowerCase());
  return new Map<string, Derive>([
    [
      pendingChange.name.toLowerCase(),
      (entry) => {
        const found = written(entry);
        return found && attribute(pendingChange, configuration.inForce.pendingTexts(found));
      },
    ],
    [
      valueOrigin.name.toLowerCase(),
      (entry) => {
        const found = names.isEffective(entry) ? written(entry) : undefined;
        return found && attribute(valueOrigin, configuration.inForce.originTexts(found));
      },
    ],
  ]);
}
