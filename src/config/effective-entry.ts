// An entry as cn=effective shows it: expressions resolved, values in canonical text, defaults filled in. The name is
// left as it is; moving the entry under cn=effective is for whoever shows it.

import { resolve } from '../expression/resolve.ts';
import type { Sources } from '../expression/sources.ts';
import { hasExpression } from '../expression/template.ts';
import { Attribute, type Entry } from '../ldap/entry.ts';
import { type ObjectReading, takesExpressions } from './property-reader.ts';

/**
 * Takes what is in force; an entry that is no configuration object has no reading: its expressions are resolved and
 * nothing else. What cannot be resolved stays as it is written; a validated entry has nothing of the kind.
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

/** Defaults, and what is in force although it is no longer written. */
function othersOf({ entry, properties }: ObjectReading): readonly Attribute[] {
  return [...properties.values()]
    .filter(({ definition, texts }) => texts.length > 0 && entry.find(definition.key) === undefined)
    .map(({ definition, texts }) => new Attribute(definition.attribute, texts, definition.key));
}
