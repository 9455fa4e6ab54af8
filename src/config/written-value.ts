// A value as somebody writes it, before any server has seen it: what can be said against it without knowing what its
// expressions stand for.

import { hasExpression } from '../expression/template.ts';
import type { PropertyDefinition } from './property-definition.ts';
import { takesExpressions } from './property-reader.ts';

/** What is wrong with the value, in a sentence that names it unless it is a secret; undefined when nothing is. */
export function problemOfWrittenValue(property: PropertyDefinition, text: string): string | undefined {
  if (takesExpressions(property.key) && hasExpression(text)) return undefined;
  // A password is clear text until the server hashes it.
  if (property.type.hashed) return undefined;
  const parsed = property.type.parse(text);
  if (parsed.problem === undefined) return undefined;
  const shown = JSON.stringify(property.type.show(text));
  return `${property.name}: ${shown} ${parsed.problem}. ${parsed.advice ?? `Allowed: ${property.allowed}.`}`;
}
