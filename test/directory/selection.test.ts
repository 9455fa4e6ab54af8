// Selections of attributes (RFC 4511 §4.5.1.8), next to a simple model.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Selection } from '../../src/directory/selection.ts';
import { Dn } from '../../src/ldap/dn.ts';
import { Attribute, Entry } from '../../src/ldap/entry.ts';
import type { AttributeType } from '../../src/schema/attribute-type.ts';
import { schema } from '../config/configuration.ts';

const DESCRIPTIONS = [
  'objectClass',
  'cn',
  'cn;lang-de',
  'cn;lang-de;x-a',
  'sn',
  'mail',
  'description',
  'nonsense',
  'createTimestamp',
  'modifiersName',
  'entryUUID',
];
const SELECTORS = [
  '*',
  '+',
  '1.1',
  '@person',
  '@2.5.6.6',
  '@inetOrgPerson',
  '@extensibleObject',
  '@nonsense',
  'cn',
  'CN',
  'name',
  '2.5.4.3',
  'cn;lang-de',
  'cn;lang-fr',
  'nonsense',
  'createTimestamp',
  'entryUUID',
  'mail',
];

const entry = fc.subarray(DESCRIPTIONS).map(
  (all) =>
    new Entry(
      Dn.parse('cn=a'),
      all.map((one) => new Attribute(one, ['x'])),
    ),
);
const selectors = fc.oneof(
  fc.subarray(SELECTORS, { maxLength: 5 }),
  fc.array(fc.constantFrom(...SELECTORS), { maxLength: 4 }),
);

function typesAbove(type: AttributeType | undefined): readonly AttributeType[] {
  return type === undefined ? [] : [type, ...typesAbove(type.superior)];
}

function namesOf(all: readonly string[]): readonly string[] {
  return all.flatMap((one) => {
    if (!one.startsWith('@')) return [one];
    const found = schema.findObjectClass(one.slice(1));
    return found === undefined ? [] : [...found.must, ...found.may];
  });
}

function isSelected({ description }: Attribute, all: readonly string[]): boolean {
  const described = schema.describe(description);
  const [, ...options] = description.toLowerCase().split(';');
  const isNamed = namesOf(all).some((name) => {
    const wanted = schema.describe(name);
    return (
      wanted !== undefined &&
      typesAbove(described?.type).includes(wanted.type) &&
      wanted.options.every((option) => options.includes(option))
    );
  });
  if (isNamed) return true;
  if (described?.type.isOperational === true) return all.includes('+');
  return all.length === 0 || all.includes('*') || all.includes('@extensibleObject');
}

describe('a selection', () => {
  it('is that of the model', () => {
    fc.assert(
      fc.property(entry, selectors, (whole, all) => {
        const seen = new Selection(schema, all).view(whole);
        expect(seen.dn).toBe(whole.dn);
        expect(seen.attributes).toEqual(whole.attributes.filter((one) => isSelected(one, all)));
      }),
      { numRuns: 400 },
    );
  });

  it('says before whether it may have operational attributes', () => {
    fc.assert(
      fc.property(selectors, (all) => {
        const selection = new Selection(schema, all);
        const isOperational = (name: string) => schema.describe(name)?.type.isOperational === true;
        expect(selection.asksOperational).toBe(all.includes('+') || namesOf(all).some(isOperational));
        expect(selection.allOperational).toBe(all.includes('+'));
        for (const key of ['createtimestamp', 'entryuuid', 'modifiersname']) {
          const isNamed = namesOf(all).some((name) => name.toLowerCase() === key);
          expect(selection.wantsOperational(key)).toBe(all.includes('+') || isNamed);
        }
      }),
    );
  });

  it('has an equal key where it selects the same, in whatever order and spelling', () => {
    const keys = [
      ['cn', 'mail'],
      ['MAIL', '2.5.4.3', 'cn'],
      ['mail', 'cn', 'nonsense', '1.1'],
    ].map((all) => new Selection(schema, all).key);
    expect(new Set(keys).size).toBe(1);
    const others = [['cn'], [], ['+'], ['*', '+'], ['1.1'], ['cn', '+'], ['cn', '*']];
    expect(new Set(others.map((all) => new Selection(schema, all).key)).size).toBe(others.length);
  });

  it('is made once for an entry, for up to eight different selections', () => {
    const whole = new Entry(Dn.parse('cn=a'), [new Attribute('cn', ['a'])]);
    const names = ['cn', 'sn', 'mail', 'title', 'description', 'ou', 'uid', 'l'];
    const views = names.map((name) => new Selection(schema, [name]).view(whole));
    for (const [index, name] of names.entries())
      expect(new Selection(schema, [name]).view(whole)).toBe(views[index]);
    // A ninth begins anew.
    const ninth = new Selection(schema, ['street']).view(whole);
    expect(new Selection(schema, ['street']).view(whole)).toBe(ninth);
    expect(new Selection(schema, ['cn']).view(whole)).not.toBe(views[0]);
    expect(new Selection(schema, ['cn']).view(whole)).toEqual(views[0]);
  });

  it('of very many attributes is not kept', () => {
    const whole = new Entry(Dn.parse('cn=a'), [new Attribute('cn', ['a'])]);
    const withOption = (letters: number) =>
      new Selection(schema, [`cn;${'x'.repeat(letters - 'cn;'.length)}`]);
    const [longest, longer] = [withOption(1024), withOption(1025)];
    expect([longest.key.length, longer.key.length]).toEqual([1024, 1025]);
    expect(longest.view(whole)).toBe(longest.view(whole));
    expect(longer.view(whole)).not.toBe(longer.view(whole));
  });
});
