// Entries with a password as accounts. An account is the same object as long as its password and its name are, which
// is what remembered logins go by.

import type { Attribute, Entry } from '../ldap/entry.ts';
import type { Account } from '../runtime/accounts.ts';

const NO_PRIVILEGES: ReadonlySet<string> = new Set();

export class MemoryAccounts {
  /** By what an entry shares with the one before it when something else is changed. */
  readonly #known = new WeakMap<Attribute, Account>();

  /** Undefined for an entry without a password. */
  accountOf(key: string, entry: Entry): Account | undefined {
    const password = entry.find('userpassword');
    if (password === undefined) return undefined;
    const known = this.#known.get(password);
    if (known?.key === key) return known;
    const account: Account = {
      key,
      dn: entry.dn.toString(),
      credentials: { passwords: password.values, subjects: [], fingerprints: [] },
      era: 0,
      privileges: NO_PRIVILEGES,
    };
    this.#known.set(password, account);
    return account;
  }
}
