// What waits for an admin action, as an attribute that no entry has: whoever looks at an entry sees why a value of it
// is not in force yet.

import { pendingChange } from '../config/operational-attributes.ts';
import { Attribute, type Entry } from '../ldap/entry.ts';
import type { Derive } from '../schema/filter-matcher.ts';
import type { Configuration } from './configuration.ts';
import { effectiveNames } from './effective-names.ts';

/** By their keys; an entry for which nothing waits has none. Of an entry in force, what waits is that of what is written. */
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
  ]);
}
