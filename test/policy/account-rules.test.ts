import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTime } from '../../src/config/types/generalized-time.ts';
import { ageProblem } from '../../src/configuration/rights/password-state.ts';
import { Dn } from '../../src/ldap/dn.ts';
import { Attribute, Entry } from '../../src/ldap/entry.ts';
import {
  type AccountFacts,
  admissionOf,
  type LoginRules,
  refusalOf,
} from '../../src/policy/account-rules.ts';
import { currentState, type LoginState } from '../../src/policy/login-rules.ts';
import { policyWith } from './policy-with.ts';

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

describe('a password that somebody else has set', () => {
  const reset: AccountFacts = { ...FACTS, isReset: true };
  it.each<
    [
      string,
      Partial<LoginRules>,
      AccountFacts,
      number,
      ReturnType<typeof admissionOf>['mustChange'] | 'refused',
    ]
  >([
    ['must be changed', {}, reset, 10_000, 'reset'],
    ['must be changed in time', { maxPasswordResetAge: 50 }, reset, 149, 'reset'],
    ['locks the account afterwards', { maxPasswordResetAge: 50 }, reset, 150, 'refused'],
    ['locks no account that has changed it', { maxPasswordResetAge: 50 }, FACTS, 150, undefined],
    [
      'locks none whose time is not known',
      { maxPasswordResetAge: 50 },
      { ...reset, passwordSetAt: () => undefined },
      150,
      'reset',
    ],
    ['need not be young', { maxPasswordAge: 20, graceLoginCount: 0 }, reset, 150, 'reset'],
  ])('%s', (_, rules, facts, now, expected) => {
    const { refusal, mustChange } = admissionOf({ ...RULES, ...rules }, facts, START, now);
    expect(refusal === undefined ? mustChange : 'refused').toBe(expected);
    expect(refusal?.reason).toBe(expected === 'refused' ? 'reset too long ago' : undefined);
  });
});

describe('what is kept of a login', () => {
  const before: LoginState = { ...START, failedAt: [150], graceUsedAt: [], lastLoginAt: 50 };
  const admitted = (rules: Partial<LoginRules>, facts = FACTS) =>
    admissionOf({ ...RULES, ...rules }, facts, before, 200).state;

  it('is that none has failed since', () => {
    expect(admitted({})).toMatchObject({ failedAt: [], lockedAt: undefined, lastLoginAt: 50 });
    expect(admissionOf(undefined, FACTS, before, 200).state).toBe(before);
  });

  it('is its time, where the policy needs or shows it', () => {
    expect(admitted({ lastLoginTimeAttribute: 'ds-pwp-last-login-time' }).lastLoginAt).toBe(200);
    expect(admitted({ idleLockoutInterval: 160 }).lastLoginAt).toBe(200);
    const unseen = admissionOf(
      { ...RULES, idleLockoutInterval: 1 },
      { ...FACTS, passwordSetAt: () => undefined },
      START,
      200,
    );
    expect(unseen.state.lastLoginAt).toBe(200);
    expect(admitted({ idleLockoutInterval: 160 }, { ...FACTS, isReset: true }).lastLoginAt).toBe(200);
  });

  it('is nothing of one that is refused, whatever the password', () => {
    const disabled = { ...FACTS, isDisabled: true };
    const refused = { refusal: { reason: 'disabled' }, state: before };
    expect(admissionOf(RULES, disabled, before, 200)).toEqual(refused);
    expect(admissionOf(undefined, disabled, before, 200)).toEqual(refused);
    const locked = { ...before, lockedAt: 150 };
    const rules = { ...RULES, lockoutFailureCount: 1, lockoutDuration: 60 };
    expect(admissionOf(rules, FACTS, locked, 200)).toEqual({
      refusal: { reason: 'locked', until: 210 },
      state: locked,
    });
  });

  it.each([
    [10, 200, 10],
    [9, 200, undefined],
    [1, 209, 1],
    [0, 209, undefined],
  ])('is told with a warning of %i at %i: %s left', (warning, now, left) => {
    const rules = { ...RULES, maxPasswordAge: 110, passwordExpirationWarningInterval: warning };
    expect(admissionOf(rules, FACTS, before, now).expiresInMs).toBe(left);
  });

  it('is how many grace logins are left', () => {
    const rules = { ...RULES, maxPasswordAge: 50, graceLoginCount: 3, idleLockoutInterval: 1000 };
    const used = { ...before, graceUsedAt: [190] };
    expect(admissionOf(rules, FACTS, used, 200)).toMatchObject({ mustChange: 'expired', graceLeft: 1 });
  });

  it('is when it was first warned, and each grace login', () => {
    const warns = { maxPasswordAge: 110, passwordExpirationWarningInterval: 20 };
    expect(admitted(warns).warnedAt).toBe(200);
    const again = admissionOf({ ...RULES, ...warns }, FACTS, { ...before, warnedAt: 195 }, 200);
    expect(again.state.warnedAt).toBe(195);
    expect(admitted({ maxPasswordAge: 50, graceLoginCount: 1 })).toMatchObject({
      graceUsedAt: [200],
      failedAt: [],
    });
    expect(admissionOf({ ...RULES, maxPasswordAge: 50 }, FACTS, before, 200).state).toBe(before);
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
    ['is idle at once', { idleLockoutInterval: 1 }, {}, { lastLoginAt: 199 }, 'idle'],
    ['was never seen', { idleLockoutInterval: 50 }, { passwordSetAt: () => undefined }, {}, undefined],
    ['has an old password only', { idleLockoutInterval: 50 }, { passwordSetAt: () => 150 }, {}, 'idle'],
    ['was seen by a clock ahead', { idleLockoutInterval: 50 }, {}, { lastLoginAt: 900 }, undefined],
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

describe('a young password', () => {
  it.each([
    ['20260101000000Z', '20260101235959Z', true],
    ['20260101000000Z', '20260102000000Z', false],
    // The clock was ahead when it was set.
    ['20260101235959Z', '20260101000000Z', true],
    ['20270101000000Z', '20260101000000Z', false],
  ])('set at %s is kept at %s: %s', (setAt, now, isKept) => {
    const policy = policyWith({ minPasswordAge: 86_400_000 }, []);
    const entry = new Entry(Dn.parse('cn=x'), [new Attribute('pwdChangedTime', [setAt])]);
    const at = new Date(parseTime(now) ?? 0);
    expect(ageProblem(policy, entry, 'owner', at) !== undefined).toBe(isKept);
    expect(ageProblem(policy, entry, 'other', at)).toBeUndefined();
  });
});
