// The type of a property: its LDAP syntax, its allowed values in words, and conversion between text and typed value.
// It does not know entries, expressions or other properties.

import type { ResultCodeName } from '../ldap/result-code.ts';

/** Ordinary LDAP syntaxes (RFC 4517 §3.3) of property attributes, by the last number of their OIDs. */
export const BaseSyntax = {
  boolean: 7,
  dn: 12,
  directoryString: 15,
  generalizedTime: 24,
  ia5String: 26,
  integer: 27,
  octetString: 40,
} as const;

export type BaseSyntaxName = keyof typeof BaseSyntax;

/** A typed value, or a problem: `problem` is a predicate of the value, `advice` is a sentence. */
export type Parsed<T> =
  | { readonly value: T; readonly problem?: undefined }
  | (Refused & {
      /** Meaning of a stored value that an earlier version accepted; only new ones are refused. */
      readonly outdated?: { readonly value: T };
    });

export interface Refused {
  readonly problem: string;
  readonly advice?: string;
  /** Result code; 19 by default, 53 for a valid value that is not supported. */
  readonly code?: ResultCodeName;
}

export interface PropertyType<T> {
  /** Name for people: `host and port`. */
  readonly name: string;
  readonly syntax: BaseSyntaxName;
  /** True if comparisons distinguish upper and lower case; only strings use it. */
  readonly caseSensitive: boolean;
  /** All allowed values if they are a few words, for editors. */
  readonly words: readonly string[] | undefined;
  /** Range of a number, for editors. */
  readonly range: NumberRange | undefined;
  /** Allowed values: a sentence without its full stop, `A duration of at least 1 ms`. */
  readonly allowed: string;
  /** True if messages and answers show `***` instead of the value. */
  readonly secret: boolean;
  /** True if some values may be secret although the property is not. `show` hides them. */
  readonly mayHoldSecrets: boolean;
  /** True if only a hash is stored: clear text is hashed before it is stored. */
  readonly hashed: boolean;
  /** Kind of the target of a reference. */
  readonly target: string | undefined;
  parse(text: string): Parsed<T>;
  /** Returns the canonical text. Parsing it returns the value again. */
  format(value: T): string;
  /** Returns the text for messages. */
  show(text: string): string;
}

export interface NumberRange {
  readonly lowest?: number;
  readonly highest?: number;
}

interface PropertyTypeInput<T> {
  readonly name: string;
  readonly syntax: BaseSyntaxName;
  readonly allowed: string;
  readonly caseSensitive?: boolean;
  readonly secret?: boolean;
  readonly mayHoldSecrets?: boolean;
  readonly hashed?: boolean;
  readonly target?: string;
  readonly words?: readonly string[];
  readonly range?: NumberRange;
  parse(text: string): Parsed<T>;
  format?(value: T): string;
  show?(text: string): string;
}

/** Returns the same result with another value. */
export function mapParsed<From, To>(parsed: Parsed<From>, to: (value: From) => To): Parsed<To> {
  if (parsed.problem === undefined) return { value: to(parsed.value) };
  const { outdated, ...refused } = parsed;
  return outdated === undefined ? refused : { ...refused, outdated: { value: to(outdated.value) } };
}

/** Returns the meaning of a stored value; undefined if no version accepted it. */
export function meaningOf<T>(parsed: Parsed<T>): { readonly value: T } | undefined {
  return parsed.problem === undefined ? parsed : parsed.outdated;
}

/** Builds a type. By default it is not secret, ignores case, and formats values with `String`. */
export function propertyType<T>(input: PropertyTypeInput<T>): PropertyType<T> {
  return {
    caseSensitive: false,
    secret: false,
    mayHoldSecrets: false,
    hashed: false,
    target: undefined,
    words: undefined,
    range: undefined,
    format: String,
    show: (text) => text,
    ...input,
  };
}
