import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AccountFacts,
  admissionOf,
  type LoginRules,
  refusalOf,
} from '../../src/policy/account-rules.ts';
import { currentState, type LoginState } from '../../src/policy/login-rules.ts';

const RULES: LoginRules = {
  lockoutFailureCount: 0,
  lockoutDuration: 0,
  lockoutFailureExpirationInterval: 0,
  maxPasswordAge: 0,
  maxPasswordResetAge: 0,
  passwordExpirationWarningInterval: 0,
  graceLoginCount: 0,
  idleLockoutInterval: 0,
  lastLoginTimeAttribute: undefined,
};
const FACTS: AccountFacts = {
  isDisabled: false,
  expiresAt: undefined,
  passwordSetAt: () => 100,
  isReset: false,
};
const START = currentState(undefined, []);

/** Logs in again and again; returns how each login ended, in a word. */
function logins(rules: LoginRules, times: readonly number[]): readonly string[] {
  let state: LoginState = START;
  return times.map((now) => {
    const { refusal, mustChange, expiresInMs, state: after } = admissionOf(rules, FACTS, state, now);
    state = after;
    if (refusal !== undefined) return refusal.reason;
    return mustChange ?? (expiresInMs === undefined ? 'in' : `in, ${expiresInMs} left`);
  });
}

/** The same with a pencil, from the last time that the password was good. */
function modelOf(rules: LoginRules, times: readonly number[]): readonly string[] {
  let grace = rules.graceLoginCount;
  return times.map((now) => {
    const left = 100 + rules.maxPasswordAge - now;
    if (rules.maxPasswordAge === 0) return 'in';
    if (left > 0) return left > rules.passwordExpirationWarningInterval ? 'in' : `in, ${left} left`;
    grace -= 1;
    return grace >= 0 ? 'expired' : 'password expired';
  });
}

describe('logins with an ageing password', () => {
  it('end as in a simple model, whatever the rules and the times', () => {
    const rules = fc.record({
      maxPasswordAge: fc.constantFrom(0, 5, 20),
      passwordExpirationWarningInterval: fc.constantFrom(0, 3, 30),
      graceLoginCount: fc.integer({ min: 0, max: 3 }),
    });
    const gaps = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 12 });
    fc.assert(
      fc.property(rules, gaps, (given, pauses) => {
        let at = 100;
        const times = pauses.map((gap) => (at += gap));
        const all = { ...RULES, ...given };
        expect(logins(all, times)).toEqual(modelOf(all, times));
      }),
    );
  });
});

describe('an account', () => {
  it.each<[string, Partial<LoginRules>, Partial<AccountFacts>, Partial<LoginState>, string | undefined]>([
    ['is as it is', {}, {}, {}, undefined],
    ['is disabled', {}, { isDisabled: true }, {}, 'disabled'],
    ['has just expired', {}, { expiresAt: 200 }, {}, 'expired'],
    ['is about to expire', {}, { expiresAt: 201 }, {}, undefined],
    ['is locked for ever', { lockoutFailureCount: 1 }, {}, { lockedAt: 1 }, 'locked'],
    ['was locked', { lockoutFailureCount: 1, lockoutDuration: 10 }, {}, { lockedAt: 190 }, undefined],
    ['is idle', { idleLockoutInterval: 50 }, {}, { lastLoginAt: 150 }, 'idle'],
    ['has logged in lately', { idleLockoutInterval: 50 }, {}, { lastLoginAt: 151 }, undefined],
    [
      'has a new password',
      { idleLockoutInterval: 50 },
      { passwordSetAt: () => 151 },
      { lastLoginAt: 1 },
      undefined,
    ],
  ])('that %s', (_, rules, facts, state, reason) => {
    const refusal = refusalOf({ ...RULES, ...rules }, { ...FACTS, ...facts }, { ...START, ...state }, 200);
    expect(refusal?.reason).toBe(reason);
  });
});
