// The memory that requests may hold.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OctetBudget } from '../../src/directory/octet-budget.ts';
import { LdapError } from '../../src/ldap/ldap-error.ts';
import { ResultCode } from '../../src/ldap/result-code.ts';

function codeOf(work: () => void): number {
  try {
    work();
    return ResultCode.success;
  } catch (error) {
    return error instanceof LdapError ? error.code : ResultCode.other;
  }
}

describe('a budget of octets', () => {
  it('refuses with 11 what is too much for a connection, with 51 what is too much for all', () => {
    const server = new OctetBudget(100);
    const [one, other] = [new OctetBudget(60, server), new OctetBudget(60, server)];
    const held = one.hold();
    held.take(60);
    expect(codeOf(() => held.take(1))).toBe(ResultCode.adminLimitExceeded);
    expect(codeOf(() => other.take(41))).toBe(ResultCode.busy);
    expect([other.tryTake(41), other.tryTake(40), server.octets]).toEqual([false, true, 100]);
    held.release();
    held.release();
    expect([server.octets, one.octets, other.octets]).toEqual([40, 0, 40]);
  });

  it('is never exceeded, and has all of it back in the end', () => {
    const step = fc.record({ who: fc.nat(3), octets: fc.nat(80), isGiven: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const server = new OctetBudget(200);
        const held = [0, 1, 2, 3].map(() => new OctetBudget(90, server).hold());
        for (const { who, octets, isGiven } of steps) {
          const one = held[who];
          if (isGiven) one?.give(Math.min(octets, one.octets));
          else one?.tryTake(octets);
          const sum = held.reduce((total, other) => total + other.octets, 0);
          expect(server.octets).toBe(sum);
          expect(sum).toBeLessThanOrEqual(200);
          for (const other of held) expect(other.octets).toBeLessThanOrEqual(90);
        }
        for (const one of held) one.release();
        expect(server.octets).toBe(0);
      }),
    );
  });
});
