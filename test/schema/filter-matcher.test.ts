import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseFilter } from '../../src/codec/filter-text.ts';
import { Dn } from '../../src/ldap/dn.ts';
import { Attribute, Entry } from '../../src/ldap/entry.ts';
import type { Filter } from '../../src/ldap/filter.ts';
import { equalityTerms } from '../../src/schema/equality-terms.ts';
import { compileFilter, type Derive, type FilterOptions } from '../../src/schema/filter-matcher.ts';
import { sampleSchema } from './sample-schema.ts';

const schema = sampleSchema();
const entry = Entry.of(Dn.parse('cn=Mail A,ou=Servers,dc=example'), {
  objectClass: ['top', 'mailService'],
  cn: ['Mail A', 'Second'],
  'cn;lang-de': 'Postamt',
  'ds-cfg-smtp-server': ['smtp1.example:25', 'smtp2.example:25'],
  port: '25',
  enabled: 'true',
  userPassword: 'hush',
  description: 'The Mail Server of people',
  createTimestamp: '20261122081500Z',
  member: 'cn=Somebody,dc=example',
});

function matches(filter: string, options?: FilterOptions): boolean | undefined {
  return compileFilter(schema, parseFilter(filter), options)(entry);
}

const yes = [
  '(cn=mail  a)',
  '(CommonName=SECOND)',
  '(2.5.4.3=second)',
  '(cn=postamt)',
  '(cn;lang-de=Postamt)',
  '(name=mail a)',
  '(name;LANG-DE=postamt)',
  '(cn=*)',
  '(name=*)',
  '(cn;lang-de=*)',
  '(objectClass=*)',
  '(objectClass=MAILSERVICE)',
  '(objectClass=service)',
  '(objectClass=2.25.2.1)',
  '(objectClass=top)',
  '(enabled=TRUE)',
  '(port>=25)',
  '(port>=3)',
  '(port<=100)',
  '(createTimestamp>=20261122091500+0100)',
  '(cn~=MAIL A)',
  '(userPassword~=HUSH)',
  '(ds-cfg-smtp-server=smtp1*)',
  '(ds-cfg-smtp-server=*2.EXAMPLE*)',
  '(ds-cfg-smtp-server=s*.*:25)',
  '(member=CN=somebody , DC=Example)',
  '(cn:=mail a)',
  '(cn:caseExactMatch:=Mail A)',
  '(cn:2.5.13.2:=MAIL A)',
  '(:caseExactMatch:=Postamt)',
  '(:caseIgnoreMatch:=smtp1.example:25)',
  '(ou:dn:=servers)',
  '(:dn:caseIgnoreMatch:=SERVERS)',
  '(dc:dn:caseIgnoreIA5Match:=EXAMPLE)',
  '(port:integerOrderingMatch:=26)',
  '(cn:caseIgnoreSubstringsMatch:=ma\\2aa)',
  '(description:wordMatch:=server)',
  '(&)',
  '(!(cn=nobody))',
  '(&(cn=mail a)(|(port=1)(port=25)))',
];

const no = [
  '(cn=mail)',
  '(cn;lang-fr=postamt)',
  '(cn;lang-de=mail a)',
  '(sn=*)',
  '(objectClass=person)',
  '(enabled=FALSE)',
  '(port>=26)',
  '(port<=3)',
  '(ds-cfg-smtp-server=smtp3*)',
  '(cn:caseExactMatch:=mail a)',
  '(ou:=servers)',
  '(port:integerOrderingMatch:=25)',
  '(userPassword=HUSH)',
  '(|)',
  '(!(cn=second))',
  '(&(cn=mail a)(port=26))',
];

const unknown = [
  '(noSuchAttribute=*)',
  '(noSuchAttribute=a)',
  '(!(noSuchAttribute=a))',
  '(port=abc)',
  '(port=2*)',
  '(enabled>=TRUE)',
  '(port>=many)',
  '(objectClass=noSuchClass)',
  '(cn:noSuchRule:=a)',
  '(noSuchAttribute:caseIgnoreMatch:=a)',
  '(:noSuchRule:=a)',
  '(namingContexts=dc=x)',
  '(cn:integerMatch:=25)',
  '(cn:caseIgnoreSubstringsMatch:=a)',
];

describe('filters', () => {
  it.each(yes)('%s matches', (filter) => expect(matches(filter)).toBe(true));
  it.each(no)('%s does not match', (filter) => expect(matches(filter)).toBe(false));
  it.each(unknown)('%s is Undefined', (filter) => expect(matches(filter)).toBeUndefined());
});

describe('three-valued logic', () => {
  const texts = { true: '(cn=second)', false: '(cn=nobody)', undefined: '(nothing=x)' };
  const values = [true, false, undefined] as const;

  for (const a of values) {
    it(`not ${a}`, () => {
      expect(matches(`(!${texts[`${a}`]})`)).toBe(a === undefined ? undefined : !a);
    });
    for (const b of values) {
      it(`${a} with ${b}`, () => {
        const both =
          a === false || b === false ? false : a === undefined || b === undefined ? undefined : true;
        const either =
          a === true || b === true ? true : a === undefined || b === undefined ? undefined : false;
        expect(matches(`(&${texts[`${a}`]}${texts[`${b}`]})`)).toBe(both);
        expect(matches(`(|${texts[`${a}`]}${texts[`${b}`]})`)).toBe(either);
      });
    }
  }
});

describe('hidden attributes', () => {
  const isHidden = (key: string) => key === 'userpassword' || key === 'cn';

  it.each([
    ['(userPassword=hush)', undefined],
    ['(!(userPassword=hush))', undefined],
    ['(userPassword=*)', undefined],
    ['(userPassword;x-a=*)', undefined],
    ['(cn:caseIgnoreMatch:=mail a)', undefined],
    ['(:caseIgnoreMatch:=second)', false],
    ['(:dn:caseIgnoreMatch:=mail a)', false],
    ['(:octetStringMatch:=hush)', false],
    ['(name=second)', false],
    ['(port=25)', true],
  ] as const)('%s is %s', (filter, expected) => {
    expect(matches(filter, { isHidden })).toBe(expected);
  });
});

describe('terms for an index', () => {
  it.each([
    ['(cn=Mail  A)', [{ key: 'cn', normalizedValue: 'mail a' }]],
    [
      '(&(enabled=true)(&(port=25)(sn=*))(|(cn=a)(cn=b)))',
      [
        { key: 'enabled', normalizedValue: 'TRUE' },
        { key: 'port', normalizedValue: '25' },
      ],
    ],
    ['(objectClass=person)', [{ key: 'objectclass', normalizedValue: '2.5.6.6' }]],
    ['(name=a)', []],
    ['(!(cn=a))', []],
    ['(port=x)', []],
    ['(nothing=x)', []],
    ['(cn=a*)', []],
  ] as const)('%s', (filter, expected) => {
    expect(equalityTerms(schema, parseFilter(filter))).toEqual(expected);
  });
});

describe('any filter', () => {
  it('gives an answer about any entry', () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('25', 'TRUE', 'cn=a', 'top', '*a*'),
    );
    const attribute = fc.constantFrom(
      'cn',
      'port',
      'enabled',
      'member',
      'objectClass',
      'nothing',
      'attributeTypes',
    );
    const rule = fc.constantFrom(undefined, ...schema.matchingRules.map(({ oid }) => oid));
    const filter: fc.Arbitrary<Filter> = fc.oneof(
      fc.record({
        type: fc.constantFrom('equalityMatch', 'greaterOrEqual', 'lessOrEqual', 'approxMatch'),
        attribute,
        value,
      }),
      fc.record({
        type: fc.constant('extensibleMatch'),
        rule,
        attribute: fc.option(attribute, { nil: undefined }),
        value,
        dnAttributes: fc.boolean(),
      }),
      fc.record({
        type: fc.constant('substrings'),
        attribute,
        initial: value,
        any: fc.array(value),
        final: value,
      }),
    );
    fc.assert(
      fc.property(filter, attribute, value, (tested, description, stored) => {
        const made = Entry.of(Dn.parse('cn=a'), { [description]: stored });
        expect([true, false, undefined]).toContain(compileFilter(schema, tested)(made));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a computed attribute', () => {
  const made = new Map<string, Derive>([
    ['description', (one: Entry) => new Attribute('description', [`of ${one.dn.name}`])],
    ['createtimestamp', () => undefined],
  ]);
  const options: FilterOptions = { derived: made };

  it.each<[string, boolean | undefined]>([
    ['(description=of mail a)', true],
    ['(description=The Mail Server of people)', false],
    ['(description:caseIgnoreMatch:=OF MAIL A)', true],
    ['(createTimestamp=*)', false],
    ['(cn=mail a)', true],
    ['(:caseIgnoreMatch:=mail a)', true],
    // A match without an attribute finds neither computed values nor stored ones that they replace.
    ['(:caseIgnoreMatch:=of mail a)', false],
    ['(:caseIgnoreMatch:=The Mail Server of people)', false],
  ])('is found by filters that name it: %s is %s', (filter, result) => {
    expect(matches(filter, options)).toBe(result);
  });

  it('is not there without options, and what is hidden stays hidden', () => {
    expect(matches('(:caseIgnoreMatch:=The Mail Server of people)')).toBe(true);
    const isHidden = (key: string) => key === 'cn';
    expect(matches('(:caseIgnoreMatch:=mail a)', { ...options, isHidden })).not.toBe(true);
  });
});

describe('an object class in a spelling of its own', () => {
  it('is found by its name and by its superior', () => {
    const one = Entry.of(Dn.parse('cn=a'), { objectClass: 'MAILservice', cn: 'a' });
    for (const name of ['mailService', 'service', '2.25.2.2'])
      expect(compileFilter(schema, parseFilter(`(objectClass=${name})`))(one)).toBe(true);
    expect(compileFilter(schema, parseFilter('(objectClass=person)'))(one)).toBe(false);
  });
});

describe('an approximate match', () => {
  it('is Undefined for a value that the syntax does not have', () => {
    expect(matches('(port~=abc)')).toBeUndefined();
    expect(matches('(port~=25)')).toBe(true);
  });
});
