// Values in the form in which equal ones are the same text.

import type { AttributeType } from './attribute-type.ts';

/**
 * The normal form of a stored value under the type's equality rule. A value that the rule cannot make sense of, and any
 * value of a type without equality rule, stands for itself.
 */
export function normalizeValue(type: AttributeType, value: string): string {
  const rule = type.equality;
  if (rule === undefined) return value;
  const normal = rule.normalizeStored === undefined ? rule.normalize(value) : rule.normalizeStored(value);
  return normal ?? value;
}

/**
 * The normal form of what a client asserts, to be compared with normalizeValue's. Undefined when the type has no equality
 * rule or the text can be no value of it. What the syntax allows and the rule cannot make sense of (an expression in place of
 * a number) stands for itself.
 */
export function normalizeAssertion(type: AttributeType, value: string): string | undefined {
  if (type.equality === undefined) return undefined;
  const normal = type.equality.normalize(value);
  if (normal !== undefined) return normal;
  return type.syntax.check(value) === undefined ? value : undefined;
}

/** The normal forms of values: how many are different, and whether one is among them. */
export function equalityKeys(type: AttributeType, values: readonly string[]): Set<string> {
  return new Set(values.map((value) => normalizeValue(type, value)));
}
