import fc from 'fast-check';
import { expect, it } from 'vitest';
import { currentState, type LockoutRules, lockOf, stateAfterFailure } from '../../src/policy/login-rules.ts';

const START = currentState(undefined, []);

/** What a person would do with a list of all failed logins and a pencil. */
function modelOf(rules: LockoutRules, times: readonly number[], now: number): boolean {
  let counted: number[] = [];
  let lockedAt: number | undefined;
  const isLocked = (at: number) =>
    lockedAt !== undefined &&
    (rules.lockoutDuration === 0 || Math.abs(at - lockedAt) < rules.lockoutDuration);
  for (const at of times) {
    if (isLocked(at)) continue;
    if (lockedAt !== undefined) counted = [];
    lockedAt = undefined;
    const interval = rules.lockoutFailureExpirationInterval;
    counted = [...counted.filter((one) => interval === 0 || Math.abs(at - one) < interval), at];
    if (counted.length >= rules.lockoutFailureCount) lockedAt = at;
  }
  return isLocked(now);
}

it('locks as a simple model does, whatever the rules and the times', () => {
  const rulesOf = fc.record({
    lockoutFailureCount: fc.integer({ min: 1, max: 4 }),
    lockoutDuration: fc.constantFrom(0, 5, 20),
    lockoutFailureExpirationInterval: fc.constantFrom(0, 3, 10),
  });
  const pauses = fc.array(fc.integer({ min: -25, max: 8 }), { maxLength: 12 });
  // The clock may be set back.
  fc.assert(
    fc.property(rulesOf, pauses, fc.integer({ min: -30, max: 30 }), (rules, gaps, rest) => {
      let at = 0;
      const times = gaps.map((gap) => (at += gap));
      const state = times.reduce((before, time) => stateAfterFailure(rules, before, time), START);
      expect(lockOf(rules, state, at + rest) !== undefined).toBe(modelOf(rules, times, at + rest));
    }),
  );
});

it('locks for a while, also if the clock was far ahead', () => {
  const rules = { lockoutFailureCount: 1, lockoutDuration: 10, lockoutFailureExpirationInterval: 0 };
  const state = stateAfterFailure(rules, START, 1000);
  const isLocked = (now: number) => lockOf(rules, state, now) !== undefined;
  expect([985, 990, 991, 1000, 1009, 1010].map(isLocked)).toEqual([false, false, true, true, true, false]);
  const again = stateAfterFailure(rules, state, 500);
  expect(lockOf(rules, again, 509)).toEqual({ until: 510 });
  expect(lockOf({ ...rules, lockoutDuration: 0 }, state, 1)).toEqual({ until: undefined });
});

it('never locks with a count of 0', () => {
  const rules = { lockoutFailureCount: 0, lockoutDuration: 0, lockoutFailureExpirationInterval: 0 };
  expect(stateAfterFailure(rules, START, 1)).toBe(START);
  expect(lockOf(rules, { ...START, lockedAt: 1 }, 1)).toBeUndefined();
});
