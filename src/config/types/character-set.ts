// Sets of characters that a password must have some of: `1:abc` as characters, `1:a-zA-Z` as ranges (OpenDJ).

import { type Parsed, type PropertyType, propertyType } from '../property-type.ts';

export interface CharacterSet {
  /** Text as written. */
  readonly text: string;
  /** How many characters of the set a password has at least; 0 for an optional set. */
  readonly minimum: number;
  /** Returns true if the character is in the set. */
  has(character: string): boolean;
}

const FORM = /^(\d{1,4}):(.+)$/su;
const RANGE = /(.)-(.)/gsu;

/** Returns the type of `minimum:characters`. */
export function characterSet(): PropertyType<CharacterSet> {
  return setType('A minimum count, ":", and the characters of the set', '1:0123456789', (characters) => {
    const known = new Set(characters);
    return { has: (character) => known.has(character) };
  });
}

/** Returns the type of `minimum:ranges`. */
export function characterRanges(): PropertyType<CharacterSet> {
  return setType('A minimum count, ":", and ranges of characters such as a-zA-Z', '1:a-zA-Z', (text) => {
    const ranges = [...text.matchAll(RANGE)].map(([, first = '', last = '']) => [first, last] as const);
    const isWhole = text.replaceAll(RANGE, '') === '';
    if (!isWhole || ranges.some(([first, last]) => pointOf(first) > pointOf(last))) return undefined;
    return {
      has: (character) =>
        ranges.some(
          ([first, last]) => pointOf(first) <= pointOf(character) && pointOf(character) <= pointOf(last),
        ),
    };
  });
}

function setType(
  allowed: string,
  example: string,
  membersOf: (text: string) => Pick<CharacterSet, 'has'> | undefined,
): PropertyType<CharacterSet> {
  const advice = `Write ${allowed[0]?.toLowerCase()}${allowed.slice(1)}: ${example}.`;
  return propertyType({
    name: 'character set',
    syntax: 'directoryString',
    caseSensitive: true,
    allowed,
    parse(text): Parsed<CharacterSet> {
      const [, minimum, characters = ''] = FORM.exec(text) ?? [];
      const members = minimum === undefined ? undefined : membersOf(characters);
      if (members === undefined) return { problem: 'is not a set of characters with its minimum', advice };
      return { value: { text, minimum: Number(minimum), ...members } };
    },
    format: ({ text }) => text,
  });
}

function pointOf(character: string): number {
  return character.codePointAt(0) ?? 0;
}
