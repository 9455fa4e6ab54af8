// Extended operations (RFC 4511 §4.12) by their OID. The root DSE lists the keys of the same table.

import { LdapError } from '../../ldap/ldap-error.ts';
import type { Request } from '../../ldap/message.ts';
import { Oid } from '../../ldap/oids.ts';
import { type Answer, type Operation, SUCCESS } from '../operation.ts';

type ExtendedRequest = Extract<Request, { type: 'extendedRequest' }>;
type ExtendedOperation = (request: ExtendedRequest, operation: Operation) => Answer;

const EXTENDED_OPERATIONS: Readonly<Record<string, ExtendedOperation>> = {
  [Oid.whoAmI]: whoAmI,
};

export const SUPPORTED_EXTENSIONS: readonly string[] = Object.keys(EXTENDED_OPERATIONS);

export function extended(request: ExtendedRequest, operation: Operation): Answer {
  const run = Object.hasOwn(EXTENDED_OPERATIONS, request.oid) ? EXTENDED_OPERATIONS[request.oid] : undefined;
  if (run === undefined) {
    throw new LdapError(
      'protocolError',
      `The extended operation ${request.oid} is not supported. The root DSE lists the supportedExtension values.`,
    );
  }
  return run(request, operation);
}

/** RFC 4532: the authorization identity, empty for the anonymous. */
function whoAmI(request: ExtendedRequest, { session }: Operation): Answer {
  if (request.value !== undefined) throw new LdapError('protocolError', 'Who am I takes no value.');
  const { dn } = session.requester;
  return { ...SUCCESS, value: dn === '' ? '' : `dn:${dn}` };
}
