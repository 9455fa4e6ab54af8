// Whether an account may log in, once it is proved who wants to, by what its password policy and its entry say. The reason is
// given only to those who know the password. The throttle is apart from this: it slows down and refuses by address, whatever
// the policy.

import { parseTime } from '../../config/types/generalized-time.ts';
import type { NotificationType } from '../../config/types/notification-text.ts';
import type { Entry } from '../../ldap/entry.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import {
  type AccountFacts,
  type Admission,
  admissionOf,
  isResetTooOld,
  passwordExpiryOf,
  type Refusal,
  refusalOf,
} from '../../policy/account-rules.ts';
import { currentState, fingerprintOf, type LoginState, stateAfterFailure } from '../../policy/login-rules.ts';
import type { PasswordPolicy } from '../../policy/password-policy.ts';
import { type Account, policyOf } from '../../runtime/accounts.ts';
import type { LoginStates } from '../../runtime/login-states.ts';
import type { FindPolicy } from '../../runtime/password-policies.ts';
import { confidentialityRequired } from '../confidentiality.ts';

export interface AccountLockoutOptions {
  readonly states: Pick<LoginStates, 'size' | 'find' | 'set'>;
  readonly findPolicy: FindPolicy;
  readonly now: () => Date;
  /** Finds the entry of an account by the key of its name. */
  readonly entryOf: (key: string) => Entry | undefined;
  /** Called when something has become of an account that its owner, or an administrator, should know. */
  readonly noticed: (notice: AccountEvent) => void;
}

/** Something that a login has made of an account, or an administrator. */
export interface AccountEvent {
  readonly type: NotificationType;
  readonly account: Account;
  readonly entry: Entry | undefined;
  /** Failed logins that have locked it. */
  readonly failures?: number;
  /** When the lock ends, or the password expires; milliseconds since 1970. */
  readonly until?: number | undefined;
}

/** An account that is proved and may not log in. */
export class AccountRefused extends LdapError {
  readonly reason: Refusal['reason'];

  constructor(refusal: Refusal, now: number) {
    super('invalidCredentials', textOf(refusal, now));
    this.reason = refusal.reason;
  }
}

/** Notice that a login with a password is answered besides its success. */
export type LoginNotice = Pick<Admission, 'mustChange' | 'expiresInMs' | 'graceLeft'>;

/** Refusals of the right password that are notifications too. */
const REFUSED_AS: Readonly<Partial<Record<Refusal['reason'], NotificationType>>> = {
  expired: 'account-expired',
  idle: 'account-idle-locked',
  'reset too long ago': 'account-reset-locked',
  'password expired': 'password-expired',
};

export class AccountLockout {
  readonly #options: AccountLockoutOptions;

  constructor(options: AccountLockoutOptions) {
    this.#options = options;
  }

  /** Counts a login with a wrong password. */
  failed(account: Account): void {
    const policy = this.#policyOf(account);
    if (policy === undefined || policy.settings.lockoutFailureCount === 0) return;
    const before = this.stateOf(account);
    const after = stateAfterFailure(policy.settings, before, this.#now());
    if (after === before) return;
    this.#set(account, after);
    if (after.lockedAt === undefined) return;
    const { lockoutDuration } = policy.settings;
    const type = lockoutDuration === 0 ? 'account-permanently-locked' : 'account-temporarily-locked';
    const until = lockoutDuration === 0 ? undefined : after.lockedAt + lockoutDuration;
    this.#tell(type, account, { failures: after.failedAt.length, until });
  }

  /**
   * Admits a login with the right password. Throws AccountRefused (49) if the account may not log in with it, and
   * confidentialityRequired (13) if its policy wants TLS.
   *
   * @param canChange False for a login that cannot change its password. If it must, it is no login: no grace login is used up.
   */
  admit(account: Account, isSecure: boolean, canChange = true): LoginNotice {
    const policy = this.#policyOf(account);
    if (policy?.settings.requireSecureAuthentication === true && !isSecure) throw confidentialityRequired();
    const before = this.stateOf(account);
    const now = this.#now();
    const { refusal, state, ...notice } = admissionOf(policy?.settings, this.#factsOf(account), before, now);
    if (refusal !== undefined) {
      const type = REFUSED_AS[refusal.reason];
      if (type !== undefined) this.#tell(type, account);
      throw new AccountRefused(refusal, now);
    }
    if (notice.mustChange !== undefined && !canChange) return notice;
    this.#keep(account, before, state);
    if (state.warnedAt !== undefined && before.warnedAt === undefined)
      this.#tell('password-expiring', account, { until: now + (notice.expiresInMs ?? 0) });
    return notice;
  }

  /** Throws AccountRefused (49) if nobody may log in to the account, by whatever proof. */
  requireUsable(account: Account): void {
    const now = this.#now();
    const refusal = this.#refusalOf(account, now);
    if (refusal !== undefined) throw new AccountRefused(refusal, now);
  }

  /** Returns true if somebody could log in to the account now. */
  isUsable(account: Account): boolean {
    return this.#refusalOf(account, this.#now()) === undefined;
  }

  /** Returns true while the account has to change its password before anything else. */
  mustChange(account: Account): boolean {
    const policy = this.#policyOf(account);
    if (policy === undefined) return false;
    const facts = this.#factsOf(account);
    const expiry = passwordExpiryOf(policy.settings, facts);
    return facts.isReset || (expiry !== undefined && this.#now() >= expiry);
  }

  /** Returns true if the account has not changed in time a password that somebody else had set. */
  isTooLateToChange(account: Account): boolean {
    const rules = this.#policyOf(account)?.settings;
    return rules !== undefined && isResetTooOld(rules, this.#factsOf(account), this.#now());
  }

  /** Returns true if the password of the account may be set over this connection. */
  takesPasswordsBy(account: Account, isSecure: boolean): boolean {
    return isSecure || this.#policyOf(account)?.settings.requireSecurePasswordChanges !== true;
  }

  /** Returns true if the owner of the account changes its password only with the current one. */
  asksForCurrentPassword(account: Account): boolean {
    return this.#policyOf(account)?.settings.passwordChangeRequiresCurrentPassword === true;
  }

  /** Forgets the failed logins of an account, and so its lock. */
  unlock(account: Account): void {
    const state = this.stateOf(account);
    this.#set(account, { ...state, failedAt: [], lockedAt: undefined });
    if (state.lockedAt !== undefined) this.#tell('account-unlocked', account);
  }

  /** Returns the logins of an account. Those with passwords that it had before do not count. */
  stateOf(account: Account): LoginState {
    const { states } = this.#options;
    const known = states.size === 0 ? undefined : states.find(this.#idOf(account));
    return currentState(known, account.credentials.passwords);
  }

  /** Forgets what is not different from an account that nobody has logged in to. */
  #keep(account: Account, before: LoginState, after: LoginState): void {
    const isNew =
      after.graceUsedAt.length === 0 && after.warnedAt === undefined && after.lastLoginAt === undefined;
    if (!isNew) this.#set(account, after);
    else if (before.failedAt.length > 0) this.#options.states.set(this.#idOf(account), undefined);
  }

  #tell(type: NotificationType, account: Account, more: Pick<AccountEvent, 'failures' | 'until'> = {}): void {
    const { noticed, entryOf } = this.#options;
    noticed({ type, account, entry: entryOf(account.key), ...more });
  }

  #set(account: Account, state: LoginState): void {
    const passwords = fingerprintOf(account.credentials.passwords);
    this.#options.states.set(this.#idOf(account), { ...state, passwords });
  }

  #refusalOf(account: Account, now: number): Refusal | undefined {
    return refusalOf(this.#policyOf(account)?.settings, this.#factsOf(account), this.stateOf(account), now);
  }

  #policyOf(account: Account): PasswordPolicy | undefined {
    return policyOf(account, this.#options.findPolicy);
  }

  #factsOf(account: Account): AccountFacts {
    const policy = this.#policyOf(account);
    const known = passwordFactsOf(this.#options.entryOf(account.key), account);
    const facts = policy?.isAbsent === true ? { ...known, hasAbsentPolicy: true } : known;
    // An owner that must change its password, and may not, could do nothing at all.
    const canChange = policy?.settings.allowUserPasswordChanges !== false;
    return facts.isReset && !canChange ? { ...facts, isReset: false } : facts;
  }

  /** Returns what identifies the account for as long as its entry exists, whatever its name. */
  #idOf({ key }: Account): string {
    return this.#options.entryOf(key)?.first('entryuuid') ?? key;
  }

  #now(): number {
    return this.#options.now().getTime();
  }
}

/** Adds what the entry of an account says of its password. */
function passwordFactsOf(
  entry: Entry | undefined,
  { isDisabled, expiresAt }: Pick<Account, 'isDisabled' | 'expiresAt'>,
): AccountFacts {
  return {
    isDisabled,
    expiresAt,
    isReset: entry?.first('pwdreset')?.toLowerCase() === 'true',
    passwordSetAt: () => {
      const setAt = entry?.first('pwdchangedtime') ?? entry?.first('createtimestamp');
      return setAt === undefined ? undefined : parseTime(setAt);
    },
  };
}

function textOf(refusal: Refusal, now: number): string {
  switch (refusal.reason) {
    case 'disabled':
      return 'The account is disabled. An administrator can enable it again (ds-pwp-account-disabled).';
    case 'expired':
      return 'The account has expired. An administrator can prolong it (ds-pwp-account-expiration-time).';
    case 'policy absent':
      return 'The password policy of the account is not in force on this server. Log in at another server, or give this one what its log names and reload it.';
    case 'idle':
      return 'The account is locked, because nobody has logged in to it for too long. An administrator can unlock it by setting its password.';
    case 'reset too long ago':
      return 'The account is locked, because its password was not changed in time after somebody else had set it. An administrator can set another one.';
    case 'password expired':
      return 'The password has expired. An administrator can set another one.';
    case 'locked':
      return lockedText(refusal.until, now);
  }
}

function lockedText(until: number | undefined, now: number): string {
  const what = 'The account is locked, because too many logins with wrong passwords have failed.';
  return until === undefined
    ? `${what} An administrator can unlock it (confdit unlock-account), or set its password.`
    : `${what} Try again in ${Math.ceil((until - now) / 1000)} seconds.`;
}
