import fc from 'fast-check';
import { expect, it } from 'vitest';
import { currentState, type LockoutRules, lockOf, stateAfterFailure } from '../../src/policy/login-rules.ts';

const START = currentState(undefined, []);

/** What a person would do with a list of all failed logins and a pencil. */
function modelOf(rules: LockoutRules, times: readonly number[], now: number): boolean {
  let counted: number[] = [];
  let lockedAt: number | undefined;
  const isLocked = (at: number) =>
    lockedAt !== undefined && (rules.lockoutDuration === 0 || at - lockedAt < rules.lockoutDuration);
  for (const at of times) {
    if (isLocked(at)) continue;
    if (lockedAt !== undefined) counted = [];
    lockedAt = undefined;
    const interval = rules.lockoutFailureExpirationInterval;
    counted = [...counted.filter((one) => interval === 0 || at - one < interval), at];
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
  const pauses = fc.array(fc.integer({ min: 0, max: 8 }), { maxLength: 12 });
  fc.assert(
    fc.property(rulesOf, pauses, fc.integer({ min: 0, max: 30 }), (rules, gaps, rest) => {
      let at = 0;
      const times = gaps.map((gap) => (at += gap));
      const state = times.reduce((before, time) => stateAfterFailure(rules, before, time), START);
      expect(lockOf(rules, state, at + rest) !== undefined).toBe(modelOf(rules, times, at + rest));
    }),
  );
});

it('never locks with a count of 0', () => {
  const rules = { lockoutFailureCount: 0, lockoutDuration: 0, lockoutFailureExpirationInterval: 0 };
  expect(stateAfterFailure(rules, START, 1)).toBe(START);
  expect(lockOf(rules, { ...START, lockedAt: 1 }, 1)).toBeUndefined();
});
