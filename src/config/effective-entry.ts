// An entry as cn=effective shows it: expressions resolved, values in canonical text, defaults filled in. The name is
// left as it is; moving the entry under cn=effective is for whoever shows it.

import { resolve } from '../expression/resolve.ts';
import type { Sources } from '../expression/sources.ts';
import { hasExpression } from '../expression/template.ts';
import { Attribute, type Entry } from '../ldap/entry.ts';
import type { ObjectDefinition } from './object-definition.ts';
import { type ObjectReading, readProperties, takesExpressions } from './property-reader.ts';

/**
 * The definition is undefined for an entry that is no configuration object: its expressions are resolved and nothing
 * else. What cannot be resolved stays as it is written; a validated entry has nothing of the kind.
 */
export function effectiveEntry(
  definition: ObjectDefinition | undefined,
  entry: Entry,
  sources: Sources,
): Entry {
  const reading = definition === undefined ? undefined : readProperties(definition, entry, sources);
  const attributes = entry.attributes.map((attribute) => inForce(attribute, reading, sources));
  return entry.withAttributes([
    ...attributes.filter((attribute) => attribute.values.length > 0),
    ...(reading === undefined ? [] : defaultsOf(reading)),
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

function defaultsOf(reading: ObjectReading): readonly Attribute[] {
  return [...reading.properties.values()]
    .filter(({ isWritten, texts }) => !isWritten && texts.length > 0)
    .map(({ definition, texts }) => new Attribute(definition.attribute, texts, definition.key));
}
