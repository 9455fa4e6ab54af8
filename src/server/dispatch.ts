// Which operation a request is. Nothing else happens here but the refusal of critical controls nobody knows.

import type { NamingContexts } from '../backend/naming-contexts.ts';
import type { Control } from '../ldap/control.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { Authentication } from './authentication.ts';
import type { ConnectionLimits } from './limits.ts';
import type { Dispatch } from './operation.ts';
import { bind } from './operations/bind.ts';
import { change } from './operations/change.ts';
import { compare } from './operations/compare.ts';
import { extended } from './operations/extended.ts';
import { search } from './operations/search.ts';

export interface DispatchOptions {
  readonly contexts: NamingContexts;
  readonly authentication: Authentication;
  /** The key of a name; throws invalidDnSyntax. */
  readonly keyOf: (dn: string) => string;
  readonly limits: ConnectionLimits;
}

export function dispatcher({ contexts, authentication, keyOf, limits }: DispatchOptions): Dispatch {
  return (request, operation) => {
    refuseUnknownCritical(operation.controls);
    switch (request.type) {
      case 'searchRequest':
        return search(request, operation, contexts, keyOf, limits);
      case 'compareRequest':
        return compare(request, operation, contexts, keyOf);
      case 'bindRequest':
        return bind(request, operation, authentication);
      case 'extendedRequest':
        return extended(request, operation);
      default:
        return change(request, operation, contexts, keyOf);
    }
  };
}

function refuseUnknownCritical(controls: readonly Control[]): void {
  const control = controls.find(({ criticality }) => criticality);
  if (control !== undefined) {
    throw new LdapError(
      'unavailableCriticalExtension',
      `The control ${control.oid} is not supported and the request says it must be. The root DSE lists the supportedControl values.`,
    );
  }
}
