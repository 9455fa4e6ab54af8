// The permissive modify control (1.2.840.113556.1.4.1413; [MS-ADTS] 3.1.1.3.4.1.8): adding a present value or
// deleting an absent one is no error. The result is a plain modify, which is checked, stored and replayed like
// any other.

import type { Modification } from '../ldap/change.ts';
import type { Entry } from '../ldap/entry.ts';
import { type AttributeDescription, isRange } from '../schema/attribute-type.ts';
import type { Schema } from '../schema/schema.ts';
import { EditedValues } from './edited-values.ts';

export interface PermissiveOptions {
  readonly schema: Schema;
  /**
   * Returns true for the key of an attribute that is hidden from the requester. Its modifications all stay: the
   * result must not reveal whether a guessed value is right.
   */
  readonly isHidden: (key: string) => boolean;
}

/** Returns the modifications that change something, in order. Invalid ones stay and are refused later. */
export function modificationsNeeded(
  modifications: readonly Modification[],
  entry: Entry,
  { schema, isHidden }: PermissiveOptions,
): readonly Modification[] {
  const edited = new Map<string, EditedValues>();
  const strict = new Set<string>();
  const valuesOf = ({ key, type }: AttributeDescription): EditedValues => {
    const known = edited.get(key) ?? new EditedValues(type, entry.find(key)?.values ?? []);
    edited.set(key, known);
    return known;
  };
  const needed: Modification[] = [];
  for (const modification of modifications) {
    const description = schema.describe(modification.attribute.description);
    const isPlain = description === undefined || isRange(description) || description.type.noUserModification;
    if (isPlain || isHidden(description.key) || strict.has(description.key)) {
      needed.push(modification);
      continue;
    }
    // The value after an increment is not known here.
    if (modification.operation === 'increment') strict.add(description.key);
    const attribute = neededOf(modification, description, valuesOf, edited);
    if (attribute !== undefined) needed.push({ operation: modification.operation, attribute });
  }
  return needed;
}

function neededOf(
  { operation, attribute }: Modification,
  description: AttributeDescription,
  valuesOf: (description: AttributeDescription) => EditedValues,
  edited: Map<string, EditedValues>,
): Modification['attribute'] | undefined {
  const { values } = attribute;
  if (operation === 'increment') return attribute;
  if (operation === 'replace') {
    edited.set(description.key, new EditedValues(description.type, values));
    return attribute;
  }
  const present = valuesOf(description);
  if (values.length === 0) {
    // An add without values is invalid, whatever the entry has.
    if (operation === 'add') return attribute;
    edited.set(description.key, new EditedValues(description.type, []));
    return present.values.length === 0 ? undefined : attribute;
  }
  const change = (value: string) => (operation === 'add' ? present.add(value) : present.delete(value));
  const changing = values.filter(change);
  return changing.length === 0 ? undefined : attribute.withValues(changing);
}
