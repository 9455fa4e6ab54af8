// The password validators as functions, each at its limits, and what a policy makes of them.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { characterRanges, characterSet } from '../../src/config/types/character-set.ts';
import { Dn } from '../../src/ldap/dn.ts';
import { generatePassword } from '../../src/policy/generated-password.ts';
import type { PasswordCheck } from '../../src/policy/new-password.ts';
import { hashProblem, type PasswordPolicy, passwordProblems } from '../../src/policy/password-policy.ts';
import { PolicyError } from '../../src/policy/policy-error.ts';
import { isValidator, type ValidatorObject, validatorOf } from '../../src/policy/validators.ts';
import { policyWith } from './policy-with.ts';

type Settings<Kind extends ValidatorObject['kind']> = Partial<Extract<ValidatorObject, { kind: Kind }>>;

const about = { name: 'V', dn: Dn.parse('cn=V'), enabled: true, javaClass: '' };

function length(given: Settings<'length-based-password-validator'>): PasswordCheck {
  const object = { minPasswordLength: 6, maxPasswordLength: 0, ...given };
  return validatorOf({ ...about, kind: 'length-based-password-validator', ...object }, '');
}

function repeated(maxConsecutiveLength: number, caseSensitiveValidation: boolean): PasswordCheck {
  const object = { maxConsecutiveLength, caseSensitiveValidation };
  return validatorOf({ ...about, kind: 'repeated-characters-password-validator', ...object }, '');
}

function unique(minUniqueCharacters: number, caseSensitiveValidation: boolean): PasswordCheck {
  const object = { minUniqueCharacters, caseSensitiveValidation };
  return validatorOf({ ...about, kind: 'unique-characters-password-validator', ...object }, '');
}

function similarity(minPasswordDifference: number): PasswordCheck {
  return validatorOf({ ...about, kind: 'similarity-based-password-validator', minPasswordDifference }, '');
}

function dictionary(
  given: Settings<'dictionary-password-validator'>,
  words = 'Secret\r\npass\n',
): PasswordCheck {
  const object = {
    dictionaryFile: undefined,
    caseSensitiveValidation: false,
    testReversedPassword: false,
    checkSubstrings: false,
    minSubstringLength: 4,
    ...given,
  };
  return validatorOf({ ...about, kind: 'dictionary-password-validator', ...object }, words);
}

function values(given: Settings<'attribute-value-password-validator'>): PasswordCheck {
  const object = {
    matchAttribute: [],
    testReversedPassword: false,
    checkSubstrings: false,
    minSubstringLength: 3,
    ...given,
  };
  return validatorOf({ ...about, kind: 'attribute-value-password-validator', ...object }, '');
}

function sets(
  characters: readonly string[],
  ranges: readonly string[],
  given: Settings<'character-set-password-validator'> = {},
): PasswordCheck {
  const parsed = (type: ReturnType<typeof characterSet>) => (text: string) => {
    const read = type.parse(text);
    return 'value' in read ? [read.value] : [];
  };
  const object = {
    characterSet: characters.flatMap(parsed(characterSet())),
    characterSetRanges: ranges.flatMap(parsed(characterRanges())),
    allowUnclassifiedCharacters: true,
    minCharacterSets: undefined,
    ...given,
  };
  return validatorOf({ ...about, kind: 'character-set-password-validator', ...object }, '');
}

const ATTRIBUTES = [
  { name: 'cn', values: ['Ada', 'Ada Lovelace'] },
  { name: 'mail', values: ['ada.byron@example.com'] },
];

describe('a validator', () => {
  it.each<[string, PasswordCheck, string, string | undefined]>([
    ['length-based', length({}), '12345', 'has fewer than 6 characters'],
    ['length-based', length({}), '123456', undefined],
    ['length-based', length({}), 'e\u0301e\u0301e\u0301e\u0301e\u0301', 'has fewer than 6 characters'],
    ['length-based', length({}), '😀😀😀😀😀😀', undefined],
    // One character for a whole sentence: NFKC makes eighteen of it.
    ['length-based', length({}), '\uFDFA', 'has fewer than 6 characters'],
    ['length-based', length({}), '\u2026\u2026\u200B\u200B', 'has fewer than 6 characters'],
    ['length-based', length({ maxPasswordLength: 7 }), '1234567', undefined],
    ['length-based', length({ maxPasswordLength: 7 }), '12345678', 'has more than 7 characters'],
    ['length-based', length({}), '1'.repeat(1000), undefined],
    ['repeated-characters', repeated(2, true), 'aab', undefined],
    ['repeated-characters', repeated(2, true), 'baaa', 'has one character more than 2 times in a row'],
    ['repeated-characters', repeated(2, true), 'aaAa', undefined],
    ['repeated-characters', repeated(2, false), 'aAab', 'has one character more than 2 times in a row'],
    ['repeated-characters', repeated(1, true), 'abab', undefined],
    ['repeated-characters', repeated(0, true), 'aaaa', undefined],
    ['unique-characters', unique(3, true), 'ababab', 'has fewer than 3 different characters'],
    ['unique-characters', unique(3, true), 'ababA', undefined],
    ['unique-characters', unique(3, false), 'ababA', 'has fewer than 3 different characters'],
    ['unique-characters', unique(3, false), '\uFDFA\uFDFA', 'has fewer than 3 different characters'],
    ['unique-characters', unique(3, false), 'a\uFF21\u00AA', 'has fewer than 3 different characters'],
    ['unique-characters', unique(0, false), '', undefined],
    ['dictionary', dictionary({}), 'sEcret', 'is in the list of words that passwords may not be'],
    ['dictionary', dictionary({}), 'secrets', undefined],
    ['dictionary', dictionary({}), 'terces', undefined],
    ['dictionary', dictionary({ testReversedPassword: true }), 'terces', 'is in the list'],
    ['dictionary', dictionary({ caseSensitiveValidation: true }), 'secret', undefined],
    ['dictionary', dictionary({ caseSensitiveValidation: true }), 'Secret', 'is in the list'],
    ['dictionary', dictionary({ checkSubstrings: true }), 'my-secret-1', 'has a part that is in the list'],
    ['dictionary', dictionary({ checkSubstrings: true }), 'mypass', 'has a part that is in the list'],
    ['dictionary', dictionary({ checkSubstrings: true }), 'my-terces-1', undefined],
    [
      'dictionary',
      dictionary({ checkSubstrings: true, testReversedPassword: true }),
      'my-terces-1',
      'has a part that is in the list',
    ],
    ['dictionary', dictionary({ checkSubstrings: true, minSubstringLength: 5 }), 'mypass', undefined],
    ['dictionary', dictionary({}, ''), '', undefined],
    ['attribute-value', values({}), 'ada lovelace', 'is a value of cn of the entry'],
    ['attribute-value', values({}), 'ecalevol ada', undefined],
    ['attribute-value', values({ testReversedPassword: true }), 'ecalevol ada', 'is a value of cn'],
    ['attribute-value', values({ matchAttribute: ['MAIL'] }), 'ada lovelace', undefined],
    ['attribute-value', values({ checkSubstrings: true }), 'I am Ada', 'is a value of cn of the entry'],
    ['attribute-value', values({ checkSubstrings: true, minSubstringLength: 4 }), 'I am Ada', undefined],
    [
      'attribute-value',
      values({ checkSubstrings: true, matchAttribute: ['mail'] }),
      'byron',
      'is a value of mail',
    ],
    ['attribute-value', values({ checkSubstrings: true, matchAttribute: ['mail'] }), 'noryb', undefined],
    [
      'attribute-value',
      values({ checkSubstrings: true, testReversedPassword: true, matchAttribute: ['mail'] }),
      'noryb',
      'is a value of mail',
    ],
    ['attribute-value', values({ matchAttribute: ['mail'] }), 'byron', undefined],
    ['character-set', sets(['2:abc'], []), 'ax', 'has fewer than 2 characters of the set abc'],
    ['character-set', sets(['2:abc'], []), 'aax', undefined],
    ['character-set', sets([], ['1:0-9']), 'abc', 'has fewer than 1 characters of the set 0-9'],
    ['character-set', sets([], ['1:0-9a-c']), 'c', undefined],
    [
      'character-set',
      sets(['1:abc'], [], { allowUnclassifiedCharacters: false }),
      'ax',
      'is in none of the allowed sets',
    ],
    ['character-set', sets(['1:abc'], [], { allowUnclassifiedCharacters: false }), 'abc', undefined],
    ['character-set', sets(['0:abc', '0:123'], []), 'xyz', 'has characters of fewer than 1 of the sets'],
    ['character-set', sets(['0:abc', '0:123'], []), 'a', undefined],
    ['character-set', sets(['1:abc', '0:123'], []), 'a', undefined],
    [
      'character-set',
      sets(['1:abc', '0:123'], [], { minCharacterSets: 2 }),
      'a',
      'has characters of fewer than 2 of the sets',
    ],
    ['character-set', sets(['1:abc', '0:123'], [], { minCharacterSets: 2 }), 'a1', undefined],
    ['character-set', sets([], []), 'xyz', undefined],
  ])('%s %#', (_, check, text, problem) => {
    const found = check({ text, attributes: ATTRIBUTES });
    if (problem === undefined) expect(found).toBeUndefined();
    else
      expect(found).toMatchObject({
        problem: expect.stringContaining(problem),
        advice: expect.stringMatching(/\.$/),
      });
  });

  it('is an object of one of its kinds', () => {
    expect(isValidator(undefined)).toBe(false);
    const { kind, ...others } = { ...about, kind: 'unique-characters-password-validator' } as const;
    expect(isValidator({ ...others, kind, minUniqueCharacters: 1, caseSensitiveValidation: true })).toBe(
      true,
    );
    expect(isValidator({ ...about, kind: 'blind-trust-manager-provider' })).toBe(false);
  });

  it('of values looks for parts of values that are long enough', () => {
    const problem = (value: string) =>
      values({ checkSubstrings: true, minSubstringLength: 3 })({
        text: 'da',
        attributes: [{ name: 'cn', values: [value] }],
      })?.problem;
    expect(problem('Ada')).toContain('is a value of cn');
    expect(problem('ad')).toBeUndefined();
  });

  it('names the sets that would help', () => {
    const check = sets(['0:abc'], ['0:0-9'], { minCharacterSets: 2 });
    expect(check({ text: 'a', attributes: [] })?.advice).toBe(
      'Use characters of at least 2 of these sets: abc, 0-9.',
    );
  });

  it('says that a short password is short, in the terms of the control', () => {
    expect(length({})({ text: '1', attributes: [] })?.policyError).toBe(PolicyError.passwordTooShort);
  });

  it('measures similarity as Levenshtein did, and only where it knows the current password', () => {
    const text = fc.string({ maxLength: 6, unit: fc.constantFrom('a', 'b', '😀') });
    fc.assert(
      fc.property(text, text, fc.integer({ min: 0, max: 7 }), (one, other, least) => {
        const found = similarity(least)({ text: one, current: other, attributes: [] });
        expect(found === undefined).toBe(distance([...one], [...other]) >= least);
        expect(similarity(least)({ text: one, attributes: [] })).toBeUndefined();
      }),
    );
  });
});

/** By its definition, without a table. */
function distance(one: readonly string[], other: readonly string[]): number {
  const [first, ...rest] = one;
  const [opposite, ...others] = other;
  if (first === undefined || opposite === undefined) return one.length + other.length;
  if (first === opposite) return distance(rest, others);
  return 1 + Math.min(distance(rest, others), distance(rest, other), distance(one, others));
}

describe('a policy', () => {
  const NEVER: PasswordCheck = () => ({ problem: 'is refused', advice: 'Choose another one.' });
  const bad = { text: 'x', attributes: [] };

  it('reports the problems of all validators', () => {
    const policy = policyWith({}, [NEVER, length({})]);
    const errors = passwordProblems(policy, bad, 'owner').map(({ policyError }) => policyError);
    expect(errors).toEqual([PolicyError.insufficientPasswordQuality, PolicyError.passwordTooShort]);
    expect(passwordProblems(policy, bad, 'other')).toHaveLength(2);
  });

  it('does without them for administrators where it says so', () => {
    const policy = policyWith({ skipValidationForAdministrators: true }, [NEVER]);
    expect(passwordProblems(policy, bad, 'other')).toEqual([]);
    expect(passwordProblems(policy, bad, 'owner')).toHaveLength(1);
  });

  it('refuses hashes where it says so', () => {
    expect(hashProblem(policyWith({}, []))).toBeUndefined();
    expect(hashProblem(policyWith({ allowPreEncodedPasswords: false }, []))).toMatchObject({
      policyError: PolicyError.passwordModNotAllowed,
    });
  });
});

describe('a generated password', () => {
  const policyOf = (...checks: readonly PasswordCheck[]): PasswordPolicy => policyWith({}, checks);

  it('has 24 characters of four kinds', () => {
    const password = generatePassword(undefined) ?? '';
    expect(password).toMatch(/^[a-zA-Z0-9_.+!-]{24}$/);
    for (const kind of [/[a-z]/, /[A-Z]/, /\d/, /[_.+!-]/]) expect(password).toMatch(kind);
    expect(password).not.toMatch(/[l1O0I]/);
    expect(generatePassword(undefined)).not.toBe(password);
  });

  it.each<[string, PasswordCheck, RegExp]>([
    ['digits', sets([], ['1:0-9'], { allowUnclassifiedCharacters: false }), /^\d{24}$/],
    ['small letters', sets([], ['1:a-z'], { allowUnclassifiedCharacters: false }), /^[a-z]{24}$/],
    ['capital letters', sets([], ['1:A-Z'], { allowUnclassifiedCharacters: false }), /^[A-Z]{24}$/],
    ['at most 12', length({ maxPasswordLength: 12 }), /^.{12}$/],
    ['at least 100', length({ minPasswordLength: 100 }), /^.{128}$/],
  ])('fits a policy that wants %s', (_, check, form) => {
    expect(generatePassword(policyOf(check))).toMatch(form);
  });

  it('is none where no random one fits', () => {
    expect(generatePassword(policyOf(length({ minPasswordLength: 500 })))).toBeUndefined();
  });
});
