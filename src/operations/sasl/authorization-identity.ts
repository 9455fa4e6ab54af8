// Whom an authorization identity names (RFC 4513 §5.2.1.8), and whether somebody may act as that.

import { ANONYMOUS, type Requester } from '../../backend/backend.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import type { Account, Accounts } from '../../runtime/accounts.ts';
import { AccountRequester, PROXY_PRIVILEGE } from '../login/account-requester.ts';
import type { Authentication } from '../login/authentication.ts';

const DN_FORM = 'dn:';
const NAME_FORM = 'u:';

/** `dn:` and a DN, or `u:` and a name such as `admin`; `dn:` alone is nobody. Undefined when it names no account. */
export function findAuthorized(identity: string, accounts: Accounts): Account | 'anonymous' | undefined {
  if (identity.toLowerCase() === DN_FORM) return 'anonymous';
  const key = keyOfIdentity(identity, accounts);
  return key === undefined ? undefined : accounts.find(key);
}

/**
 * Returns the account that logged in, or the one it asked to act as. Throws invalidCredentials (49), as RFC 4422 §3.6
 * requires.
 */
export function authorize(
  requester: AccountRequester,
  identity: string | undefined,
  { accounts, lockout }: Pick<Authentication, 'accounts' | 'lockout'>,
): Requester {
  if (identity === undefined || identity === '') return requester;
  const wanted = findAuthorized(identity, accounts);
  if (wanted === requester.account) return requester;
  if (!requester.privileges.has(PROXY_PRIVILEGE)) {
    throw new LdapError(
      'invalidCredentials',
      `${requester.dn} may not act as ${JSON.stringify(identity)}: that needs the privilege ${PROXY_PRIVILEGE}.`,
    );
  }
  if (wanted === 'anonymous') return ANONYMOUS;
  if (wanted !== undefined) {
    if (!lockout.isUsable(wanted)) throw new LdapError('invalidCredentials', unusableText(identity));
    return new AccountRequester(wanted, accounts, requester);
  }
  throw new LdapError(
    'invalidCredentials',
    `${JSON.stringify(identity)} names no account. Write dn: and a DN, or u: and a name.`,
  );
}

/** Says no more: the reason is for those who know the password. */
export function unusableText(identity: string): string {
  return `${JSON.stringify(identity)} names an account that nobody may log in to now.`;
}

function keyOfIdentity(identity: string, accounts: Accounts): string | undefined {
  const form = identity.toLowerCase();
  if (form.startsWith(DN_FORM)) {
    const dn = identity.slice(DN_FORM.length);
    return dn.includes('=') ? accounts.keyOfLoginName(dn) : undefined;
  }
  return form.startsWith(NAME_FORM) ? accounts.keyOfLoginName(identity.slice(NAME_FORM.length)) : undefined;
}

/** The name somebody logs in with by a mechanism: `admin`, a DN, or either of the forms above. */
export function keyOfAuthentication(name: string, accounts: Accounts): string | undefined {
  const form = name.toLowerCase();
  const isIdentity = form.startsWith(DN_FORM) || form.startsWith(NAME_FORM);
  return isIdentity ? keyOfIdentity(name, accounts) : accounts.keyOfLoginName(name);
}
