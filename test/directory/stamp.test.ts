// Operational attributes of changed entries, the ids of changes, and the memory that entries are counted with.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { octetsOfChange, octetsOfEntry, octetsOfText } from '../../src/directory/kept-octets.ts';
import { idOfChange, stamp } from '../../src/directory/stamp.ts';
import { Dn } from '../../src/ldap/dn.ts';
import { Attribute, Entry } from '../../src/ldap/entry.ts';
import { schema } from '../config/configuration.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const ID = '12345678-1234-4234-8234-123456789abc';
const DN = Dn.parse('cn=a,dc=example,dc=com');

function stateOf(entry: Entry): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(entry.attributes.map(({ description, values }) => [description, values]));
}

function personOf(more: Readonly<Record<string, string | string[]>> = {}): Entry {
  return Entry.of(DN, { objectClass: ['top', 'person'], cn: 'a', sn: 'b', ...more });
}

const FIRST = { at: new Date(Date.UTC(2026, 10, 2, 3, 4, 5, 6)), by: 'cn=first', id: ID };
const SECOND = { at: new Date(Date.UTC(2030, 11, 31, 23, 59, 58, 999)), by: 'cn=second', id: 'other' };

describe('the operational attributes of a changed entry', () => {
  it('say who made it and when, with those that the client gave left out', () => {
    const given = personOf({ createTimestamp: '1', entryUUID: 'x', structuralObjectClass: 'y' });
    expect(stateOf(stamp(undefined, given, FIRST, schema))).toEqual({
      objectClass: ['top', 'person'],
      cn: ['a'],
      sn: ['b'],
      structuralObjectClass: ['person'],
      createTimestamp: ['20261102030405.006Z'],
      creatorsName: ['cn=first'],
      entryUUID: [ID],
      modifyTimestamp: ['20261102030405.006Z'],
      modifiersName: ['cn=first'],
    });
  });

  it('keep those of the creation through later changes, and say who made the last', () => {
    const made = stamp(undefined, personOf(), FIRST, schema);
    const changed = stamp(made, made.with(new Attribute('sn', ['c'])), SECOND, schema);
    expect(stateOf(changed)).toEqual({
      ...stateOf(made),
      sn: ['c'],
      modifyTimestamp: ['20301231235958.999Z'],
      modifiersName: ['cn=second'],
    });
    expect(changed.find('structuralobjectclass')).toBe(made.find('structuralobjectclass'));
  });

  it('have the structural class that the classes have after the change', () => {
    const made = stamp(undefined, personOf(), FIRST, schema);
    const classes = new Attribute('objectClass', ['top', 'person', 'organizationalPerson', 'inetOrgPerson']);
    const changed = stamp(made, made.with(classes), SECOND, schema);
    expect(changed.values('structuralobjectclass')).toEqual(['inetOrgPerson']);
    const without = Entry.of(DN, { cn: 'a' });
    expect(stamp(undefined, without, FIRST, schema).find('structuralobjectclass')).toBeUndefined();
    expect(stamp(without, personOf(), SECOND, schema).values('structuralobjectclass')).toEqual(['person']);
  });
});

describe('the id of a change', () => {
  it('is that of the commit for the first, and another UUID for every other, the same every time', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.uuid(), (commit, other) => {
        fc.pre(commit !== other);
        const ids = Array.from({ length: 20 }, (_, index) => idOfChange(commit, index));
        expect(ids[0]).toBe(commit);
        expect(new Set([...ids, idOfChange(other, 1)]).size).toBe(21);
        for (const [index, id] of ids.entries()) {
          expect(id).toMatch(UUID);
          expect(idOfChange(commit, index)).toBe(id);
          if (index > 0) expect([id[14], id[19]]).toEqual(['8', 'a']);
        }
      }),
      { numRuns: 20 },
    );
    // Journals of earlier versions are replayed with the same ids.
    expect(idOfChange(ID, 1)).toBe('a6cbc360-ddcb-8f3c-aff3-327514581210');
  });
});

describe('the octets that are counted', () => {
  it('are those measured for a text, an attribute, an entry and a change', () => {
    expect(octetsOfText('')).toBe(32);
    expect(octetsOfText('abc')).toBe(38);
    const entry = new Entry(Dn.parse('cn=a,dc=b'), [new Attribute('cn', ['a', 'bc'])]);
    const octetsOfAttribute = 96 + 2 + (32 + 2) + (32 + 4);
    expect(octetsOfEntry(entry)).toBe(256 + 192 * 3 + octetsOfAttribute);
    const { dn } = entry;
    const octetsOfDelete = 160 + 192 * 3;
    expect(octetsOfChange({ type: 'delete', dn })).toBe(octetsOfDelete);
    expect(octetsOfChange({ type: 'add', entry })).toBe(octetsOfDelete + octetsOfEntry(entry));
    const modifications = entry.attributes.map((attribute) => ({ operation: 'add' as const, attribute }));
    expect(octetsOfChange({ type: 'modify', dn, modifications })).toBe(
      octetsOfDelete + 160 + octetsOfAttribute,
    );
  });

  it('grow with everything that is added', () => {
    const texts = fc.array(fc.string(), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(texts, fc.string({ minLength: 1 }), (values, more) => {
        const entry = new Entry(DN, [new Attribute('cn', values)]);
        const octets = octetsOfEntry(entry);
        const larger = [
          new Entry(DN, [new Attribute('cn', [...values, ''])]),
          new Entry(DN, [new Attribute('cn', [...values.slice(1), `${values[0]}${more}`])]),
          new Entry(DN, [...entry.attributes, new Attribute('sn', [])]),
          new Entry(DN.child([{ type: 'cn', value: 'x' }]), entry.attributes),
        ];
        for (const one of larger) expect(octetsOfEntry(one)).toBeGreaterThan(octets);
      }),
    );
  });
});
