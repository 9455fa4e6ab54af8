// When failed logins lock an account, and for how long: pure functions of a policy, the state of an account, and the time.

import { hash } from 'node:crypto';
import type { ObjectOfKind } from '../config/configuration-object.ts';

/** Properties of a password policy about failed logins; durations in milliseconds. */
export type LockoutRules = Pick<
  ObjectOfKind<'password-policy'>,
  'lockoutFailureCount' | 'lockoutDuration' | 'lockoutFailureExpirationInterval'
>;

/** Logins of an account. Times are milliseconds since 1970. All but the last login is about the present passwords. */
export interface LoginState {
  /** Names the passwords that the failures were about; with other passwords they do not count. */
  readonly passwords: string;
  readonly failedAt: readonly number[];
  readonly lockedAt: number | undefined;
  /** Logins with the password after it had expired. */
  readonly graceUsedAt: readonly number[];
  /** When a login was first warned that the password expires. */
  readonly warnedAt?: number;
  /** The last login, whatever the passwords. */
  readonly lastLoginAt?: number;
}

const FINGERPRINT_DIGITS = 16;
const NO_LOGINS: LoginState = { passwords: '', failedAt: [], lockedAt: undefined, graceUsedAt: [] };

/** Returns what a state names passwords by, as they are stored. */
export function fingerprintOf(passwords: readonly string[]): string {
  return hash('sha256', passwords.toSorted().join(' ')).slice(0, FINGERPRINT_DIGITS);
}

/** Returns the part of a known state that is about these passwords, as they are stored. */
export function currentState(known: LoginState | undefined, passwords: readonly string[]): LoginState {
  if (known === undefined) return NO_LOGINS;
  if (known.passwords === fingerprintOf(passwords)) return known;
  return { ...NO_LOGINS, ...(known.lastLoginAt !== undefined && { lastLoginAt: known.lastLoginAt }) };
}

/** How long an account is locked; undefined until its password is set again. */
export interface Lock {
  readonly until: number | undefined;
}

/**
 * Returns true for a time that is less than this many milliseconds away. A clock that was ahead leaves times that are still to
 * come: they count for no longer than others, and not until the clock is there again.
 */
export function isNear(at: number, now: number, ms: number): boolean {
  return Math.abs(now - at) < ms;
}

/** Returns the lock of an account; undefined if it is not locked. */
export function lockOf(rules: LockoutRules, state: LoginState, now: number): Lock | undefined {
  if (rules.lockoutFailureCount === 0 || state.lockedAt === undefined) return undefined;
  if (rules.lockoutDuration === 0) return { until: undefined };
  if (!isNear(state.lockedAt, now, rules.lockoutDuration)) return undefined;
  return { until: state.lockedAt + rules.lockoutDuration };
}

/** Returns the state after a failed login. A locked account stays as it is: nobody prolongs a lock. */
export function stateAfterFailure(rules: LockoutRules, state: LoginState, now: number): LoginState {
  if (rules.lockoutFailureCount === 0 || lockOf(rules, state, now) !== undefined) return state;
  const interval = rules.lockoutFailureExpirationInterval;
  const counts = (at: number) =>
    state.lockedAt === undefined && (interval === 0 || isNear(at, now, interval));
  const failedAt = [...state.failedAt.filter(counts), now];
  const lockedAt = failedAt.length >= rules.lockoutFailureCount ? now : undefined;
  return { ...state, failedAt, lockedAt };
}
