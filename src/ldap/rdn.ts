// The levels of a distinguished name.

/** One AttributeTypeAndValue; `value` is the plain text, without RFC 4514's escapes. */
export interface Ava {
  readonly type: string;
  readonly value: string;
}

/** A relative distinguished name: one AVA, or several joined by `+`. */
export type Rdn = readonly Ava[];
