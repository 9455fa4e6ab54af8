import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatFilter, parseFilter } from '../../src/codec/filter-text.ts';
import type { Filter } from '../../src/ldap/filter.ts';
import { LdapError } from '../../src/ldap/ldap-error.ts';
import { textFromOctets } from '../../src/ldap/octets.ts';

const equality = (attribute: string, value: string): Filter => ({ type: 'equalityMatch', attribute, value });
const substrings = (initial: string | undefined, any: string[], final: string | undefined): Filter => ({
  type: 'substrings',
  attribute: 'cn',
  initial,
  any,
  final,
});
const extensible = (parts: object): Filter => ({
  type: 'extensibleMatch',
  rule: undefined,
  attribute: undefined,
  value: 'x',
  dnAttributes: false,
  ...parts,
});

const examples: readonly (readonly [string, Filter])[] = [
  ['(cn=Babs Jensen)', equality('cn', 'Babs Jensen')],
  ['(cn=)', equality('cn', '')],
  ['(cn;lang-de=a=b)', equality('cn;lang-de', 'a=b')],
  ['(2.5.4.3=a)', equality('2.5.4.3', 'a')],
  ['(!(cn=Tim))', { type: 'not', filter: equality('cn', 'Tim') }],
  [
    '(&(a=1)(|(b=2)(c=3)))',
    {
      type: 'and',
      filters: [equality('a', '1'), { type: 'or', filters: [equality('b', '2'), equality('c', '3')] }],
    },
  ],
  ['(&)', { type: 'and', filters: [] }],
  ['(|)', { type: 'or', filters: [] }],
  ['(cn=*)', { type: 'present', attribute: 'cn' }],
  ['(cn=a*)', substrings('a', [], undefined)],
  ['(cn=*a)', substrings(undefined, [], 'a')],
  ['(cn=*a*)', substrings(undefined, ['a'], undefined)],
  ['(cn=univ*of*mich*igan)', substrings('univ', ['of', 'mich'], 'igan')],
  ['(cn>=a)', { type: 'greaterOrEqual', attribute: 'cn', value: 'a' }],
  ['(cn<=a)', { type: 'lessOrEqual', attribute: 'cn', value: 'a' }],
  ['(cn~=a)', { type: 'approxMatch', attribute: 'cn', value: 'a' }],
  ['(cn:caseExactMatch:=x)', extensible({ attribute: 'cn', rule: 'caseExactMatch' })],
  ['(cn:=x)', extensible({ attribute: 'cn' })],
  ['(sn:dn:2.4.6.8.10:=x)', extensible({ attribute: 'sn', rule: '2.4.6.8.10', dnAttributes: true })],
  ['(o:dn:=x)', extensible({ attribute: 'o', dnAttributes: true })],
  ['(:1.2.3:=x)', extensible({ rule: '1.2.3' })],
  ['(:dn:2.4.6:=x)', extensible({ rule: '2.4.6', dnAttributes: true })],
  ['(o=Parens R Us \\28for all\\29)', equality('o', 'Parens R Us (for all)')],
  ['(cn=*\\2a*)', substrings(undefined, ['*'], undefined)],
  ['(filename=C:\\5cMyFile)', equality('filename', 'C:\\MyFile')],
  ['(bin=\\00\\00\\00\\04)', equality('bin', '\0\0\0\u0004')],
  ['(bin=\\ff)', equality('bin', '\udcff')],
  ['(sn=Lučić)', equality('sn', 'Lučić')],
];

describe('filter text', () => {
  it.each(examples)('%s is read', (text, filter) => expect(parseFilter(text)).toEqual(filter));

  it('joins octets written one by one', () => {
    expect(parseFilter('(sn=Lu\\c4\\8di\\C4\\87)')).toEqual(equality('sn', 'Lučić'));
    expect(parseFilter('(sn=\\c4\udc8d)')).toEqual(equality('sn', 'č'));
  });

  it('takes neighbouring asterisks as one, but not where there is nothing else', () => {
    expect(parseFilter('(cn=a**b)')).toEqual(substrings('a', [], 'b'));
    for (const text of ['(cn=**)', '(cn=***)']) {
      expect(parseFilter(text)).toEqual(substrings(undefined, [], undefined));
      expect(formatFilter(parseFilter(text))).toBe('(cn=**)');
    }
  });

  it('takes :DN: in any case', () => {
    expect(parseFilter('(o:DN:=x)')).toEqual(extensible({ attribute: 'o', dnAttributes: true }));
  });

  it('is written canonically', () => {
    const canonical = examples.filter(([text]) => !text.includes('\\04'));
    for (const [text, filter] of canonical) expect(formatFilter(filter)).toBe(text);
    expect(formatFilter(equality('cn', 'a(b)c*d\\e\0'))).toBe('(cn=a\\28b\\29c\\2ad\\5ce\\00)');
    expect(formatFilter(equality('cn', '😀'))).toBe('(cn=😀)');
  });

  it.each([
    ['', 'needs "(" at character 1'],
    ['cn=a', 'needs "(" at character 1'],
    ['(cn=a', 'needs ")" at character 6'],
    ['(cn=a))', 'goes on after its last parenthesis at character 7'],
    ['(cn)', 'lacks =, ~=, >=, <= or := after the attribute at character 4'],
    ['(=a)', 'lacks an attribute at character'],
    ['(:=a)', 'lacks an attribute or a matching rule at character'],
    ['(:dn:=a)', 'lacks an attribute or a matching rule at character'],
    ['(cn:rule=a)', 'after the attribute at character 4'],
    ['(cn=a\\zz)', 'has a backslash without two hexadecimal digits at character 6'],
    ['(cn=a\\)', 'has a backslash without two hexadecimal digits at character 6'],
    ['(cn=a(b)', 'needs ")" at character 6'],
    ['(cn>=a*)', 'needs ")" at character 7'],
    ['(!)', 'needs "(" at character 3'],
    ['(!(a=1)(b=2))', 'needs ")" at character 8'],
    ['(&(a=1) (b=2))', 'needs ")" at character 8'],
    ['(c n=a)', 'after the attribute at character 3'],
    ['(cn;=a)', 'after the attribute at character 4'],
  ])('%j is refused: %s', (text, problem) => {
    expect(() => parseFilter(text)).toThrow(problem);
    expect(() => parseFilter(text)).toThrow(LdapError);
  });

  it('is refused when it is too deep or too long, without reading on', () => {
    expect(() => parseFilter(`${'(!'.repeat(100_000)}`)).toThrow('nested more than 64 deep');
    expect(() => parseFilter('(!(!(cn=a)))', 2)).toThrow('nested more than 2 deep');
    expect(parseFilter('(!(!(cn=a)))', 3)).toBeDefined();
    expect(() => parseFilter(`(cn=${'a'.repeat(1_000_000)})`)).toThrow('longer than 1000000 characters');
  });

  it('never shows what it holds in errors', () => {
    expect(() => parseFilter('(userPassword=hush')).toThrow(/^(?!.*hush)/);
  });

  it('comes back as it was', () => {
    const value = fc.uint8Array({ maxLength: 12 }).map(textFromOctets);
    const piece = fc.uint8Array({ minLength: 1, maxLength: 6 }).map(textFromOctets);
    const attribute = fc.stringMatching(
      /^([A-Za-z][A-Za-z0-9-]{0,8}|2(\.[0-9]{1,4}){1,3})(;[a-z0-9-]{1,5}){0,2}$/,
    );
    const rule = fc.stringMatching(/^([a-z][A-Za-z0-9-]{2,8}|2(\.[0-9]{1,4}){1,3})$/);
    const { filter } = fc.letrec<{ filter: Filter; item: Filter }>((tie) => ({
      item: fc.oneof(
        fc.record({
          type: fc.constantFrom('equalityMatch', 'greaterOrEqual', 'lessOrEqual', 'approxMatch'),
          attribute,
          value,
        }),
        fc.record({ type: fc.constant('present'), attribute }),
        fc
          .record({
            type: fc.constant('substrings'),
            attribute,
            initial: fc.option(piece, { nil: undefined }),
            any: fc.array(piece, { maxLength: 3 }),
            final: fc.option(piece, { nil: undefined }),
          })
          .filter(
            ({ initial, any, final }) => initial !== undefined || final !== undefined || any.length > 0,
          ),
        fc
          .record({
            type: fc.constant('extensibleMatch'),
            rule: fc.option(rule, { nil: undefined }),
            attribute: fc.option(attribute, { nil: undefined }),
            value,
            dnAttributes: fc.boolean(),
          })
          .filter((made) => made.rule !== undefined || made.attribute !== undefined),
      ),
      filter: fc.oneof(
        { depthSize: 'small' },
        tie('item'),
        fc.record({ type: fc.constantFrom('and', 'or'), filters: fc.array(tie('filter'), { maxLength: 3 }) }),
        fc.record({ type: fc.constant('not'), filter: tie('filter') }),
      ),
    }));
    fc.assert(
      fc.property(filter, (made) => {
        expect(parseFilter(formatFilter(made))).toEqual(made);
      }),
      { numRuns: 1000 },
    );
  });
});
