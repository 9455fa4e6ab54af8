// Fixed values: properties for configurations written for PingDS or OpenDJ whose behaviour cannot be changed here.
// Words for that behaviour are accepted and have no effect; all others are refused with the reason.

import { type BaseSyntaxName, type PropertyType, propertyType } from '../property-type.ts';

export interface FixedValue {
  /** Accepted words, the usual one first. */
  readonly words: readonly [string, ...string[]];
  /** Reason why no other word is supported, a predicate of the value: `names a class that …`. */
  readonly problem: string;
  readonly syntax?: BaseSyntaxName;
  readonly caseSensitive?: boolean;
}

/** Returns the type of a fixed value. */
export function fixedValue({
  words,
  problem,
  syntax = 'directoryString',
  caseSensitive = false,
}: FixedValue): PropertyType<string> {
  const list = words.join(' or ');
  const keyOf = (text: string) => (caseSensitive ? text : text.toLowerCase());
  const byKey = new Map(words.map((word) => [keyOf(word), word]));
  return propertyType({
    name: 'fixed value',
    syntax,
    caseSensitive,
    words,
    allowed: `${list}, which changes nothing`,
    parse(text) {
      const value = byKey.get(keyOf(text.trim()));
      if (value !== undefined) return { value };
      return { problem, advice: `Leave it out, or write ${list}.`, code: 'unwillingToPerform' };
    },
  });
}
