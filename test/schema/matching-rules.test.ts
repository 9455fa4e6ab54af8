import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MatchingRule } from '../../src/schema/matching-rule.ts';
import { prepareText } from '../../src/schema/string-preparation.ts';
import { compileValueMatch, parseSubstringAssertion } from '../../src/schema/substrings-matcher.ts';
import { sampleSchema } from './sample-schema.ts';

const schema = sampleSchema();

function rule(name: string): MatchingRule {
  const found = schema.findMatchingRule(name);
  if (found === undefined) throw new Error(`no rule ${name}`);
  return found;
}

const equal: readonly (readonly [string, string, string])[] = [
  ['caseIgnoreMatch', 'Mail  Server ', ' mail server'],
  ['caseIgnoreMatch', 'STRASSE', 'straße'],
  ['caseIgnoreMatch', 'ΣΟΦΟΣ', 'σοφος'],
  ['caseIgnoreMatch', 'a\u00a0b', 'A b'],
  ['caseIgnoreMatch', 'soft\u00adhyphen', 'softhyphen'],
  ['caseIgnoreMatch', 'a\tb\r\n', 'a b'],
  ['caseIgnoreMatch', 'ﬁ\ufe0f', 'FI'],
  ['caseIgnoreMatch', 'e\u0301', 'É'],
  ['caseExactMatch', ' A  b', 'A b'],
  ['caseIgnoreIA5Match', 'Postmaster@Example.COM', 'postmaster@example.com'],
  ['caseExactIA5Match', 'a  b', 'a b'],
  ['numericStringMatch', '12 34', ' 1234'],
  ['telephoneNumberMatch', '+49 30-12 34', '+493012\u201034'],
  ['booleanMatch', 'true', 'TRUE'],
  ['integerMatch', '25', '25'],
  ['generalizedTimeMatch', '20261122081500Z', '20261122091500.0+0100'],
  ['generalizedTimeMatch', '2026112208.25Z', '20261122081500Z'],
  ['generalizedTimeMatch', '202611220815.5Z', '20261122081530Z'],
  ['generalizedTimeMatch', '20261231235960Z', '20270101000000Z'],
  ['generalizedTimeMatch', '20270101003000+01', '20261231233000,000Z'],
  ['bitStringMatch', "'01'B", "'01'B"],
  ['octetStringMatch', 'a\udc80', 'a\udc80'],
  ['uuidMatch', '597AE2F6-16a6-1027-98f4-d28b5365dc14', '597ae2f6-16A6-1027-98f4-d28b5365dc14'],
  ['objectIdentifierMatch', 'commonName', '2.5.4.3'],
  ['objectIdentifierMatch', 'CN', 'cn'],
  ['objectIdentifierMatch', '2.999.1', '2.999.1'],
  ['distinguishedNameMatch', 'cn=A  B , dc=X', '2.5.4.3=a b,domainComponent=x'],
  ['uniqueMemberMatch', "CN=a#'01'B", "cn=A#'01'B"],
  ['caseIgnoreListMatch', 'Main Street 1 $ Town', 'main  street 1$TOWN'],
  ['caseIgnoreListMatch', 'a\\24b', 'A\\24B'],
  ['certificateExactMatch', '\udc80\udc81', '\udc80\udc81'],
];

const different: readonly (readonly [string, string, string])[] = [
  ['caseIgnoreMatch', 'ab', 'a b'],
  ['caseExactMatch', 'a', 'A'],
  ['caseExactIA5Match', 'a', 'A'],
  ['integerMatch', '1', '-1'],
  ['generalizedTimeMatch', '20261122081500Z', '20261122081500.1Z'],
  ['octetStringMatch', 'a', 'A'],
  ['octetStringMatch', 'a', 'a '],
  ['objectIdentifierMatch', 'cn', 'sn'],
  ['distinguishedNameMatch', 'cn=a,dc=x', 'cn=a+dc=x'],
  ['uniqueMemberMatch', "cn=a#'01'B", 'cn=a'],
  ['caseIgnoreListMatch', 'a$b', 'a\\24b'],
  ['bitStringMatch', "'010'B", "'01'B"],
];

const refused: readonly (readonly [string, string])[] = [
  ['caseIgnoreMatch', 'a\udc80'],
  ['caseIgnoreIA5Match', 'ä'],
  ['booleanMatch', 'maybe'],
  ['integerMatch', '01'],
  ['generalizedTimeMatch', '20261122'],
  ['generalizedTimeMatch', '00000101000000+0100'],
  ['bitStringMatch', '01'],
  ['uuidMatch', '1'],
  ['objectIdentifierMatch', 'noSuchName'],
  ['distinguishedNameMatch', 'no name'],
  ['integerFirstComponentMatch', 'one'],
];

describe('equality rules', () => {
  it.each(equal)('%s: %j is %j', (name, a, b) => {
    expect(rule(name).normalize(a)).toBeDefined();
    expect(rule(name).normalize(a)).toBe(rule(name).normalize(b));
  });

  it.each(different)('%s: %j is not %j', (name, a, b) => {
    expect(rule(name).normalize(a)).toBeDefined();
    expect(rule(name).normalize(a)).not.toBe(rule(name).normalize(b));
  });

  it.each(refused)('%s cannot take %j', (name, value) => {
    expect(rule(name).normalize(value)).toBeUndefined();
  });

  it('compare the first component of definitions', () => {
    const definition = "( 2.5.4.3 NAME 'cn' )";
    expect(rule('objectIdentifierFirstComponentMatch').normalizeStored?.(definition)).toBe('2.5.4.3');
    expect(rule('objectIdentifierFirstComponentMatch').normalize('commonName')).toBe('2.5.4.3');
    expect(rule('integerFirstComponentMatch').normalizeStored?.('( 7 FORM x )')).toBe('7');
    expect(rule('directoryStringFirstComponentMatch').normalizeStored?.("('A  b' 1 )")).toBe('a b');
  });

  it('find words', () => {
    const { normalizeStored, matches } = rule('wordMatch');
    const stored = normalizeStored?.('The Mail-Server here') ?? '';
    expect(matches?.(stored, 'mail-server')).toBe(true);
    expect(matches?.(stored, 'mail')).toBe(false);
    const keywords = rule('keywordMatch').normalizeStored?.('The Mail-Server here') ?? '';
    expect(matches?.(keywords, 'mail')).toBe(true);
  });
});

describe('ordering rules', () => {
  const ascending: Readonly<Record<string, readonly string[]>> = {
    integerOrderingMatch: ['-1000', '-25', '-3', '0', '3', '25', '1000', '99999999999999999999'],
    generalizedTimeOrderingMatch: [
      '20251122081500Z',
      '20261122081500+0100',
      '20261122081500Z',
      '20261122081500.5Z',
      '20261122081500.51Z',
    ],
    caseIgnoreOrderingMatch: ['a', 'B', 'c'],
    caseExactOrderingMatch: ['B', 'a', 'c'],
    numericStringOrderingMatch: ['1', '1 2', '13'],
    octetStringOrderingMatch: ['', 'a', 'é', '\uffee', '😀', '\udcff'],
    uuidOrderingMatch: ['00000000-0000-0000-0000-00000000000a', '00000000-0000-0000-0000-00000000000B'],
  };

  it.each(Object.entries(ascending))('%s', (name, values) => {
    const { normalize, compare } = rule(name);
    const shuffled = values
      .toReversed()
      .sort((a, b) => compare?.(normalize(a) ?? '', normalize(b) ?? '') ?? 0);
    expect(shuffled).toEqual(values);
    for (const value of values) expect(compare?.(normalize(value) ?? '', normalize(value) ?? '')).toBe(0);
  });

  it('integers compare as numbers do', () => {
    const { compare } = rule('integerOrderingMatch');
    fc.assert(
      fc.property(fc.bigInt(), fc.bigInt(), (a, b) => {
        expect(Math.sign(compare?.(`${a}`, `${b}`) ?? Number.NaN)).toBe(a < b ? -1 : a > b ? 1 : 0);
      }),
    );
  });
});

describe('substrings rules', () => {
  const cases: readonly (readonly [string, string, string, boolean])[] = [
    ['caseIgnoreSubstringsMatch', 'Mail Server', 'mail*', true],
    ['caseIgnoreSubstringsMatch', 'Mail Server', '*SERVER', true],
    ['caseIgnoreSubstringsMatch', 'Mail   Server', 'mail *server', true],
    ['caseIgnoreSubstringsMatch', 'Mail Server', 'mail * server', true],
    ['caseIgnoreSubstringsMatch', 'MailServer', 'mail *server', false],
    ['caseIgnoreSubstringsMatch', 'Mail Server', '*l s*', true],
    ['caseIgnoreSubstringsMatch', 'Mail Server', '*l    s*', true],
    ['caseIgnoreSubstringsMatch', 'Mail Server', 'a*', false],
    ['caseIgnoreSubstringsMatch', ' Mail', ' mail*', true],
    ['caseIgnoreSubstringsMatch', 'abc', 'ab*bc', false],
    ['caseIgnoreSubstringsMatch', 'abcabc', '*c*a*', true],
    ['caseIgnoreSubstringsMatch', 'a*b', 'a\\2A*', true],
    ['caseExactSubstringsMatch', 'Mail', 'm*', false],
    ['caseIgnoreIA5SubstringsMatch', 'a@Example.com', '*@example.COM', true],
    ['numericStringSubstringsMatch', '12 34', '*23*', true],
    ['telephoneNumberSubstringsMatch', '+49 30-12', '*3012', true],
    ['octetStringSubstringsMatch', 'a\udc80b', '*\udc80*', true],
    ['caseIgnoreListSubstringsMatch', 'Street 1$Town', 'street*town', true],
    ['caseIgnoreListSubstringsMatch', 'Street 1$Town', '*1 town', false],
  ];

  it.each(cases)('%s: %j against %j is %j', (name, value, assertion, expected) => {
    const pieces = parseSubstringAssertion(assertion);
    const matches = pieces && compileValueMatch(rule(name).substrings, pieces);
    expect(matches?.(value)).toBe(expected);
  });

  it('a value matches every way of cutting it', () => {
    const preparation = rule('caseIgnoreSubstringsMatch').substrings;
    const word = fc.string({ unit: fc.constantFrom('a', 'B', 'ß'), minLength: 1, maxLength: 4 });
    const words = fc.array(word, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(' '));
    fc.assert(
      fc.property(words, fc.nat(20), fc.nat(20), (text, first, second) => {
        const [start = 0, end = 0] = [first, second].map((at) => at % text.length).sort((a, b) => a - b);
        const middle = text.slice(start, end);
        const pieces = {
          initial: text.slice(0, start) || undefined,
          any: middle === '' ? [] : [middle],
          final: text.slice(end),
        };
        expect(compileValueMatch(preparation, pieces)?.(text)).toBe(true);
      }),
    );
  });
});

describe('string preparation', () => {
  it('gives what stays the same when prepared again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (text, foldsCase) => {
        const once = prepareText(text, foldsCase);
        if (once !== undefined) expect(prepareText(once, foldsCase)).toBe(once);
      }),
      { numRuns: 2000 },
    );
  });

  it('needs no stack for long values', () => {
    expect(prepareText('A b '.repeat(2_000_000), true)).toHaveLength(7_999_999);
  });
});
