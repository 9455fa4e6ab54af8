// Site schemas with very long chains of superiors. What each type or class inherits, written out for all of them, would be
// hundreds of millions of names: only what is asked for is collected.

import { expect, it } from 'vitest';
import { Schema } from '../../src/schema/schema.ts';

const LENGTH = 30_000;
const STRING = '1.3.6.1.4.1.1466.115.121.1.15';

function schemaOf(values: readonly string[]): Schema {
  const text = ['dn: cn=schema', 'objectClass: subschema', ...values, ''].join('\n');
  return Schema.parse([{ path: 'site.ldif', text }]);
}

/** Both in the order that is hardest to read: the last one first. */
const types = Array.from({ length: LENGTH }, (_, index) => {
  const superior = index === 0 ? `SYNTAX ${STRING}` : `SUP a${index - 1}`;
  return `attributeTypes: ( 1.2.1.${index} NAME 'a${index}' ${superior} )`;
}).toReversed();
const classes = Array.from({ length: LENGTH }, (_, index) => {
  const superior = index === 0 ? 'ABSTRACT' : `SUP c${index - 1} STRUCTURAL`;
  return `objectClasses: ( 1.2.2.${index} NAME 'c${index}' ${superior} MUST a${index} MAY a${LENGTH - 1 - index} )`;
}).toReversed();

it('attribute types are read, and the first has all others as subtypes', () => {
  const schema = schemaOf(types);
  const [first, last] = ['a0', `a${LENGTH - 1}`].map((name) => schema.findAttributeType(name));
  if (first === undefined || last === undefined) throw new Error('They are not there.');
  expect(schema.subtypes(first)).toHaveLength(LENGTH);
  expect(schema.subtypes(last)).toEqual([last]);
  expect(last.syntax.oid).toBe(STRING);
});

it('object classes are read, and the last is and demands all that is above it', () => {
  const schema = schemaOf([...types, ...classes]);
  const last = schema.findObjectClass(`c${LENGTH - 1}`);
  expect([...(last?.lineage ?? [])].map(({ name }) => name)).toEqual(
    Array.from({ length: LENGTH }, (_, index) => `c${index}`),
  );
  expect(last?.must.size).toBe(LENGTH);
  expect(last?.may.size).toBe(LENGTH);
  expect(schema.findObjectClass('c5')?.must.size).toBe(6);
});
