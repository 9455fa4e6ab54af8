// Is it who it says it is? Passwords are stored as slow hashes, so one that was verified is remembered as a keyed
// MAC (the key lives in this process only): logging in again is then as fast as reading. Changed credentials forget
// it. Hashes are computed on other threads, a few at a time, and failures make further attempts slow (login-throttle.ts).

import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { findStored } from '../config/stored-password.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { Account, Accounts } from '../runtime/accounts.ts';
import { AccountRequester } from './account-requester.ts';
import { FairQueue } from './fair-queue.ts';
import type { LoginSource } from './login-source.ts';
import type { LoginThrottle } from './login-throttle.ts';

interface Verified {
  readonly era: number;
  readonly mac: Buffer;
}

export interface AuthenticationOptions {
  readonly accounts: Accounts;
  /** The key of a name; throws invalidDnSyntax. */
  readonly keyOf: (dn: string) => string;
  readonly throttle: LoginThrottle;
  /** The key of the account that whoever may open the local socket becomes. */
  readonly administratorKey: string;
  /** What the made-up salts of unknown names are derived from: nobody who cannot log in knows it, and restarts keep it. */
  readonly saltSecret: string;
}

/** A hash of nothing anybody knows: unknown names cost as much as wrong passwords, so they cannot be told apart. */
const NOBODYS_PASSWORD =
  '{SCRYPT}N=16384,r=8,p=5$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=';

/** In hexadecimal digits it fills one block of BLAKE2b, as a key does. */
const MAC_KEY_OCTETS = 64;

/** Verifications of hashes under way at a time; each takes 16 MiB and a thread for a while. */
const VERIFICATIONS_MAX = 2;
/** Of one address. */
const VERIFICATIONS_WAITING_MAX = 256;

export class Authentication {
  readonly accounts: Accounts;
  readonly throttle: LoginThrottle;
  readonly saltSecret: string;
  readonly #administratorKey: string;
  readonly #keyOf: (dn: string) => string;
  readonly #macKey = randomBytes(MAC_KEY_OCTETS).toString('hex');
  readonly #verified = new WeakMap<Account, Verified>();
  readonly #queue = new FairQueue(VERIFICATIONS_MAX, VERIFICATIONS_WAITING_MAX);

  constructor({ accounts, keyOf, throttle, administratorKey, saltSecret }: AuthenticationOptions) {
    this.accounts = accounts;
    this.throttle = throttle;
    this.saltSecret = saltSecret;
    this.#keyOf = keyOf;
    this.#administratorKey = administratorKey;
  }

  /** The account of whoever may open the local socket; undefined when it was deleted. */
  get administrator(): Account | undefined {
    return this.accounts.find(this.#administratorKey);
  }

  /**
   * Who logs in with this name, a DN, and password. Throws invalidCredentials (49), whatever it is that is wrong, and
   * invalidDnSyntax (34).
   */
  verify(name: string, password: string, source: LoginSource): AccountRequester | Promise<AccountRequester> {
    return this.verifyAt(this.#keyOf(name), password, source);
  }

  /** The same by the key of a name. */
  verifyAt(
    nameKey: string,
    password: string,
    source: LoginSource,
  ): AccountRequester | Promise<AccountRequester> {
    const account = this.accounts.find(nameKey);
    const isFast =
      account !== undefined &&
      this.throttle.mayTryNow(source, account.key) &&
      this.#isRemembered(account, password);
    if (!isFast) return this.#verifySlowly(account, nameKey, password, source);
    this.throttle.succeeded(source, account.key);
    return new AccountRequester(account, this.accounts);
  }

  async #verifySlowly(
    account: Account | undefined,
    nameKey: string,
    password: string,
    source: LoginSource,
  ): Promise<AccountRequester> {
    const name = account?.key ?? nameKey;
    await this.throttle.admit(source, name);
    const era = account?.era;
    const isRight = await this.#queue.run(source.address, () => {
      this.throttle.refuseIfDue(source, name);
      return this.#isRight(account, password);
    });
    if (account === undefined || !isRight || account.era !== era) {
      this.throttle.failed(source, name);
      throw invalidCredentials();
    }
    this.throttle.succeeded(source, name);
    this.#verified.set(account, { era: account.era, mac: this.#mac(password) });
    return new AccountRequester(account, this.accounts);
  }

  async #isRight(account: Account | undefined, password: string): Promise<boolean> {
    // Others that waited may have been verified meanwhile.
    if (account !== undefined && this.#isRemembered(account, password)) return true;
    const stored = account?.credentials.passwords ?? [];
    const found = await findStored(stored.length === 0 ? [NOBODYS_PASSWORD] : stored, password);
    return found.length > 0;
  }

  #isRemembered(account: Account, password: string): boolean {
    const verified = this.#verified.get(account);
    if (verified === undefined || verified.era !== account.era) return false;
    return timingSafeEqual(verified.mac, this.#mac(password));
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
