// Proxied authorization (RFC 4370): one request on behalf of somebody else.

import { ANONYMOUS, type Requester } from '../backend/backend.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { Accounts } from '../runtime/accounts.ts';
import { AccountRequester, PROXY_PRIVILEGE } from './login/account-requester.ts';
import type { Operation } from './operation.ts';
import { findAuthorized } from './sasl/authorization-identity.ts';

/** Takes `dn:` and a DN, `u:` and a name, or nothing for the anonymous. Throws authorizationDenied (123). */
export function proxied({ session }: Operation, identity: string, accounts: Accounts): Requester {
  const { requester } = session;
  if (!(requester instanceof AccountRequester) || !requester.privileges.has(PROXY_PRIVILEGE)) {
    throw denied(`${requester.name} may not act for others: that needs the privilege ${PROXY_PRIVILEGE}.`);
  }
  const wanted = identity === '' ? 'anonymous' : findAuthorized(identity, accounts);
  if (wanted === 'anonymous') return ANONYMOUS;
  if (wanted !== undefined) return new AccountRequester(wanted, accounts, requester);
  throw denied(`${JSON.stringify(identity)} names no account. Write dn: and a DN, or u: and a name.`);
}

function denied(message: string): LdapError {
  return new LdapError('authorizationDenied', message);
}
