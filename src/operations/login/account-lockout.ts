// Whether an account may log in, once it is proved who wants to: a disabled account may not, nor one that its password policy
// has locked after too many failures. The reason is given only to those who know the password. The throttle is apart from
// this: it slows down and refuses by address, whatever the policy.

import { hash } from 'node:crypto';
import { LdapError } from '../../ldap/ldap-error.ts';
import { type Lock, type LoginState, lockOf, stateAfterFailure } from '../../policy/login-rules.ts';
import { type Account, policyOf } from '../../runtime/accounts.ts';
import type { LoginStates } from '../../runtime/login-states.ts';
import type { FindPolicy } from '../../runtime/password-policies.ts';

export interface AccountLockoutOptions {
  readonly states: Pick<LoginStates, 'size' | 'find' | 'set'>;
  readonly findPolicy: FindPolicy;
  readonly now: () => Date;
  /** Returns what identifies the account for as long as its entry exists, whatever its name. */
  readonly idOf: (account: Account) => string;
  /** Called when failures lock an account. */
  readonly locked: (account: Account, failures: number) => void;
}

/** An account that is proved and may not log in. */
export class AccountRefused extends LdapError {}

const FINGERPRINT_DIGITS = 16;

export class AccountLockout {
  readonly #options: AccountLockoutOptions;

  constructor(options: AccountLockoutOptions) {
    this.#options = options;
  }

  /** Counts a login with a wrong password. */
  failed(account: Account): void {
    const { states, findPolicy, now, locked } = this.#options;
    const policy = policyOf(account, findPolicy);
    if (policy === undefined || policy.settings.lockoutFailureCount === 0) return;
    const before = this.#stateOf(account);
    const at = now().getTime();
    const after = stateAfterFailure(policy.settings, before, at);
    if (after === before) return;
    states.set(this.#options.idOf(account), after);
    if (after.lockedAt !== undefined) locked(account, after.failedAt.length);
  }

  /** Throws AccountRefused (49) if the account may not log in with its password. Forgets its failures otherwise. */
  admit(account: Account): void {
    this.requireUsable(account);
    const { states, idOf } = this.#options;
    if (states.size > 0) states.set(idOf(account), undefined);
  }

  /** Throws AccountRefused (49) if nobody may log in to the account, by whatever proof: it is disabled or locked. */
  requireUsable(account: Account): void {
    if (account.isDisabled)
      throw new AccountRefused(
        'invalidCredentials',
        'The account is disabled. An administrator can enable it again (ds-pwp-account-disabled).',
      );
    const { states, findPolicy, now, idOf } = this.#options;
    if (states.size === 0 || states.find(idOf(account)) === undefined) return;
    const policy = policyOf(account, findPolicy);
    const at = now().getTime();
    const lock = policy && lockOf(policy.settings, this.#stateOf(account), at);
    if (lock !== undefined) throw new AccountRefused('invalidCredentials', lockedText(lock, at));
  }

  /** Returns true if somebody could log in to the account now. */
  isUsable(account: Account): boolean {
    try {
      this.requireUsable(account);
      return true;
    } catch (error) {
      if (error instanceof AccountRefused) return false;
      throw error;
    }
  }

  /** Failures with passwords that the account had before do not count. */
  #stateOf(account: Account): LoginState {
    const passwords = hash('sha256', account.credentials.passwords.toSorted().join(' ')).slice(
      0,
      FINGERPRINT_DIGITS,
    );
    const known = this.#options.states.find(this.#options.idOf(account));
    return known?.passwords === passwords ? known : { passwords, failedAt: [], lockedAt: undefined };
  }
}

function lockedText({ until }: Lock, now: number): string {
  const what = 'The account is locked, because too many logins with wrong passwords have failed.';
  return until === undefined
    ? `${what} An administrator can unlock it by setting its password.`
    : `${what} Try again in ${Math.ceil((until - now) / 1000)} seconds.`;
}
