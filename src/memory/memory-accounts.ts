// Entries with a password as accounts. An account is the same object while its password and name are the same, so that
// remembered logins stay valid. It also stays the same when a better hash of the password is stored.

import { parseTime } from '../config/types/generalized-time.ts';
import type { Attribute, Entry } from '../ldap/entry.ts';
import type { Account, Credentials } from '../runtime/accounts.ts';

const POLICY_KEY = 'ds-pwp-password-policy-dn';
const EXPIRATION_KEY = 'ds-pwp-account-expiration-time';
const DISABLED_KEY = 'ds-pwp-account-disabled';
const NO_PRIVILEGES: ReadonlySet<string> = new Set();

type MemoryAccount = { -readonly [Field in keyof Account]: Account[Field] };

/** A new hash of the same password. */
interface Renewal {
  readonly account: MemoryAccount;
  readonly values: readonly string[];
}

export class MemoryAccounts {
  /** By an attribute that an entry shares with its predecessor if something else has changed. */
  readonly #known = new WeakMap<Attribute, MemoryAccount>();
  readonly #renewals = new Map<string, Renewal>();

  /** Returns the account of an entry; undefined if it has no password. */
  accountOf(key: string, entry: Entry): Account | undefined {
    const password = entry.find('userpassword');
    if (password === undefined) return undefined;
    const known = this.#known.get(password);
    if (known?.key === key) {
      known.namedPolicy = entry.first(POLICY_KEY);
      const isDisabled = isDisabledBy(entry);
      // Earlier logins end, also if the account is enabled again.
      if (isDisabled && !known.isDisabled) known.era += 1;
      known.isDisabled = isDisabled;
      known.expiresAt = expiryBy(entry);
      return known;
    }
    const account = this.#renewed(key, password.values) ?? {
      key,
      dn: entry.dn.toString(),
      credentials: credentialsOf(password.values),
      era: 0,
      privileges: NO_PRIVILEGES,
      hasDefaultPolicy: false,
      namedPolicy: entry.first(POLICY_KEY),
      isDisabled: isDisabledBy(entry),
      expiresAt: expiryBy(entry),
    };
    this.#known.set(password, account);
    return account;
  }

  /** Keeps the account while `work` replaces its values with these. */
  async renewing(account: Account, values: readonly string[], work: () => Promise<unknown>): Promise<void> {
    this.#renewals.set(account.key, { account, values });
    try {
      await work();
    } finally {
      this.#renewals.delete(account.key);
    }
  }

  #renewed(key: string, values: readonly string[]): MemoryAccount | undefined {
    const renewal = this.#renewals.get(key);
    if (renewal === undefined || !isSame(renewal.values, values)) return undefined;
    renewal.account.credentials = credentialsOf(values);
    return renewal.account;
  }
}

function isDisabledBy(entry: Entry): boolean {
  return entry.first(DISABLED_KEY)?.toLowerCase() === 'true';
}

function expiryBy(entry: Entry): number | undefined {
  return parseTime(entry.first(EXPIRATION_KEY) ?? '');
}

function credentialsOf(passwords: readonly string[]): Credentials {
  return { passwords, subjects: [], fingerprints: [] };
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((value) => other.includes(value));
}
