// Normal forms of values. Equal values have the same text.

import type { AttributeType } from './attribute-type.ts';

/**
 * Returns the normal form of a stored value under the equality rule of the type. Returns the value itself if
 * the type has no equality rule or the rule cannot parse it.
 */
export function normalizeValue(type: AttributeType, value: string): string {
  const rule = type.equality;
  if (rule === undefined) return value;
  const normal = rule.normalizeStored === undefined ? rule.normalize(value) : rule.normalizeStored(value);
  return normal ?? value;
}

/**
 * Returns the normal form of an asserted value, to be compared with the result of normalizeValue. Returns
 * undefined if the type has no equality rule, or the text is not valid for its syntax. A value that the syntax
 * allows and the rule cannot parse (an expression in place of a number) is its own normal form.
 */
export function normalizeAssertion(type: AttributeType, value: string): string | undefined {
  if (type.equality === undefined) return undefined;
  const normal = type.equality.normalize(value);
  if (normal !== undefined) return normal;
  return type.syntax.check(value) === undefined ? value : undefined;
}
