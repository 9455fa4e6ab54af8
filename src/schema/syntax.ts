// A syntax: the form of an attribute's values (RFC 4512 §4.1.5). syntaxes/ has the standard ones. Other rooms
// pass their own to Schema.parse, such as "a value or an expression".

export interface Syntax {
  readonly oid: string;
  readonly description: string;
  /**
   * Returns undefined for a valid value; otherwise what is allowed, as a predicate of "The value": `must be
   * true or false`.
   */
  check(value: string): string | undefined;
}
