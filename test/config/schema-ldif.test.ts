import { describe, expect, it } from 'vitest';
import { objectDefinitions } from '../../src/config/definitions.ts';
import { defineObject } from '../../src/config/object-definition.ts';
import { ownAttribute, ownClass } from '../../src/config/object-identifiers.ts';
import { formatSchemaLdif } from '../../src/config/pages/schema-ldif.ts';
import { property } from '../../src/config/property-definition.ts';
import { integer } from '../../src/config/types/integer.ts';
import { string } from '../../src/config/types/string.ts';
import { readProjectFile, schema } from './configuration.ts';

function declare(kind: string, number: number, properties: Parameters<typeof property>[0][]) {
  return defineObject({
    kind,
    friendlyName: kind,
    friendlyPluralName: kind,
    synopsis: "It's a test.",
    objectClass: { name: `ds-cfg-${kind}`, oid: ownClass(number) },
    location: { under: 'cn=Mail Servers,cn=config' },
    properties: properties.map((facts) => property(facts)),
  });
}

describe('schema/02-config.ldif', () => {
  it('is what the declarations say; if this fails, run "npm run generate"', () => {
    expect(readProjectFile('schema/02-config.ldif')).toBe(formatSchemaLdif(objectDefinitions));
  });

  it('defines every class and attribute of the declarations', () => {
    for (const { objectClass, properties } of objectDefinitions) {
      expect(schema.findObjectClass(objectClass.name)?.oid).toBe(objectClass.oid);
      for (const { attribute, oid } of properties) {
        const type = schema.findAttributeType(attribute);
        expect(type?.name).toBe(attribute);
        if (oid !== undefined) expect(type?.oid).toBe(oid);
      }
    }
  });

  it('gives a mail server its required and optional attributes', () => {
    const mailServer = schema.findObjectClass('ds-cfg-mail-server');
    expect([...(mailServer?.must ?? [])].sort()).toEqual([
      'cn',
      'ds-cfg-enabled',
      'ds-cfg-smtp-server',
      'objectclass',
    ]);
    expect(mailServer?.may).toContain('ds-cfg-auth-password');
  });

  it('has abstract base classes, and a name form for each class that clients add', () => {
    const entry = schema.subschemaEntry;
    for (const { objectClass, abstract, location, namingAttribute } of objectDefinitions) {
      const isAdded = !abstract && objectClass.kind === 'structural' && 'under' in location;
      expect(schema.findObjectClass(objectClass.name)?.kind).toBe(abstract ? 'abstract' : objectClass.kind);
      const form = entry.values('nameforms').find((text) => text.includes(` OC ${objectClass.name} `));
      expect(form !== undefined).toBe(isAdded);
      if (isAdded) expect(form).toContain(` MUST ${namingAttribute} `);
    }
    // A site may add classes of its own to every kind of object: a rule would have to say otherwise.
    expect(entry.values('ditcontentrules')).toEqual([]);
  });

  it.each(['ds-cfg-smtp-server', 'ds-cfg-message-subject', 'ds-cfg-base-dn'])(
    'says that %s has one value, and begins with what it is for',
    (name) => {
      const text = schema.findAttributeType(name)?.definition ?? '';
      expect(text).toContain('One value only.');
      expect(text).not.toMatch(/DESC '[^']*?refused[^']*One value only/);
    },
  );

  it('has words in its syntaxes by which tools choose how to edit a value', () => {
    const described = schema.syntaxes.filter(({ description }) => description.endsWith('or an expression'));
    const words = described.map(({ description }) => description.toLowerCase());
    for (const word of ['boolean', 'distinguished name', 'integer', 'directory string', 'octet string'])
      expect(words.some((text) => text.includes(word))).toBe(true);
  });

  it.each([
    ['ds-cfg-enabled', 'FALSE', 'yes'],
    ['ds-cfg-listen-port', '1389', 'ldap'],
    ['ds-cfg-trust-manager-provider', 'cn=A,cn=config', 'A'],
    ['ds-cfg-smtp-server', 'a', ''],
  ])('lets %s be a value or an expression', (name, good, bad) => {
    const syntax = schema.findAttributeType(name)?.syntax;
    expect(syntax?.oid).toMatch(/^1\.3\.6\.1\.4\.1\.36733\.2\.1\.3\.3\./);
    expect(syntax?.check(good)).toBeUndefined();
    expect(syntax?.check('$<some.token>')).toBeUndefined();
    expect(syntax?.check('&{some.token|x}')).toBeUndefined();
    expect(syntax?.check(bad)).toContain('or an expression');
  });

  it('takes no OID twice', () => {
    const one = { name: 'one', type: string(), oid: ownAttribute(1), synopsis: 'One.' };
    const two = { name: 'two', type: string(), oid: ownAttribute(1), synopsis: 'Two.' };
    expect(() => formatSchemaLdif([declare('a', 1, [one, two])])).toThrow('is declared twice');
  });

  it('takes no attribute in two shapes', () => {
    const text = { name: 'one', type: string(), oid: ownAttribute(1), synopsis: 'One.' };
    const number = { ...text, type: integer() };
    expect(() => formatSchemaLdif([declare('a', 1, [text]), declare('b', 2, [number])])).toThrow(
      'differently',
    );
  });

  it('quotes and folds', () => {
    const long = {
      name: 'one',
      type: string(),
      oid: ownAttribute(1),
      synopsis: `${"It's \\ long. ".repeat(30)}.`,
    };
    const ldif = formatSchemaLdif([declare('a', 1, [long])]);
    expect(ldif).toContain('It\\27s \\5C long.');
    expect(Math.max(...ldif.split('\n').map((line) => line.length))).toBeLessThan(120);
  });
});
