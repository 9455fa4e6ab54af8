// One of a few words, in any case. The value has the declared spelling.

import { findSimilarName } from '../../schema/similar-name.ts';
import { type PropertyType, propertyType } from '../property-type.ts';

/** Returns the type of an enumeration. */
export function enumeration<const Word extends string>(words: readonly Word[]): PropertyType<Word> {
  const byKey = new Map(words.map((word) => [word.toLowerCase(), word]));
  const allowed = `One of ${words.join(', ')}`;
  return propertyType({
    name: 'enumeration',
    syntax: 'directoryString',
    allowed,
    words,
    parse(text) {
      const value = byKey.get(text.trim().toLowerCase());
      if (value !== undefined) return { value };
      const nearest = findSimilarName(text, words);
      const meant = nearest === undefined ? '' : `Did you mean ${nearest}? `;
      return { problem: 'is not one of the allowed values', advice: `${meant}Allowed: ${words.join(', ')}.` };
    },
  });
}
