// Compare (RFC 4511 §4.10): an answer of its own for true and for false.

import { LdapError } from '../../ldap/ldap-error.ts';
import type { CompareRequest } from '../../ldap/message.ts';
import { ResultCode } from '../../ldap/result-code.ts';
import { readsAll, requireRead } from '../access.ts';
import { type Answer, SUCCESS } from '../answer.ts';
import type { RequestControls } from '../controls/request-controls.ts';
import type { Operation, Services } from '../operation.ts';
import { permittedControls } from '../policy-controls.ts';

/** Answers a compare (RFC 4511 §4.10): compareTrue (6) or compareFalse (5). Throws LdapError. */
export function compare(
  request: CompareRequest,
  { requester }: Operation,
  { contexts, keyOf }: Services,
  asked: RequestControls,
): Answer {
  const { dn, attribute, value } = request;
  const dnKey = keyOf(dn);
  const backend = contexts.find(dnKey);
  if (backend === undefined)
    throw new LdapError('noSuchObject', `${dn}: there is no such entry, and no suffix above it.`);
  requireRead(backend, requester);
  const controls = readsAll(backend, requester) ? asked : permittedControls(asked, backend, requester);
  const isTrue = backend.compare({
    dn,
    dnKey,
    attribute,
    value,
    requester,
    assertion: controls.assertion?.value,
    manageDsaIt: controls.manageDsaIt?.value,
  });
  return { ...SUCCESS, code: isTrue ? ResultCode.compareTrue : ResultCode.compareFalse };
}
