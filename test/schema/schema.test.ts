import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Dn } from '../../src/ldap/dn.ts';
import { LdapError } from '../../src/ldap/ldap-error.ts';
import type { Ava } from '../../src/ldap/rdn.ts';
import { parseDefinition } from '../../src/schema/definition.ts';
import { TextMemo } from '../../src/schema/memo.ts';
import { normalizeAssertion, normalizeValue } from '../../src/schema/normal-value.ts';
import { Schema } from '../../src/schema/schema.ts';
import { SchemaError } from '../../src/schema/schema-error.ts';
import { coreFile, sampleSchema, schemaFile } from './sample-schema.ts';

const schema = sampleSchema();
const SYNTAX = '1.3.6.1.4.1.1466.115.121.1';

describe('definitions that are looked up', () => {
  it('are found by every name and OID, in any case', () => {
    for (const name of ['cn', 'CN', 'commonName', 'COMMONNAME', '2.5.4.3']) {
      expect(schema.findAttributeType(name)?.name).toBe('cn');
    }
    expect(schema.findAttributeType('cn;lang-de')).toBeUndefined();
    expect(schema.findObjectClass('PERSON')?.name).toBe('person');
    expect(schema.findObjectClass('2.5.6.6')?.name).toBe('person');
    expect(schema.findObjectClass('cn')).toBeUndefined();
  });

  it('inherit what they do not say', () => {
    const cn = schema.findAttributeType('cn');
    expect(cn?.syntax.description).toBe('Directory String');
    expect(cn?.equality?.names).toEqual(['caseIgnoreMatch']);
    expect(cn?.substrings?.names).toEqual(['caseIgnoreSubstringsMatch']);
    const inherited = schema.findObjectClass('organizationalPerson');
    expect([...(inherited?.must ?? [])].sort()).toEqual(['cn', 'objectclass', 'sn']);
    expect(inherited?.may.has('seealso')).toBe(true);
    expect([...(inherited?.lineage ?? [])].map(({ name }) => name)).toEqual([
      'top',
      'person',
      'organizationalPerson',
    ]);
  });

  it('know their subtypes', () => {
    const name = schema.findAttributeType('name');
    const subtypes = name === undefined ? [] : schema.subtypes(name).map((type) => type.key);
    expect(subtypes).toEqual(expect.arrayContaining(['name', 'cn', 'sn', 'givenname']));
    expect(subtypes).not.toContain('description');
  });

  it('tell operational attributes from others', () => {
    expect(schema.findAttributeType('createTimestamp')).toMatchObject({
      isOperational: true,
      noUserModification: true,
      singleValue: true,
      usage: 'directoryOperation',
    });
    expect(schema.findAttributeType('cn')).toMatchObject({ isOperational: false, singleValue: false });
  });
});

describe('attribute descriptions', () => {
  it('come in the spelling of the schema, options sorted and once', () => {
    for (let round = 0; round < 2; round++) {
      expect(schema.describe('COMMONNAME;Lang-DE;x-old;lang-de')).toMatchObject({
        options: ['lang-de', 'x-old'],
        description: 'cn;lang-de;x-old',
        key: 'cn;lang-de;x-old',
      });
    }
    expect(schema.describe('GIVENNAME')).toMatchObject({
      description: 'givenName',
      key: 'givenname',
      options: [],
    });
  });

  it('are the same with and without the option binary, and show it where values travel so', () => {
    const [bare, binary] = ['userCertificate', 'USERCERTIFICATE;Binary'].map((text) => schema.describe(text));
    expect(bare).toEqual(binary);
    expect(bare).toMatchObject({
      options: [],
      key: 'usercertificate',
      description: 'userCertificate;binary',
    });
  });

  it.each(['', 'noSuchAttribute', 'cn;', 'cn;binary', 'cn;a b', ';cn', 'cn ', '*'])('%j is none', (text) => {
    expect(schema.describe(text)).toBeUndefined();
  });
});

describe('keys of names', () => {
  const same: readonly (readonly string[])[] = [
    [
      'cn=Mail A,cn=Config',
      'CN = mail  a , commonName=config',
      '2.5.4.3=MAIL A;cn="config"',
      'cn=#04064d61696c2041,cn=config',
    ],
    ['cn=a\\,b', 'cn=A\\2cB', 'cn="a,b"'],
    ['cn=a+sn=b,dc=c', 'sn=B + cn=A,DC=C', 'surname=b+commonName=a,domainComponent=c'],
    ['unknown=A  b', 'UNKNOWN=a b'],
    ['member=cn\\=A\\,dc\\=b', 'member=CN\\=a \\, DC\\=B'],
    ['cn=', 'CN= '],
  ];

  it.each(same)('%s and its other spellings are one', (...texts) => {
    expect(new Set(texts.map((text) => schema.dnKeyOfText(text))).size).toBe(1);
    expect(new Set(texts.map((text) => schema.dnKey(Dn.parse(text)))).size).toBe(1);
  });

  const different: readonly (readonly [string, string])[] = [
    ['cn=a,cn=b', 'cn=b,cn=a'],
    ['cn=a', 'sn=a'],
    ['cn=a\\,sn\\=b', 'cn=a,sn=b'],
    ['cn=a\\+sn\\=b', 'cn=a+sn=b'],
    ['cn=a\\\\2cb', 'cn=a\\,b'],
    ['userPassword=a', 'userPassword=A'],
  ];

  it.each(different)('%s is not %s', (a, b) => {
    expect(schema.dnKeyOfText(a)).not.toBe(schema.dnKeyOfText(b));
  });

  it('end in the key of every ancestor, and of nothing else', () => {
    const key = schema.dnKeyOfText('cn=a,ou=b,dc=c');
    expect(key).toBe('cn=a,ou=b,dc=c');
    expect(key.endsWith(`,${schema.dnKeyOfText('OU=B, dc=C')}`)).toBe(true);
    expect(schema.dnKeyOfText('cn=a\\,dc=c').endsWith(`,${schema.dnKeyOfText('dc=c')}`)).toBe(false);
    expect(schema.dnKeyOfText('')).toBe('');
  });

  it('are refused for what is no name', () => {
    expect(() => schema.dnKeyOfText('config')).toThrow(LdapError);
    expect(() => schema.dnKeyOfText('config')).toThrow(LdapError);
  });

  it('do not depend on how deep names are in names', () => {
    const nested = `${'member='.repeat(100_000)}cn=a`;
    const key = schema.dnKeyOfText(nested);
    expect(key.startsWith('member=member=')).toBe(true);
    expect(sampleSchema().dnKeyOfText(nested)).toBe(key);
  });

  it('are the same for a name and for its text', () => {
    const ava: fc.Arbitrary<Ava> = fc.record({
      type: fc.constantFrom('cn', 'SN', '2.5.4.10', 'dc', 'x-unknown', 'userPassword', 'member'),
      value: fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: fc.constantFrom('a', ' ', ',', '\\', '+', '#', '"') }),
      ),
    });
    const dns = fc
      .array(fc.array(ava, { minLength: 1, maxLength: 3 }), { maxLength: 4 })
      .map((rdns) => new Dn(rdns));
    fc.assert(
      fc.property(dns, (dn) => {
        const key = schema.dnKey(dn);
        expect(schema.dnKey(Dn.parse(dn.toString()))).toBe(key);
        expect(schema.dnKeyOfText(dn.toString())).toBe(key);
        if (dn.rdns.length > 1) expect(key.endsWith(`,${schema.dnKey(dn.parent ?? dn)}`)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe('normal values', () => {
  it('are texts where the rule cannot help', () => {
    const port = schema.findAttributeType('port');
    if (port === undefined) throw new Error('no port');
    expect(normalizeValue(port, '25')).toBe('25');
    expect(normalizeValue(port, '$<port>')).toBe('$<port>');
    expect(normalizeAssertion(port, '$<port>')).toBeUndefined();
  });

  it('of a syntax that is handed in are compared as text where the rule cannot help', () => {
    const syntax = {
      oid: '2.25.9.27',
      description: 'INTEGER or expression',
      check: (value: string) => (/^\d+$|^\$</.test(value) ? undefined : 'must be a number or an expression'),
    };
    const file = schemaFile(
      '60.ldif',
      "attributeTypes: ( 2.25.9.1 NAME 'p' EQUALITY integerMatch SYNTAX 2.25.9.27 )",
    );
    const type = Schema.parse([coreFile, file], { syntaxes: [syntax] }).findAttributeType('p');
    if (type === undefined) throw new Error('no p');
    expect(normalizeAssertion(type, '$<port>')).toBe('$<port>');
    expect(normalizeAssertion(type, 'port')).toBeUndefined();
  });
});

describe('schema files', () => {
  function problemsOf(...lines: readonly string[]): readonly string[] {
    try {
      Schema.parse([coreFile, schemaFile('schema/99-user.ldif', ...lines)]);
      return [];
    } catch (error) {
      if (!(error instanceof SchemaError)) throw error;
      return error.message.split('\n');
    }
  }

  const wrong: readonly (readonly [string, string])[] = [
    [
      "attributeTypes: ( 1.2.3 NAME 'a' SUP nothing )",
      'the attribute type a has the superior nothing, which is not defined',
    ],
    [
      "attributeTypes: ( 1.2.3 NAME 'a' SYNTAX 1.2.3.4 )",
      'the attribute type a has the syntax 1.2.3.4, which is not known',
    ],
    [
      "attributeTypes: ( 1.2.3 NAME 'a' )",
      'the attribute type a has neither SYNTAX nor a superior to inherit one from',
    ],
    [
      `attributeTypes: ( 1.2.3 NAME 'a' EQUALITY sameMatch SYNTAX ${SYNTAX}.15 )`,
      'the attribute type a has the matching rule sameMatch, which is not known',
    ],
    [
      `attributeTypes: ( 1.2.3 NAME 'a' ORDERING caseIgnoreMatch SYNTAX ${SYNTAX}.15 )`,
      'the attribute type a has the matching rule caseIgnoreMatch after ORDERING, which is of another kind',
    ],
    [
      "attributeTypes: ( 2.5.4.3 NAME 'a' SUP name )",
      'the attribute type 2.5.4.3 is defined in schema/00-core.ldif:164 already',
    ],
    [
      "attributeTypes: ( 1.2.3 NAME 'CommonName' SUP name )",
      'the attribute type CommonName is defined in schema/00-core.ldif:164 already',
    ],
    [
      "attributeTypes: ( 1.2.3 NAME 'a' SUP a )",
      'the attribute type a has itself among its superiors, or one that has',
    ],
    [
      "attributeTypes: ( 1.2.3 NAME 'a' SUP name USAGE elsewhere )",
      'the attribute type a has the usage elsewhere, which is not one of userApplications, directoryOperation, distributedOperation, dSAOperation',
    ],
    [
      "attributeTypes: ( a-oid NAME 'a' SUP name )",
      'the value of attributeTypes starts with "a-oid", which is not a numeric OID like 2.5.4.3',
    ],
    ["attributeTypes: ( 1.2.3 NAME 'a SUP name )", 'the value of attributeTypes lacks a closing apostrophe'],
    [
      "attributeTypes: ( 1.2.3 NAME 'a' SUP name",
      'the value of attributeTypes needs a field name or ")" at character 26, where it ends',
    ],
    [
      "attributeTypes: ( 1.2.3 NAME 'a' WRONG x SUP name )",
      'the value of attributeTypes has the unknown field "WRONG"',
    ],
    [
      "objectClasses: ( 1.2.3 NAME 'a' SUP nothing )",
      'the object class a has the superior nothing, which is not defined',
    ],
    [
      "objectClasses: ( 1.2.3 NAME 'a' SUP top MUST ( cn $ nothing ) )",
      'the object class a has the attribute nothing after MUST, which is not defined',
    ],
    [
      "objectClasses: ( 1.2.3 NAME 'a' SUP person AUXILIARY )",
      'the object class a is auxiliary and cannot have the structural superior person',
    ],
    [
      "objectClasses: ( 1.2.3 NAME 'a' SUP top ABSTRACT AUXILIARY )",
      'the object class a is of more than one kind: ABSTRACT, STRUCTURAL and AUXILIARY exclude each other',
    ],
    [
      "ldapSyntaxes: ( 1.2.3 DESC 'a' )",
      "the syntax 1.2.3 is not known: name a known one to use in its place, as in X-SUBST '1.3.…'",
    ],
    ["matchingRules: ( 1.2.3 NAME 'a' SYNTAX 1.2 )", 'the matching rule a is not known'],
    ['seeAlso: cn=x', 'the attribute seeAlso has no place in cn=schema'],
    ['what is this', 'the line is not LDIF: write "attribute: value"'],
  ];

  it.each(wrong)('refuse %s', (line, problem) => {
    expect(problemsOf('# a comment', line)).toEqual([`schema/99-user.ldif:3: ${problem}.`]);
  });

  it('report everything that is wrong, with lines that folding does not shift', () => {
    expect(
      problemsOf(
        "attributeTypes: ( 1.2.3 NAME 'a'",
        '  SUP name )',
        '# a comment',
        '  that is folded',
        "attributeTypes: ( 1.2.4 NAME 'b'",
        '  SUP nothing )',
        "attributeTypes: ( 1.2.5 NAME 'e1' SUP e2 )",
        "attributeTypes: ( 1.2.6 NAME 'e2' SUP e1 )",
      ).map((line) => line.slice(0, 60)),
    ).toEqual([
      'schema/99-user.ldif:6: the attribute type b has the superior',
      'schema/99-user.ldif:8: the attribute type e1 has itself amon',
      'schema/99-user.ldif:9: the attribute type e2 has itself amon',
    ]);
  });

  it('hold one entry, cn=schema', () => {
    const parse = (text: string) => () => Schema.parse([{ path: 'x.ldif', text }]);
    expect(parse('dn: cn=other\n')).toThrow(
      'x.ldif:1: the line names the entry "cn=other": it must be cn=schema.',
    );
    expect(parse('cn: schema\n')).toThrow('x.ldif:1: the line comes before "dn: cn=schema".');
    expect(parse('dn: cn=schema\n\ndn: cn=schema\n')).toThrow('x.ldif:3: the line starts a second entry');
    expect(parse('version: 1\r\n# c\r\n\r\ndn:: Y249c2NoZW1h\r\ncn: schema\r\n\r\n')).not.toThrow();
  });

  it('may refer to files before and after them', () => {
    const early = schemaFile('01.ldif', "objectClasses: ( 1.2.9 NAME 'x' SUP top MUST late )");
    const late = schemaFile('02.ldif', "attributeTypes: ( 1.2.8 NAME 'late' SUP name )");
    expect(Schema.parse([late, early, coreFile]).findObjectClass('x')?.must.has('late')).toBe(true);
  });

  it('may define a syntax by a known one', () => {
    const file = schemaFile(
      '50.ldif',
      `ldapSyntaxes: ( 1.2.7 DESC 'Flag' X-SUBST '${SYNTAX}.7' )`,
      "attributeTypes: ( 1.2.8 NAME 'flag' EQUALITY booleanMatch SYNTAX 1.2.7 )",
    );
    const type = Schema.parse([coreFile, file]).findAttributeType('flag');
    expect(type?.syntax.check('TRUE')).toBeUndefined();
    expect(type?.syntax.check('x')).toBe('must be true or false');
  });
});

describe('definitions as text', () => {
  it('may use quotes, lists and escapes as people write them', () => {
    const { fields } = parseDefinition(
      'attributeTypes',
      "(1.2.3 name('a' 'b')desc 'it\\27s a \\5C' SYNTAX '1.2.3{64}' X-FILE ('x' 'y'))",
    );
    expect([...fields]).toEqual([
      ['NAME', ['a', 'b']],
      ['DESC', ["it's a \\"]],
      ['SYNTAX', ['1.2.3{64}']],
      ['X-FILE', ['x', 'y']],
    ]);
  });
});

describe('the memo', () => {
  it('keeps what is in use and never more than its size', () => {
    const memo = new TextMemo<number>(10, 5);
    memo.remember('used', 1);
    for (let index = 0; index < 1000; index++) {
      memo.remember(`${index}`, index);
      expect(memo.find('used')).toBe(1);
    }
    expect(memo.find('0')).toBeUndefined();
    memo.remember('too long', 1);
    expect(memo.find('too long')).toBeUndefined();
  });
});
