// What a value of an attribute may look like (RFC 4512 §4.1.5). The syntaxes themselves are in syntaxes/; others,
// such as "a value or an expression", are handed to Schema.parse by the room that knows what they mean.

export interface Syntax {
  readonly oid: string;
  readonly description: string;
  /** Gives undefined when the value fits, else what is allowed, to be read after "The value": `must be true or false`. */
  check(value: string): string | undefined;
}
