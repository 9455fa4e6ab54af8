// Checks a value as written, before a server gets it and without resolving its expressions.

import { hasExpression } from '../expression/template.ts';
import type { PropertyDefinition } from './property-definition.ts';
import { takesExpressions } from './property-reader.ts';

/** Returns a sentence about what is wrong with the value, hiding a secret; undefined for a valid one. */
export function problemOfWrittenValue(property: PropertyDefinition, text: string): string | undefined {
  if (takesExpressions(property.key) && hasExpression(text)) return undefined;
  // A password is in clear text until the server hashes it.
  if (property.type.hashed) return undefined;
  const parsed = property.type.parse(text);
  if (parsed.problem === undefined) return undefined;
  const shown = JSON.stringify(property.type.show(text));
  return `${property.name}: ${shown} ${parsed.problem}. ${parsed.advice ?? `Allowed: ${property.allowed}.`}`;
}
