// What the value of a property may be, as a value: the LDAP syntax it fits, the allowed values in words, and the
// way between text and the typed value. A type knows nothing of entries, expressions or other properties.

import type { ResultCodeName } from '../ldap/result-code.ts';

/** The ordinary LDAP syntaxes (RFC 4517 §3.3) a property's attribute may be based on, by the last arc of their OIDs. */
export const BaseSyntax = {
  boolean: 7,
  dn: 12,
  directoryString: 15,
  ia5String: 26,
  integer: 27,
  octetString: 40,
} as const;

export type BaseSyntaxName = keyof typeof BaseSyntax;

/** A typed value, or what is wrong: `problem` is read after the value, `advice` is a sentence of its own. */
export type Parsed<T> =
  | { readonly value: T; readonly problem?: undefined }
  | (Refused & {
      /** What the value means where it is stored already: an earlier version took it, and only new ones are refused. */
      readonly outdated?: { readonly value: T };
    });

export interface Refused {
  readonly problem: string;
  readonly advice?: string;
  /** 19 unless said otherwise; 53 for a value that is well written and cannot be honoured. */
  readonly code?: ResultCodeName;
}

export interface PropertyType<T> {
  /** `host and port`: for people. */
  readonly name: string;
  readonly syntax: BaseSyntaxName;
  /** Whether upper and lower case are the same in comparisons; only strings ask. */
  readonly caseSensitive: boolean;
  /** All values there are, where they are a few words: for editors. */
  readonly words: readonly string[] | undefined;
  /** The range of numbers, where values are numbers: for editors. */
  readonly range: NumberRange | undefined;
  /** What is allowed: a sentence without its full stop, `A duration of at least 1 ms`. */
  readonly allowed: string;
  /** A secret is written `***` wherever people could read it. */
  readonly secret: boolean;
  /** Whether single values may hold a secret although the property as a whole is none; `show` hides it. */
  readonly mayHoldSecrets: boolean;
  /** Only a hash of the value is stored: clear text is hashed before it becomes part of the tree. */
  readonly hashed: boolean;
  /** The kind of object a reference points to. */
  readonly target: string | undefined;
  parse(text: string): Parsed<T>;
  /** The canonical text: `parse(format(value))` gives the value again. */
  format(value: T): string;
  /** The text as it may stand in a message. */
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

/** Returns the same answer with another value in its place. */
export function mapParsed<From, To>(parsed: Parsed<From>, to: (value: From) => To): Parsed<To> {
  if (parsed.problem === undefined) return { value: to(parsed.value) };
  const { outdated, ...refused } = parsed;
  return outdated === undefined ? refused : { ...refused, outdated: { value: to(outdated.value) } };
}

/** Returns what a value means where it is stored already; undefined where no version took it. */
export function meaningOf<T>(parsed: Parsed<T>): { readonly value: T } | undefined {
  return parsed.problem === undefined ? parsed : parsed.outdated;
}

/** Builds a type; where nothing is said it is not secret, ignores case, and writes values with `String`. */
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
