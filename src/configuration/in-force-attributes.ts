// What waits for an admin action, and where what is in force comes from, as attributes that no entry has: whoever looks
// at an entry sees why a value of it is not in force yet.

import type { DeriveFor, Viewer } from '../backend/visible-derived.ts';
import { pendingChange, valueOrigin } from '../config/operational-attributes.ts';
import { Attribute, type Entry } from '../ldap/entry.ts';
import type { Configuration } from './configuration.ts';
import { effectiveNames, writtenEntries } from './effective-names.ts';

/** By their keys. What waits is the same for what is written and for what is in force; origins has only the latter. */
export function inForceAttributes(configuration: Configuration): ReadonlyMap<string, DeriveFor> {
  const { schema, tree } = configuration;
  const names = effectiveNames(schema);
  const written = writtenEntries(schema, tree);
  const attribute = ({ name }: { readonly name: string }, values: readonly string[]) =>
    values.length === 0 ? undefined : new Attribute(name, values, name.toLowerCase());
  /** Their texts are about all properties. */
  const isSeen = (entry: Entry, viewer: Viewer | undefined) =>
    viewer === undefined || viewer.seesAllOf(entry);
  return new Map<string, DeriveFor>([
    [
      pendingChange.name.toLowerCase(),
      (entry, viewer) => {
        const found = isSeen(entry, viewer) ? written(entry) : undefined;
        return found && attribute(pendingChange, configuration.inForce.pendingTexts(found));
      },
    ],
    [
      valueOrigin.name.toLowerCase(),
      (entry, viewer) => {
        const found = isSeen(entry, viewer) && names.isEffective(entry) ? written(entry) : undefined;
        return found && attribute(valueOrigin, configuration.inForce.originTexts(found));
      },
    ],
  ]);
}
