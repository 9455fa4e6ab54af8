import { describe, expect, it } from 'vitest';
import { Dn } from '../../src/ldap/dn.ts';
import { Attribute, Entry } from '../../src/ldap/entry.ts';
import { formatIssue } from '../../src/ldap/issue.ts';
import { checkClasses, checkEntry, completeClasses } from '../../src/schema/check-classes.ts';
import { checkValues } from '../../src/schema/check-values.ts';
import { normalizeValue } from '../../src/schema/normal-value.ts';
import { findStructuralClass } from '../../src/schema/object-class.ts';
import { findSimilarName } from '../../src/schema/similar-name.ts';
import { sampleSchema } from './sample-schema.ts';

const schema = sampleSchema();
const isSecret = (key: string) => key === 'userpassword';

function valuesWrong(...attributes: readonly (readonly [string, ...string[]])[]): readonly string[] {
  const list = attributes.map(([description, ...values]) => new Attribute(description, values));
  return checkValues(schema, 'cn=A', list, isSecret).map((issue) => `${issue.code}: ${formatIssue(issue)}`);
}

function classesWrong(
  dn: string,
  attributes: Readonly<Record<string, string | readonly string[]>>,
): readonly string[] {
  const issues = checkClasses(schema, Entry.of(Dn.parse(dn), attributes));
  return issues.map((issue) => `${issue.code}: ${formatIssue(issue)}`);
}

describe('values', () => {
  it('that are right have no issues', () => {
    expect(valuesWrong(['cn', 'A', 'B'], ['port', '25'], ['enabled', 'true'], ['cn;lang-de', 'A'])).toEqual(
      [],
    );
  });

  it('of unknown attributes are refused with what was probably meant', () => {
    expect(valuesWrong(['smtp-server', 'a'], ['discription', 'a'], ['qqqqqqqq', 'a'], ['cn;', 'a'])).toEqual([
      'undefinedAttributeType: cn=A: smtp-server is not an attribute that the schema knows. Perhaps ds-cfg-smtp-server is meant.',
      'undefinedAttributeType: cn=A: discription is not an attribute that the schema knows. Perhaps description is meant.',
      'undefinedAttributeType: cn=A: qqqqqqqq is not an attribute that the schema knows. The entry cn=schema lists all attributes.',
      'undefinedAttributeType: cn=A: cn; is not an attribute that the schema knows. The entry cn=schema lists all attributes.',
    ]);
  });

  it('of the wrong syntax are refused with what is allowed', () => {
    expect(valuesWrong(['enabled', 'yes'])).toEqual([
      'invalidAttributeSyntax: cn=A: enabled "yes" is not a value of the syntax Boolean. The value must be true or false.',
    ]);
  });

  it('that are equal are refused', () => {
    expect(valuesWrong(['cn', 'Mail', ' mail'])).toEqual([
      'attributeOrValueExists: cn=A: cn " mail" is there twice. Keep one of the values that are equal under caseIgnoreMatch.',
    ]);
    expect(valuesWrong(['cn', 'a'], ['commonName', 'b'])).toEqual([
      'attributeOrValueExists: cn=A: commonName is given twice, also as cn. Give all values of an attribute together.',
    ]);
  });

  it('must be one where only one may be, and there at all', () => {
    expect(valuesWrong(['port', '1', '2'], ['cn'])).toEqual([
      'constraintViolation: cn=A: port has 2 values. It may have one value only.',
      'constraintViolation: cn=A: cn has no value. Give it a value or leave it out.',
    ]);
  });

  it('that are secret are never shown', () => {
    const wrong = valuesWrong(['userPassword', 'hush', 'hush']);
    expect(wrong).toHaveLength(1);
    expect(wrong[0]).toContain('"***"');
    expect(wrong[0]).not.toContain('hush');
  });

  it('in great numbers are no trouble', () => {
    const many = Array.from({ length: 300_000 }, () => '');
    expect(checkValues(schema, 'cn=A', [new Attribute('cn', many)], isSecret)).toHaveLength(100);
  });
});

describe('classes', () => {
  const service = { objectClass: ['top', 'service'], cn: 'A', enabled: 'TRUE' };

  it('that fit have no issues', () => {
    expect(classesWrong('cn=A', { ...service, port: '25', createTimestamp: '20261122081500Z' })).toEqual([]);
    expect(classesWrong('cn=A', { ...service, objectClass: ['mailService', 'service', 'top'] })).toEqual([]);
  });

  it('must be there, be known, and have one structural chain', () => {
    expect(classesWrong('', { cn: 'A' })).toEqual([
      'objectClassViolation: : has no object class. Add the class that says what the entry is.',
    ]);
    expect(classesWrong('', { objectClass: ['top', 'servise'] })).toEqual([
      'objectClassViolation: : objectClass "servise" is not an object class that the schema knows. Perhaps service is meant.',
    ]);
    expect(classesWrong('', { objectClass: ['top', 'dcObject'], dc: 'a' })).toEqual([
      'objectClassViolation: : has no structural object class, only top, dcObject. Add the class that says what the entry is.',
    ]);
    expect(classesWrong('', { objectClass: ['top', 'country', 'locality'], c: 'DE' })).toEqual([
      'objectClassViolation: : has structural object classes that are not built on each other: country, locality. Keep one of them.',
    ]);
  });

  it('demand attributes, all of which are named', () => {
    expect(classesWrong('', { objectClass: ['top', 'service', 'mailService'] })).toEqual([
      'objectClassViolation: : cn is missing: the object class service demands it. Give it a value.',
      'objectClassViolation: : enabled is missing: the object class service demands it. Give it a value.',
    ]);
  });

  it('allow attributes, and no others', () => {
    expect(classesWrong('cn=A', { ...service, mail: 'a@b' })).toEqual([
      'objectClassViolation: cn=A: mail is not allowed by the object classes of the entry: top, service. Remove it, or add an object class that allows it.',
    ]);
    expect(
      classesWrong('cn=A', { ...service, objectClass: ['service', 'extensibleObject'], mail: 'a' }),
    ).toEqual([]);
  });

  it('go with a name made of the values', () => {
    expect(classesWrong('CN=a+commonName=A', service)).toEqual([]);
    expect(classesWrong('cn=B,dc=x', service)).toEqual([
      'namingViolation: cn=B,dc=x: cn "B" is in the name of the entry, but the attribute does not have this value. Add cn: B, or name the entry otherwise.',
    ]);
    expect(classesWrong('nothing=B', service)).toEqual([
      'namingViolation: nothing=B: nothing is in the name and is not an attribute of the schema. Name the entry by an attribute it may have, such as cn.',
    ]);
  });

  it('are completed with their superiors in the spelling of the schema', () => {
    expect(completeClasses(schema, ['MAILSERVICE'])).toEqual(['mailService', 'top', 'service']);
    expect(completeClasses(schema, ['top', 'Service', 'service', 'nothing'])).toEqual([
      'top',
      'service',
      'nothing',
    ]);
    expect(findStructuralClass(schema, ['top', 'service', 'mailservice'])?.name).toBe('mailService');
    expect(findStructuralClass(schema, ['country', 'locality'])).toBeUndefined();
  });

  it('and values are checked together', () => {
    const entry = Entry.of(Dn.parse('cn=A'), { objectClass: ['top', 'service'], cn: 'A', port: '70000x' });
    expect(checkEntry(schema, entry, isSecret).map(({ code }) => code)).toEqual([
      'invalidAttributeSyntax',
      'objectClassViolation',
    ]);
  });
});

describe('names that were meant', () => {
  it('are close in letters or lack the prefix', () => {
    expect(findSimilarName('descritpion', ['description', 'cn'])).toBe('description');
    expect(findSimilarName('SN', ['cn', 'sn'])).toBe('sn');
    expect(findSimilarName('port', ['sort', 'ds-cfg-port'])).toBe('ds-cfg-port');
    expect(findSimilarName('mailserver', ['telephone'])).toBeUndefined();
    expect(findSimilarName('x'.repeat(1000), ['x'.repeat(999)])).toBeUndefined();
  });
});

describe('equality keys', () => {
  it('are as many as there are different values', () => {
    const cn = schema.findAttributeType('cn');
    if (cn === undefined) throw new Error('no cn');
    expect(new Set(['A', 'a ', 'b'].map((value) => normalizeValue(cn, value)))).toEqual(new Set(['a', 'b']));
  });
});
