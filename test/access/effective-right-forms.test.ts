// The octets and texts of effective rights: what is written is read as it was.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readEffectiveRights, writeEffectiveRights } from '../../src/codec/entry-controls.ts';
import { Dn } from '../../src/ldap/dn.ts';
import {
  type EffectiveRight,
  readRights,
  rightsAttributes,
  rightsInfoAttributes,
} from '../../src/ldap/effective-right.ts';
import { Entry } from '../../src/ldap/entry.ts';
import { octetsFromText, textFromOctets } from '../../src/ldap/octets.ts';

const hexOf = (text: string) => Buffer.from(octetsFromText(text)).toString('hex');
const fromHex = (hex: string) => textFromOctets(Buffer.from(hex, 'hex'));

describe('the value of the control', () => {
  const value = '30130407646e3a636e3d6130080402636e0402736e';

  it('is written and read as OpenDJ has it', () => {
    expect(hexOf(writeEffectiveRights('dn:cn=a', ['cn', 'sn']))).toBe(value);
    expect(readEffectiveRights(fromHex(value))).toEqual({ authzId: 'dn:cn=a', attributes: ['cn', 'sn'] });
    expect(readEffectiveRights(fromHex('30090407646e3a636e3d61'))).toEqual({
      authzId: 'dn:cn=a',
      attributes: [],
    });
  });

  it('may be absent, or an identity alone', () => {
    for (const absent of [undefined, ''])
      expect(readEffectiveRights(absent)).toEqual({ authzId: undefined, attributes: [] });
    expect(readEffectiveRights('dn:')).toEqual({ authzId: 'dn:', attributes: [] });
    expect(readEffectiveRights('u:app')).toEqual({ authzId: 'u:app', attributes: [] });
  });

  it('is a protocol error when it is cut short, goes on, or is something else', () => {
    const cuts = Array.from({ length: value.length / 2 - 1 }, (_, index) => value.slice(0, 2 * (index + 1)));
    for (const hex of [...cuts, `${value}00`, '0400'])
      expect(() => readEffectiveRights(fromHex(hex)), hex).toThrow(expect.objectContaining({ code: 2 }));
  });
});

const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
const decided = fc.record({
  isAllowed: fc.boolean(),
  policies: fc.array(fc.string({ unit: 'grapheme', maxLength: 9 }), { maxLength: 3 }),
  privileges: fc.array(name, { maxLength: 3 }),
});
const refused = fc.record({
  isAllowed: fc.constant(false),
  policies: fc.constant([]),
  privileges: fc.constant([]),
  reason: fc.stringMatching(/^no [a-z ();:,]{0,30}$/),
});
const decision = fc.oneof(
  decided.map((one) => ({
    ...one,
    reason: one.policies.length + one.privileges.length === 0 ? 'no one' : '',
  })),
  refused,
);
const rights: fc.Arbitrary<readonly EffectiveRight[]> = fc
  .tuple(fc.dictionary(name, decision), fc.dictionary(name, fc.dictionary(name, decision)))
  .map(([ofEntry, ofAttributes]) => [
    ...Object.entries(ofEntry).map(([right, one]) => ({ right, attribute: undefined, ...one })),
    ...Object.entries(ofAttributes).flatMap(([attribute, those]) =>
      Object.entries(those).map(([right, one]) => ({ right, attribute, ...one })),
    ),
  ]);

describe('the attributes of the answer', () => {
  it('are read as they were written', () => {
    fc.assert(
      fc.property(rights, (all) => {
        const dn = Dn.parse('cn=a ( reason: b');
        const about = { dn: dn.toString(), subject: 'cn=x (not proxied) ( reason: y )' };
        const entry = new Entry(dn, [...rightsAttributes(all), ...rightsInfoAttributes(all, about)]);
        expect(readRights(entry)).toEqual(all);
      }),
    );
  });
});
