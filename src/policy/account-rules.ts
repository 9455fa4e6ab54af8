// Whether an account may log in, and what it is warned of: pure functions of a policy, facts of the account, its logins, and
// the time.

import type { ObjectOfKind } from '../config/configuration-object.ts';
import { type LockoutRules, type LoginState, lockOf } from './login-rules.ts';

/** Properties of a password policy about logins; durations in milliseconds. */
export type LoginRules = LockoutRules &
  Pick<
    ObjectOfKind<'password-policy'>,
    | 'maxPasswordAge'
    | 'maxPasswordResetAge'
    | 'passwordExpirationWarningInterval'
    | 'graceLoginCount'
    | 'idleLockoutInterval'
    | 'lastLoginTimeAttribute'
  >;

/** Facts of an account besides its logins. Times are milliseconds since 1970. */
export interface AccountFacts {
  readonly isDisabled: boolean;
  readonly expiresAt: number | undefined;
  /** True if the password policy of the account cannot be in force on this server. */
  readonly hasAbsentPolicy?: boolean;
  /** Returns when the password was set; undefined if it is not known. Most logins do not ask, and it has to be parsed. */
  readonly passwordSetAt: () => number | undefined;
  /** True if somebody else has set the password, and it must be changed. */
  readonly isReset: boolean;
}

/** Reason why nobody may log in to an account. */
export type Refusal =
  | {
      readonly reason:
        | 'disabled'
        | 'expired'
        | 'policy absent'
        | 'idle'
        | 'reset too long ago'
        | 'password expired';
    }
  | { readonly reason: 'locked'; readonly until: number | undefined };

/** Outcome of a login with the right password. */
export interface Admission {
  readonly refusal?: Refusal;
  /** Why the account can do nothing but change its password. */
  readonly mustChange?: 'reset' | 'expired';
  /** Milliseconds until the password expires, where the login is warned of that. */
  readonly expiresInMs?: number;
  /** Logins with the expired password that are left after this one. */
  readonly graceLeft?: number;
  readonly state: LoginState;
}

/** Returns when the password expires; undefined for never. */
export function passwordExpiryOf(
  { maxPasswordAge }: LoginRules,
  { passwordSetAt }: AccountFacts,
): number | undefined {
  if (maxPasswordAge === 0) return undefined;
  const setAt = passwordSetAt();
  return setAt === undefined ? undefined : setAt + maxPasswordAge;
}

/** Returns why nobody may log in to the account, by whatever proof; undefined if somebody may. */
export function refusalOf(
  rules: LoginRules | undefined,
  facts: AccountFacts,
  state: LoginState,
  now: number,
): Refusal | undefined {
  if (facts.isDisabled) return { reason: 'disabled' };
  if (facts.expiresAt !== undefined && now >= facts.expiresAt) return { reason: 'expired' };
  if (facts.hasAbsentPolicy === true) return { reason: 'policy absent' };
  if (rules === undefined) return undefined;
  const lock = lockOf(rules, state, now);
  if (lock !== undefined) return { reason: 'locked', until: lock.until };
  return isIdle(rules, facts, state, now) ? { reason: 'idle' } : undefined;
}

/** Returns true if a password that somebody else has set was not changed in time. */
export function isResetTooOld(
  { maxPasswordResetAge }: LoginRules,
  { isReset, passwordSetAt }: AccountFacts,
  now: number,
): boolean {
  if (!isReset || maxPasswordResetAge === 0) return false;
  const setAt = passwordSetAt();
  return setAt !== undefined && now - setAt >= maxPasswordResetAge;
}

function isIdle(
  { idleLockoutInterval }: LoginRules,
  { passwordSetAt }: AccountFacts,
  { lastLoginAt }: LoginState,
  now: number,
): boolean {
  if (idleLockoutInterval === 0) return false;
  const seenAt = Math.max(lastLoginAt ?? 0, passwordSetAt() ?? 0);
  return seenAt !== 0 && now - seenAt >= idleLockoutInterval;
}

/** Returns what becomes of a login with the right password. */
export function admissionOf(
  rules: LoginRules | undefined,
  facts: AccountFacts,
  state: LoginState,
  now: number,
): Admission {
  const refusal = refusalOf(rules, facts, state, now);
  if (refusal !== undefined) return { refusal, state };
  if (rules === undefined) return { state };
  if (isResetTooOld(rules, facts, now)) return { refusal: { reason: 'reset too long ago' }, state };
  const isLoginKept = rules.lastLoginTimeAttribute !== undefined || rules.idleLockoutInterval > 0;
  const succeeded: LoginState = {
    ...state,
    failedAt: [],
    lockedAt: undefined,
    ...(isLoginKept && { lastLoginAt: now }),
  };
  if (facts.isReset) return { mustChange: 'reset', state: succeeded };
  const expiry = passwordExpiryOf(rules, facts);
  if (expiry === undefined) return { state: succeeded };
  if (now >= expiry) {
    const left = rules.graceLoginCount - state.graceUsedAt.length;
    if (left <= 0) return { refusal: { reason: 'password expired' }, state };
    const graceUsedAt = [...state.graceUsedAt, now];
    return { mustChange: 'expired', graceLeft: left - 1, state: { ...succeeded, graceUsedAt } };
  }
  const warning = rules.passwordExpirationWarningInterval;
  if (warning === 0 || expiry - now > warning) return { state: succeeded };
  return { expiresInMs: expiry - now, state: { ...succeeded, warnedAt: state.warnedAt ?? now } };
}
