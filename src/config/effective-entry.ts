// Makes the effective entry of cn=effective: expressions resolved, values in canonical text, defaults added. The
// caller changes the DN.

import { resolve } from '../expression/resolve.ts';
import type { Sources } from '../expression/sources.ts';
import { hasExpression } from '../expression/template.ts';
import { Attribute, type Entry } from '../ldap/entry.ts';
import { type ObjectReading, takesExpressions } from './property-reader.ts';

/**
 * Returns the effective entry. Without a reading (no configuration object), it only resolves expressions.
 * Unresolvable values stay; validated entries have none.
 */
export function effectiveEntry(entry: Entry, reading: ObjectReading | undefined, sources: Sources): Entry {
  const attributes = entry.attributes.map((attribute) => inForce(attribute, reading, sources));
  return entry.withAttributes([
    ...attributes.filter((attribute) => attribute.values.length > 0),
    ...(reading === undefined ? [] : othersOf(reading)),
  ]);
}

function inForce(attribute: Attribute, reading: ObjectReading | undefined, sources: Sources): Attribute {
  const property = reading?.definition.propertiesByKey.get(attribute.key);
  const known = property && reading?.properties.get(property.name);
  if (known !== undefined) return attribute.withValues(known.texts);
  if (!takesExpressions(attribute.key) || !attribute.values.some(hasExpression)) return attribute;
  return attribute.withValues(attribute.values.flatMap((text) => resolveOrKeep(text, sources)));
}

function resolveOrKeep(text: string, sources: Sources): readonly string[] {
  const resolution = resolve(text, sources);
  return resolution.resolved ? resolution.values : [text];
}

/** Returns the defaults, and effective values that are no longer stored. */
function othersOf({ entry, properties }: ObjectReading): readonly Attribute[] {
  return [...properties.values()]
    .filter(({ definition, texts }) => texts.length > 0 && entry.find(definition.key) === undefined)
    .map(({ definition, texts }) => new Attribute(definition.attribute, texts, definition.key));
}
