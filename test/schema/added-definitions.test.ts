// Definitions that the configuration adds to those of the files.

import { describe, expect, it } from 'vitest';
import { Schema } from '../../src/schema/schema.ts';
import { SchemaError } from '../../src/schema/schema-error.ts';

const BASE = {
  path: 'base.ldif',
  text: `dn: cn=schema
attributeTypes: ( 2.5.4.41 NAME 'name' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributeTypes: ( 2.5.4.3 NAME 'cn' SUP name )
attributeTypes: ( 2.5.4.0 NAME 'objectClass' EQUALITY objectIdentifierMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.38 )
objectClasses: ( 2.5.6.0 NAME 'top' ABSTRACT MUST objectClass )
`,
};
const FLOOR = `attributeTypes: ( 1.2.3.1 NAME 'floor' SUP name )`;
const DESK = `attributeTypes: ( 1.2.3.2 NAME 'desk' SUP floor )`;
const PLACE = `objectClasses: ( 1.2.3.3 NAME 'place' SUP top AUXILIARY MAY ( floor $ desk ) )`;

function add(schema: Schema, ...definitions: readonly string[]): ReadonlySet<string> {
  const prepared = schema.prepareAdded(definitions);
  prepared.use();
  return prepared.gone;
}

describe('definitions that are added to a schema', () => {
  it('are used like those of its files, in any order, at once', () => {
    const schema = Schema.parse([BASE]);
    expect(schema.describe('desk')).toBeUndefined();
    expect(schema.dnKeyOfText('desk=A 1')).toBe(schema.dnKeyOfText('desk=a 1'));
    expect(add(schema, PLACE, DESK, FLOOR)).toEqual(new Set());
    const name = schema.findAttributeType('name');
    expect(name && schema.subtypes(name).map(({ key }) => key)).toContain('desk');
    expect(schema.describe('DESK')?.key).toBe('desk');
    expect(schema.findObjectClass('place')?.kind).toBe('auxiliary');
    expect(schema.subschemaEntry.values('attributetypes').join()).toContain("NAME 'desk'");
  });

  it('stay the same objects while others come, and are told when they go or become others', () => {
    const schema = Schema.parse([BASE]);
    add(schema, FLOOR, DESK);
    const [floor, desk] = [schema.findAttributeType('floor'), schema.findAttributeType('desk')];
    expect(add(schema, FLOOR, DESK, PLACE)).toEqual(new Set());
    expect(schema.findAttributeType('floor')).toBe(floor);
    expect(schema.findAttributeType('desk')).toBe(desk);
    expect(add(schema, FLOOR, DESK.replace(' )', ' SINGLE-VALUE )'))).toEqual(
      new Set(['desk', 'place', '1.2.3.3']),
    );
    expect(add(schema)).toEqual(new Set(['floor', 'desk']));
    expect(schema.describe('floor')).toBeUndefined();
    expect(schema.describe('cn')?.key).toBe('cn');
  });

  it('may repeat what the files have, and contradict nothing', () => {
    const schema = Schema.parse([BASE]);
    expect(add(schema, `attributeTypes: ( 2.5.4.3   NAME 'cn' SUP name )`, FLOOR)).toEqual(new Set());
    const refused =
      (...definitions: readonly string[]) =>
      () =>
        schema.prepareAdded(definitions);
    expect(refused(FLOOR, `attributeTypes: ( 2.5.4.3 NAME 'cn' SUP name SINGLE-VALUE )`)).toThrow(
      /^:2: the attribute type cn has a name or an OID that the files of the schema use already/,
    );
    expect(refused(DESK)).toThrow(SchemaError);
    expect(refused(FLOOR, FLOOR)).toThrow(SchemaError);
    expect(schema.describe('floor')?.key).toBe('floor');
  });
});
