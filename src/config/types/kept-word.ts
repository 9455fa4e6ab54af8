// Properties kept for configurations written for PingDS or OpenDJ, where what they say is always so here: the words
// that agree are taken and change nothing, and every other is refused with the reason.

import { type BaseSyntaxName, type PropertyType, propertyType } from '../property-type.ts';

export interface KeptWord {
  /** The words that agree with what this server does, the usual one first. */
  readonly words: readonly [string, ...string[]];
  /** Why no other word can be honoured, to be read after the value: `names a class that …`. */
  readonly problem: string;
  readonly syntax?: BaseSyntaxName;
  readonly caseSensitive?: boolean;
}

export function keptWord({
  words,
  problem,
  syntax = 'directoryString',
  caseSensitive = false,
}: KeptWord): PropertyType<string> {
  const list = words.join(' or ');
  const keyOf = (text: string) => (caseSensitive ? text : text.toLowerCase());
  const byKey = new Map(words.map((word) => [keyOf(word), word]));
  return propertyType({
    name: 'kept word',
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
