// Is it who it says it is? Passwords are stored as slow hashes, so one that was verified is remembered as a keyed
// MAC (the key lives in this process only): binding again is then as fast as reading. A changed hash forgets it.

import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Requester } from '../backend/backend.ts';
import { verifyPassword } from '../config/password-hash.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { Account, Accounts } from '../runtime/accounts.ts';

interface Verified {
  readonly storedPasswords: readonly string[];
  readonly mac: Buffer;
}

/** A hash of nothing anybody knows: unknown names cost as much as wrong passwords, so they cannot be told apart. */
const NOBODYS_PASSWORD =
  '{SCRYPT}N=16384,r=8,p=5$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=';

/** In hexadecimal digits it fills one block of BLAKE2b, as a key does. */
const MAC_KEY_OCTETS = 64;

/** Verifications of hashes under way at a time; each takes 16 MiB and a thread for a while. */
const VERIFICATIONS_MAX = 2;

export class Authentication {
  readonly #accounts: Accounts;
  readonly #keyOf: (dn: string) => string;
  readonly #macKey = randomBytes(MAC_KEY_OCTETS).toString('hex');
  readonly #verified = new Map<string, Verified>();
  readonly #waiting: (() => void)[] = [];
  #verifications = 0;

  constructor(accounts: Accounts, keyOf: (dn: string) => string) {
    this.#accounts = accounts;
    this.#keyOf = keyOf;
  }

  /** Who binds with this name and password. Throws invalidCredentials (49), whatever it is that is wrong. */
  async verify(name: string, password: string): Promise<Requester> {
    const account = this.#accounts.find(this.#keyOf(name));
    if (account !== undefined && this.#isRemembered(account, password)) return requesterOf(account);
    const isRight = await this.#inTurn(() => verifyAny(account?.passwords ?? [], password));
    if (account === undefined || !isRight) {
      throw new LdapError('invalidCredentials', 'The name or the password is wrong.');
    }
    this.#verified.set(account.key, { storedPasswords: account.passwords, mac: this.#mac(password) });
    return requesterOf(account);
  }

  #isRemembered(account: Account, password: string): boolean {
    const verified = this.#verified.get(account.key);
    if (verified === undefined || verified.storedPasswords !== account.passwords) return false;
    return timingSafeEqual(verified.mac, this.#mac(password));
  }

  #mac(password: string): Buffer {
    // BLAKE2 with the key in front is a MAC (RFC 7693 §2.9 keys it so), at a fifth of the cost of HMAC's two rounds.
    return hash('blake2b512', this.#macKey + password, 'buffer');
  }

  async #inTurn<T>(verify: () => Promise<T>): Promise<T> {
    if (this.#verifications >= VERIFICATIONS_MAX)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#verifications += 1;
    try {
      return await verify();
    } finally {
      this.#verifications -= 1;
      this.#waiting.shift()?.();
    }
  }
}

async function verifyAny(storedPasswords: readonly string[], password: string): Promise<boolean> {
  if (storedPasswords.length === 0) return verifyPassword(NOBODYS_PASSWORD, password);
  for (const stored of storedPasswords) if (await verifyPassword(stored, password)) return true;
  return false;
}

function requesterOf({ dn, privileges }: Account): Requester {
  return { dn, name: dn, privileges };
}
