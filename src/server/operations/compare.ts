// Compare (RFC 4511 §4.10): an answer of its own for true and for false.

import type { NamingContexts } from '../../backend/naming-contexts.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import type { CompareRequest } from '../../ldap/message.ts';
import { ResultCode } from '../../ldap/result-code.ts';
import { requireRead } from '../access.ts';
import { type Answer, type Operation, SUCCESS } from '../operation.ts';

export function compare(
  request: CompareRequest,
  operation: Operation,
  contexts: NamingContexts,
  keyOf: (dn: string) => string,
): Answer {
  const { dn, attribute, value } = request;
  const { requester } = operation.session;
  const dnKey = keyOf(dn);
  const backend = contexts.find(dnKey);
  if (backend === undefined)
    throw new LdapError('noSuchObject', `${dn}: there is no such entry, and no suffix above it.`);
  requireRead(backend, requester);
  const isTrue = backend.compare({ dn, dnKey, attribute, value, requester });
  return { ...SUCCESS, code: isTrue ? ResultCode.compareTrue : ResultCode.compareFalse };
}
