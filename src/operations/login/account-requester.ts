// Who has logged in to an account. What it may do is looked up each time: a change of privileges acts at once, and when
// a password or certificate is taken away or the account is deleted, whoever logged in before is nobody from then on.

import type { ConnectionFacts } from '../../access/policy.ts';
import { ANONYMOUS, type Requester } from '../../backend/backend.ts';
import type { Privilege } from '../../config/objects/root-dn-user.ts';
import type { Account, Accounts } from '../../runtime/accounts.ts';
import type { LoginNotice } from './account-lockout.ts';

/** Acting for another account needs it. */
export const PROXY_PRIVILEGE: Privilege = 'proxied-auth';

export class AccountRequester implements Requester {
  readonly #accounts: Accounts;
  /** Who acts for the account, when that is somebody else. */
  readonly #proxy: AccountRequester | undefined;
  #account: Account;
  #era: number;
  #connection: ConnectionFacts | undefined;
  #notice: LoginNotice | undefined;
  #isAdministratorOfItself = false;

  constructor(account: Account, accounts: Accounts, proxy?: AccountRequester) {
    this.#accounts = accounts;
    this.#proxy = proxy;
    this.#account = account;
    this.#era = account.era;
  }

  get account(): Account {
    return this.#account;
  }

  /** True if the login is still good. */
  get isCurrent(): boolean {
    const account = this.#account;
    if (account.era !== this.#era || this.#accounts.find(account.key) !== account) return false;
    return this.#proxy === undefined || this.#proxy.privileges.has(PROXY_PRIVILEGE);
  }

  get connection(): ConnectionFacts | undefined {
    return this.#proxy?.connection ?? this.#connection;
  }

  /** Notice that the login was answered, or that of whoever acts for the account. */
  get notice(): LoginNotice | undefined {
    return this.#proxy?.notice ?? this.#notice;
  }

  get isAdministratorOfItself(): boolean {
    return this.#isAdministratorOfItself;
  }

  /** The account that was logged in to. */
  get loggedInAccount(): Account {
    return this.#proxy?.loggedInAccount ?? this.#account;
  }

  /** Notes what the login is answered. */
  noticed(notice: LoginNotice): void {
    this.#notice = notice;
  }

  /** Notes that whoever may open the local socket has logged in, who sets the password of the account like that of others. */
  cameByLocalSocket(): void {
    this.#isAdministratorOfItself = true;
  }

  /** Sets how it is connected. */
  connectedBy(connection: ConnectionFacts): void {
    this.#connection = connection;
  }

  get dn(): string {
    return this.isCurrent ? this.#account.dn : ANONYMOUS.dn;
  }

  get name(): string {
    return this.isCurrent ? this.#account.dn : ANONYMOUS.name;
  }

  get privileges(): ReadonlySet<string> {
    return this.isCurrent ? this.#account.privileges : ANONYMOUS.privileges;
  }

  /**
   * After a change of one's own password: whoever makes it knows it, so this login stays good, and others of the account
   * must be repeated. Not when somebody else took the password away meanwhile.
   */
  renew(): void {
    const now = this.#accounts.find(this.#account.key);
    if (now === undefined || (now === this.#account && now.era > this.#era + 1)) return;
    this.#account = now;
    this.#era = now.era;
  }
}
