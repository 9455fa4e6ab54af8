import { describe, expect, it } from 'vitest';
import { standardSyntaxes } from '../../src/schema/syntaxes/standard.ts';

const cases: Readonly<Record<string, { readonly good: readonly string[]; readonly bad: readonly string[] }>> =
  {
    'Attribute Type Description': {
      good: ["( 2.5.4.3 NAME ( 'cn' 'commonName' ) SUP name )", "( 1.2 SYNTAX 1.2.3{64} X-ORIGIN 'RFC' )"],
      bad: [
        '',
        '2.5.4.3',
        '( cn )',
        '( 1.2 NAME cn',
        '( 1.2 WHAT )',
        "( 1.2 NAME 'a' NAME 'b' )",
        "( 1.2 DESC 'x )",
      ],
    },
    'Bit String': { good: ["'0101'B", "''B"], bad: ['0101', "'012'B", "'01'b", ''] },
    Boolean: { good: ['TRUE', 'FALSE', 'true', 'False'], bad: ['', 'yes', '1', 'TRUE ', 'T'] },
    'Country String': { good: ['DE', 'us'], bad: ['', 'D', 'DEU', 'D1'] },
    'Delivery Method': {
      good: ['any', 'telephone $ mhs', 'IA5$fax'.replace('fax', 'g3fax')],
      bad: ['', 'pigeon', 'any $'],
    },
    'Directory String': { good: ['a', ' ', 'Größe', '😀'], bad: ['', 'a\udcff'] },
    DN: {
      good: ['', 'cn=a', 'cn=a+sn=b,dc=c', '2.5.4.3=#040141', 'cn=a\\2cb'],
      bad: ['a', 'cn=a,', '=a', 'cn=a\\zz', 'cn=<a>'],
    },
    'Enhanced Guide': { good: ['person#(sn$EQ)#oneLevel'], bad: ['', 'person', '#a#b'] },
    'Facsimile Telephone Number': {
      good: ['+49 30 12', '+1$twoDimensional$b4Width'],
      bad: ['', '+1$loud', 'ä'],
    },
    'Generalized Time': {
      good: [
        '20261122081500Z',
        '2026112208Z',
        '202611220815+0130',
        '20261122081500.25-05',
        '20240229000000Z',
        '20161231235960Z',
      ],
      bad: [
        '',
        '20261122081500',
        '20261322081500Z',
        '20230229000000Z',
        '20261122241500Z',
        '20261122081500+2500',
        '2026-11-22T08:15:00Z',
      ],
    },
    Guide: { good: ['person#sn$EQ'], bad: [''] },
    'IA5 String': { good: ['', 'a@b', '\t'], bad: ['ä', '\udc80'] },
    INTEGER: {
      good: ['0', '-1', '25', '123456789012345678901234567890'],
      bad: ['', '-0', '01', '+1', '1.0', '0x1', ' 1', '-'],
    },
    JPEG: { good: ['\udcff\udcd8'], bad: [''] },
    'LDAP Syntax Description': { good: ["( 1.2.3 DESC 'x' )", '( 1.2.3 )'], bad: ['1.2.3', '( 1.2.3'] },
    'Matching Rule Description': { good: ["( 2.5.13.2 NAME 'caseIgnoreMatch' SYNTAX 1.2.3 )"], bad: ['( )'] },
    'Matching Rule Use Description': {
      good: ['( 2.5.13.2 APPLIES ( cn $ sn ) )'],
      bad: ['( 2.5.13.2 APPLIES ( ) )'],
    },
    'Name And Optional UID': { good: ["cn=a#'01'B", 'cn=a', 'cn=a#b'], bad: ["a#'01'B", "#'01'B,"] },
    'Numeric String': { good: ['0 12', ' '], bad: ['', '1a', '-1'] },
    'Object Class Description': {
      good: ["( 2.5.6.6 NAME 'person' SUP top STRUCTURAL MUST ( sn $ cn ) MAY l )"],
      bad: ["( 2.5.6.6 NAME '1person' )", '( 2.5.6.6 MUST )'],
    },
    'DIT Structure Rule Description': { good: ['( 2 FORM someForm SUP ( 1 3 ) )'], bad: ['( 1.2 FORM x )'] },
    'Octet String': { good: ['', '\udcff', 'ä'], bad: [] },
    OID: { good: ['cn', '2.5.4.3', 'a-b'], bad: ['', '2', '2.05', 'a_b', '1cn', '2..3'] },
    'Other Mailbox': { good: ['internet$a@b', 'x$'], bad: ['', '$a', 'internet', 'x$ä'] },
    'Postal Address': { good: ['Straße 1$12345 Ort', 'a\\24b\\5C', '$'], bad: ['', 'a\\b'] },
    'Printable String': { good: ["A'()+,-./:=? z9"], bad: ['', 'a@b', 'ä', 'a*'] },
    'Substring Assertion': { good: ['a*b', '*', '*\\2A*'], bad: ['', 'a', 'a*\\b'] },
    'Subtree Specification': { good: ['{ }', '{ base "ou=x" }'], bad: ['', '}', '{'] },
    'Telephone Number': { good: ['+49 (30) 12-34'], bad: ['', 'ä', '1;2'] },
    'Telex Number': { good: ['1$de$x'], bad: ['', '1$2', '1$$3'] },
    'Teletex Terminal Identifier': { good: ['abc', 'abc$graphic:\udcff'], bad: ['', 'abc$x:y'] },
    'UTC Time': { good: ['261122081500Z', '2611220815+0100'], bad: ['', '261322081500Z', '2611'] },
    UUID: {
      good: ['597ae2f6-16a6-1027-98f4-D28B5365DC14'],
      bad: ['', '597ae2f616a6102798f4d28b5365dc14', '{597ae2f6}'],
    },
    Certificate: { good: ['\udc80'], bad: [''] },
    'Certificate List': { good: ['\udc80'], bad: [''] },
    'Certificate Pair': { good: ['\udc80'], bad: [''] },
    'Authentication Password': { good: ['MD5$salt$hash'], bad: [''] },
  };

describe('syntaxes', () => {
  for (const [description, { good, bad }] of Object.entries(cases)) {
    const syntax = standardSyntaxes.find((known) => known.description === description);
    it.each(good)(`${description} takes %j`, (value) => {
      expect(syntax?.check(value) ?? '').toBe('');
      expect(syntax).toBeDefined();
    });
    it.each(bad)(`${description} refuses %j in words`, (value) => {
      expect(syntax?.check(value)).toMatch(/^must .*[^.]$/);
    });
  }

  it('have an OID each', () => {
    expect(new Set(standardSyntaxes.map(({ oid }) => oid)).size).toBe(standardSyntaxes.length);
  });

  it('need no stack for long values', () => {
    const long = '1.'.repeat(4_000_000);
    for (const syntax of standardSyntaxes) expect(() => syntax.check(long)).not.toThrow();
  });
});
