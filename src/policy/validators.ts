// The password validators of the configuration, as functions. None of them repeats any part of a password.

import type { ConfigurationObject, ObjectOfKind } from '../config/configuration-object.ts';
import type { CharacterSet } from '../config/types/character-set.ts';
import {
  charactersOf,
  type PasswordCheck,
  type PasswordProblem,
  plainText,
  readingsOf,
} from './new-password.ts';
import { PolicyError } from './policy-error.ts';
import { WordList } from './word-list.ts';

/** The kinds of password validators. */
export const VALIDATOR_KINDS = [
  'attribute-value-password-validator',
  'character-set-password-validator',
  'dictionary-password-validator',
  'length-based-password-validator',
  'repeated-characters-password-validator',
  'similarity-based-password-validator',
  'unique-characters-password-validator',
] as const;

export type ValidatorObject = ObjectOfKind<(typeof VALIDATOR_KINDS)[number]>;

/** Returns true if the object is a password validator. */
export function isValidator(object: ConfigurationObject | undefined): object is ValidatorObject {
  const kinds: readonly string[] = VALIDATOR_KINDS;
  return object !== undefined && kinds.includes(object.kind);
}

/** Returns the check of a validator. Takes the text of the dictionary of a dictionary validator. */
export function validatorOf(object: ValidatorObject, dictionary: string): PasswordCheck {
  switch (object.kind) {
    case 'attribute-value-password-validator':
      return attributeValues(object);
    case 'character-set-password-validator':
      return characterSets(object);
    case 'dictionary-password-validator':
      return words(object, dictionary);
    case 'length-based-password-validator':
      return lengths(object);
    case 'repeated-characters-password-validator':
      return repeatedCharacters(object);
    case 'similarity-based-password-validator':
      return similarity(object);
    case 'unique-characters-password-validator':
      return uniqueCharacters(object);
  }
}

function lengths({
  minPasswordLength: least,
  maxPasswordLength: most,
}: ObjectOfKind<'length-based-password-validator'>): PasswordCheck {
  return ({ text }) => {
    const length = Math.min(...readingsOf(text).map((characters) => characters.length));
    if (length < least)
      return {
        problem: `has fewer than ${least} characters`,
        advice: `Choose a password of at least ${least} characters.`,
        policyError: PolicyError.passwordTooShort,
      };
    if (most === 0 || length <= most) return undefined;
    return {
      problem: `has more than ${most} characters`,
      advice: `Choose a password of at most ${most} characters.`,
    };
  };
}

function repeatedCharacters({
  maxConsecutiveLength: most,
  caseSensitiveValidation,
}: ObjectOfKind<'repeated-characters-password-validator'>): PasswordCheck {
  return ({ text }) => {
    if (most === 0) return undefined;
    let [run, previous] = [0, ''];
    for (const character of charactersOf(caseSensitiveValidation ? text : text.toLowerCase())) {
      run = character === previous ? run + 1 : 1;
      previous = character;
      if (run > most)
        return {
          problem: `has one character more than ${most} times in a row`,
          advice: `Repeat no character more than ${most} times.`,
        };
    }
    return undefined;
  };
}

function uniqueCharacters({
  minUniqueCharacters: least,
  caseSensitiveValidation,
}: ObjectOfKind<'unique-characters-password-validator'>): PasswordCheck {
  return ({ text }) => {
    const readings = readingsOf(caseSensitiveValidation ? text : text.toLowerCase());
    if (readings.every((characters) => new Set(characters).size >= least)) return undefined;
    return {
      problem: `has fewer than ${least} different characters`,
      advice: `Choose a password with at least ${least} different characters.`,
    };
  };
}

function similarity({
  minPasswordDifference: least,
}: ObjectOfKind<'similarity-based-password-validator'>): PasswordCheck {
  return ({ text, current }) => {
    if (current === undefined) return undefined;
    const before = readingsOf(current);
    if (readingsOf(text).every((characters, at) => editDistance(characters, before[at] ?? []) >= least))
      return undefined;
    return {
      problem: 'is too similar to the current password',
      advice: `Change at least ${least} characters of it.`,
    };
  };
}

function words(object: ObjectOfKind<'dictionary-password-validator'>, dictionary: string): PasswordCheck {
  const list = new WordList(dictionary, {
    isCaseSensitive: object.caseSensitiveValidation,
    reversed: object.testReversedPassword,
    partCharactersMin: object.checkSubstrings ? object.minSubstringLength : undefined,
  });
  return ({ text }) => list.problemOf(text);
}

function attributeValues({
  matchAttribute,
  testReversedPassword: reversed,
  checkSubstrings,
  minSubstringLength,
}: ObjectOfKind<'attribute-value-password-validator'>): PasswordCheck {
  const wanted = new Set(matchAttribute.map((name) => name.toLowerCase()));
  const rules = {
    isCaseSensitive: false,
    reversed,
    partCharactersMin: checkSubstrings ? minSubstringLength : undefined,
  };
  return ({ text, attributes }) => {
    for (const { name, values } of attributes) {
      if (wanted.size > 0 && !wanted.has(name.toLowerCase())) continue;
      const isPart = (value: string) =>
        checkSubstrings &&
        charactersOf(value).length >= minSubstringLength &&
        isWithin(text, value, reversed);
      if (values.some((value) => isPart(value) || new WordList(value, rules).problemOf(text) !== undefined))
        return {
          problem: `is a value of ${name} of the entry, or has a part of one`,
          advice: 'Choose a password without names and other values of the entry.',
        };
    }
    return undefined;
  };
}

/** Returns true if a value has the whole password in it, as `admin@example.com` has `admin`. */
function isWithin(password: string, value: string, reversed: boolean): boolean {
  const [text, whole] = [plainText(password).toLowerCase(), plainText(value).toLowerCase()];
  return whole.includes(text) || (reversed && whole.includes([...text].toReversed().join('')));
}

function characterSets(object: ObjectOfKind<'character-set-password-validator'>): PasswordCheck {
  const sets = [...object.characterSet, ...object.characterSetRanges];
  return ({ text }) => {
    const characters = charactersOf(text);
    const counts = sets.map((set) => ({ set, count: characters.filter((one) => set.has(one)).length }));
    const missing = counts.find(({ set, count }) => count < set.minimum);
    if (missing !== undefined) return tooFewOf(missing.set);
    const isKnown = (character: string) => sets.some((set) => set.has(character));
    if (!object.allowUnclassifiedCharacters && !characters.every(isKnown))
      return {
        problem: 'has a character that is in none of the allowed sets',
        advice: `Use characters of these sets only: ${namesOf(sets)}.`,
      };
    const mandatory = sets.filter(({ minimum }) => minimum > 0).length;
    const least = object.minCharacterSets ?? (mandatory === 0 ? Math.min(1, sets.length) : mandatory);
    const present = counts.filter(({ count }) => count > 0).length;
    if (present >= least) return undefined;
    return {
      problem: `has characters of fewer than ${least} of the sets`,
      advice: `Use characters of at least ${least} of these sets: ${namesOf(sets)}.`,
    };
  };
}

function tooFewOf(set: CharacterSet): PasswordProblem {
  return {
    problem: `has fewer than ${set.minimum} characters of the set ${nameOf(set)}`,
    advice: `Use at least ${set.minimum} of them.`,
  };
}

function namesOf(sets: readonly CharacterSet[]): string {
  return sets.map(nameOf).join(', ');
}

function nameOf({ text }: CharacterSet): string {
  return text.slice(text.indexOf(':') + 1);
}

/**
 * Returns how many characters must be inserted, deleted or replaced to make one text of the other (Levenshtein). Takes time in proportion to the product of their lengths.
 */
function editDistance(one: readonly string[], other: readonly string[]): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [at, character] of one.entries()) {
    const next = [at + 1];
    for (const [index, opposite] of other.entries()) {
      const replaced = (row[index] ?? 0) + (character === opposite ? 0 : 1);
      next.push(Math.min(replaced, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
