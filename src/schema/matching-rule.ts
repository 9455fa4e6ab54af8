// Matching rules (RFC 4512 §4.1.3): equality, ordering, substrings. A rule normalizes texts; values with equal
// normal forms are equal. The rules are in rules/.

export interface MatchingRule {
  readonly oid: string;
  readonly names: readonly string[];
  /** OID of the assertion syntax. */
  readonly syntaxOid: string;
  /**
   * Returns the normal form of an assertion value, or undefined if the text is not valid in the assertion
   * syntax.
   */
  normalize(value: string): string | undefined;
  /**
   * Returns the normal form of a stored value. Only rules whose stored values differ from assertions have it
   * (first component rules).
   */
  normalizeStored?(value: string): string | undefined;
  /** Compares two normal forms; below zero if `a` comes before `b`. Only ordering rules have it. */
  compare?(a: string, b: string): number;
  /**
   * Returns true if a stored value matches; both are normal forms. Only rules other than equality have it
   * (wordMatch).
   */
  matches?(stored: string, assertion: string): boolean;
  /** Only substrings rules have it. */
  readonly substrings?: SubstringsPreparation;
}

export type SubstringPlace = 'initial' | 'any' | 'final';

/** Normalizes values and pieces so that plain text search finds them (RFC 4518 §2.6). */
export interface SubstringsPreparation {
  value(value: string): string | undefined;
  piece(piece: string, place: SubstringPlace): string | undefined;
}
