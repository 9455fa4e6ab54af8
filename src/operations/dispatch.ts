// Which operation a request is, with which controls, and on whose behalf.

import { LdapError } from '../ldap/ldap-error.ts';
import { decodeControls } from './controls/request-controls.ts';
import type { Dispatch, Operation, Services } from './operation.ts';
import { proxied } from './proxied-authorization.ts';
import { bind } from './requests/bind.ts';
import { change } from './requests/change.ts';
import { compare } from './requests/compare.ts';
import { extended } from './requests/extended.ts';
import { search } from './requests/search.ts';

export function dispatcher(services: Services): Dispatch {
  const { authentication } = services;
  return (request, operation) => {
    const controls = decodeControls(operation.controls, request);
    if (request.type !== 'bindRequest') refuseDuringSasl(operation);
    const { proxiedAuthorization } = controls;
    if (proxiedAuthorization !== undefined)
      operation.actAs(proxied(operation, proxiedAuthorization.value, authentication.accounts));
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
  };
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
