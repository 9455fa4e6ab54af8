// Is it who it says it is? Passwords are stored as slow hashes, so one that was verified is remembered as a keyed
// MAC (the key lives in this process only): logging in again is then as fast as reading. Changed credentials forget
// it. Hashes are computed on other threads, a few at a time, and failures make further attempts slow (login-throttle.ts).

import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Derive } from '../../config/passwords/derivation.ts';
import type { PasswordProfiles } from '../../config/passwords/password-profiles.ts';
import { PASSWORD_CHARACTERS_MAX } from '../../config/passwords/scrypt-scheme.ts';
import { siblingsOf } from '../../config/passwords/stored-password.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import type { Account, Accounts } from '../../runtime/accounts.ts';
import { FairQueue } from '../fair-queue.ts';
import type { AccountLockout } from './account-lockout.ts';
import { AccountRequester } from './account-requester.ts';
import { canonicalKey, canonicalName } from './login-name.ts';
import type { LoginSource } from './login-source.ts';
import type { LoginThrottle } from './login-throttle.ts';
import { LOGIN_THREADS_MAX } from './password-hashing.ts';

interface Verified {
  readonly era: number;
  readonly mac: Buffer;
}

/** Replaces stored values of an account by what is stored here of the same password. */
export type RenewPassword = (
  account: Account,
  old: readonly string[],
  password: string,
  derive: Derive,
) => Promise<void>;

export interface AuthenticationOptions {
  readonly accounts: Accounts;
  /** The key of a name; throws invalidDnSyntax. */
  readonly keyOf: (dn: string) => string;
  readonly throttle: LoginThrottle;
  readonly lockout: AccountLockout;
  /** The key of the account that whoever may open the local socket becomes. */
  readonly administratorKey: string;
  /** Computations of a login, the same for every name. */
  readonly profiles: PasswordProfiles;
  /** Where hashes of passwords are computed. */
  readonly derive: Derive;
  /** Called after a login when the stored password is quick to guess. */
  readonly renew?: RenewPassword;
}

/** In hexadecimal digits it fills one block of BLAKE2b, as a key does. */
const MAC_KEY_OCTETS = 64;

/** Verifications of hashes that wait, of one address. */
const VERIFICATIONS_WAITING_MAX = 256;

export class Authentication {
  readonly accounts: Accounts;
  readonly throttle: LoginThrottle;
  readonly lockout: AccountLockout;
  readonly profiles: PasswordProfiles;
  readonly #administratorKey: string;
  readonly #keyOf: (dn: string) => string;
  readonly #derive: Derive;
  readonly #renew: RenewPassword | undefined;
  readonly #macKey = randomBytes(MAC_KEY_OCTETS).toString('hex');
  readonly #verified = new WeakMap<Account, Verified>();
  readonly #queue = new FairQueue(
    LOGIN_THREADS_MAX,
    VERIFICATIONS_WAITING_MAX,
    (source) => `${VERIFICATIONS_WAITING_MAX} logins from ${source} wait already. Try again later.`,
  );

  constructor(options: AuthenticationOptions) {
    const { accounts, keyOf, throttle, administratorKey, profiles, derive, renew, lockout } = options;
    this.accounts = accounts;
    this.throttle = throttle;
    this.lockout = lockout;
    this.profiles = profiles;
    this.#keyOf = keyOf;
    this.#administratorKey = administratorKey;
    this.#derive = derive;
    this.#renew = renew;
  }

  /** The account of whoever may open the local socket; undefined when it was deleted. */
  get administrator(): Account | undefined {
    return this.accounts.find(this.#administratorKey);
  }

  /** The one name that all spellings of a name have; see login-name.ts. */
  canonicalName(name: string): string {
    return canonicalName(name, this.#keyOf);
  }

  /**
   * Returns who logs in with this name, a DN, and password. Throws invalidCredentials (49), whatever it is that is wrong,
   * and invalidDnSyntax (34).
   */
  verify(name: string, password: string, source: LoginSource): AccountRequester | Promise<AccountRequester> {
    return this.verifyAt(this.#keyOf(name), password, source);
  }

  /** Verifies a password for the key of a name. */
  verifyAt(
    nameKey: string,
    password: string,
    source: LoginSource,
  ): AccountRequester | Promise<AccountRequester> {
    const account = this.accounts.find(nameKey);
    const name = canonicalKey(nameKey, this.#keyOf);
    // Computed for every name, so that names that nobody has cost the same.
    const mac = this.#mac(password);
    const isFast =
      account !== undefined && this.throttle.mayTryNow(source, name) && this.#isRemembered(account, mac);
    if (!isFast) return this.#verifySlowly(account, name, password, source, mac);
    this.throttle.succeeded(source, name);
    return new AccountRequester(account, this.accounts);
  }

  async #verifySlowly(
    account: Account | undefined,
    name: string,
    password: string,
    source: LoginSource,
    mac: Buffer,
  ): Promise<AccountRequester> {
    await this.throttle.admit(source, name);
    const era = account?.era;
    const found = await this.#queue.run(source.address, () => {
      this.throttle.refuseIfDue(source, name);
      return this.#compare(account, name, password, mac);
    });
    if (account === undefined || found === undefined || account.era !== era) {
      this.throttle.failed(source, name);
      if (account !== undefined) this.lockout.failed(account);
      throw invalidCredentials();
    }
    this.throttle.succeeded(source, name);
    await this.#renewWeak(account, found, password);
    this.#verified.set(account, { era: account.era, mac });
    return new AccountRequester(account, this.accounts);
  }

  /** Returns the values that the password fits, none of them where it was verified before; undefined when it is wrong. */
  async #compare(
    account: Account | undefined,
    name: string,
    password: string,
    mac: Buffer,
  ): Promise<readonly string[] | undefined> {
    // Others that waited may have been verified meanwhile.
    if (account !== undefined && this.#isRemembered(account, mac)) return [];
    // No such password is stored, by no name.
    if (password.length > PASSWORD_CHARACTERS_MAX) return undefined;
    const values = account?.credentials.passwords ?? [];
    let found: readonly string[] | undefined;
    for (const { stored, value } of this.profiles.comparisonsFor(name, values)) {
      const fits = stored.matches(await this.#derive(stored.derivationOf(password)));
      if (fits && value !== undefined) found ??= stored.isStrong ? [] : siblingsOf(value, values);
    }
    return found;
  }

  /** Replaces weak values by strong ones. A failure is ignored: another login tries it again. */
  async #renewWeak(account: Account, weak: readonly string[], password: string): Promise<void> {
    if (weak.length === 0) return;
    await this.#renew?.(account, weak, password, this.#derive).catch((error: unknown) => {
      if (!(error instanceof LdapError)) throw error;
    });
  }

  #isRemembered(account: Account, mac: Buffer): boolean {
    const verified = this.#verified.get(account);
    if (verified === undefined || verified.era !== account.era) return false;
    return timingSafeEqual(verified.mac, mac);
  }

  #mac(password: string): Buffer {
    // BLAKE2 with the key in front is a MAC (RFC 7693 §2.9 keys it so), at a fifth of the cost of HMAC's two rounds.
    return hash('blake2b512', this.#macKey + password, 'buffer');
  }
}

/** The one answer to everything that is wrong with a login. */
export function invalidCredentials(): LdapError {
  return new LdapError('invalidCredentials', 'The name or the password is wrong.');
}
