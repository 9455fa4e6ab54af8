// When values are equal, which comes first, and what is part of what (RFC 4512 §4.1.3). A rule brings texts into a
// normal form; equal normal forms mean equal values. The rules themselves are in rules/.

import type { AttributeType } from './attribute-type.ts';

export interface MatchingRule {
  readonly oid: string;
  readonly names: readonly string[];
  /** The syntax of the assertion. */
  readonly syntaxOid: string;
  /** The normal form of an assertion value; undefined when the text is not of the assertion syntax. */
  normalize(value: string): string | undefined;
  /** The normal form of a stored value, where stored values look different from assertions (first component rules). */
  normalizeStored?(value: string): string | undefined;
  /** Only ordering rules have it: below zero when `a` comes before `b`. Both are normal forms. */
  compare?(a: string, b: string): number;
  /** Only rules that ask something else than equality have it (wordMatch). Both are normal forms. */
  matches?(stored: string, assertion: string): boolean;
  /** Only substrings rules have it. */
  readonly substrings?: SubstringsPreparation;
}

export type SubstringPlace = 'initial' | 'any' | 'final';

/** Brings values and pieces into forms of which plain text search is right (RFC 4518 §2.6). */
export interface SubstringsPreparation {
  value(value: string): string | undefined;
  piece(piece: string, place: SubstringPlace): string | undefined;
}

/**
 * Whether an extensible match without an attribute asks the values of this type (RFC 4511 §4.5.1.7.7), which is what the rule's
 * matchingRuleUse says (RFC 4512 §4.1.4): it is a rule of the type, or compares values of the type's syntax.
 */
export function appliesTo(rule: MatchingRule, type: AttributeType): boolean {
  const isOneOfItsOwn = type.equality === rule || type.ordering === rule || type.substrings === rule;
  return isOneOfItsOwn || type.syntax.oid === rule.syntaxOid;
}
