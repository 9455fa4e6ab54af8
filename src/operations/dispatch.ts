// Which operation a request is, with which controls, and on whose behalf.

import { ANONYMOUS, type Requester } from '../backend/backend.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { Answer } from './answer.ts';
import { decodeControls, type RequestControls } from './controls/request-controls.ts';
import { AccountRequester, PROXY_PRIVILEGE } from './login/account-requester.ts';
import type { Authentication } from './login/authentication.ts';
import type { Dispatch, Operation, Services } from './operation.ts';
import { requireOwnPassword, withPolicyResponse } from './policy-notices.ts';
import { bind } from './requests/bind.ts';
import { change } from './requests/change.ts';
import { compare } from './requests/compare.ts';
import { extended } from './requests/extended.ts';
import { search } from './requests/search.ts';
import { findAuthorized, unusableText } from './sasl/authorization-identity.ts';

/** Returns the function that runs the operation of a request. It throws, or rejects with, LdapError. */
export function dispatcher(services: Services): Dispatch {
  return (request, operation) => {
    const controls = decodeControls(operation.controls, request);
    if (request.type !== 'bindRequest') refuseDuringSasl(operation);
    const work = () => run(request, operation, services, controls);
    // A bind says more.
    if (controls.passwordPolicy === undefined || request.type === 'bindRequest') return work();
    return withPolicyResponse(work, request, operation);
  };
}

function run(
  request: Parameters<Dispatch>[0],
  operation: Operation,
  services: Services,
  controls: RequestControls,
): Answer | Promise<Answer> {
  const { authentication } = services;
  requireOwnPassword(request, operation, services);
  const { proxiedAuthorization } = controls;
  if (proxiedAuthorization !== undefined)
    operation.actAs(proxied(operation, proxiedAuthorization.value, authentication));
  switch (request.type) {
    case 'searchRequest':
      return search(request, operation, services, controls);
    case 'compareRequest':
      return compare(request, operation, services, controls);
    case 'bindRequest':
      return bind(request, operation, authentication, controls);
    case 'extendedRequest':
      return extended(request, operation, services, controls);
    default:
      return change(request, operation, services, controls);
  }
}

/** RFC 4511 §4.2.1 lets nothing come between the bind requests of one exchange. */
function refuseDuringSasl({ session }: Operation): void {
  if (session.saslExchange !== undefined) {
    throw new LdapError(
      'operationsError',
      'A SASL bind is under way. Finish it, or give it up by another bind, before any other request.',
    );
  }
}

/** Takes `dn:` and a DN, `u:` and a name, or nothing for the anonymous. Throws authorizationDenied (123). */
function proxied({ session }: Operation, identity: string, authentication: Authentication): Requester {
  const { accounts, lockout } = authentication;
  const { requester } = session;
  if (!(requester instanceof AccountRequester) || !requester.privileges.has(PROXY_PRIVILEGE)) {
    throw denied(`${requester.name} may not act for others: that needs the privilege ${PROXY_PRIVILEGE}.`);
  }
  const wanted = identity === '' ? 'anonymous' : findAuthorized(identity, accounts);
  if (wanted === 'anonymous') return { ...ANONYMOUS, connection: requester.connection };
  if (wanted !== undefined && !lockout.isUsable(wanted)) throw denied(unusableText(identity));
  if (wanted !== undefined) return new AccountRequester(wanted, accounts, requester);
  throw denied(`${JSON.stringify(identity)} names no account. Write dn: and a DN, or u: and a name.`);
}

function denied(message: string): LdapError {
  return new LdapError('authorizationDenied', message);
}
