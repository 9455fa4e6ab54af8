// Extended operations (RFC 4511 §4.12) by their OID. The root DSE lists the keys of the same table; adding one is
// one line there and a file beside this one.

import { readCancel } from '../../codec/extended-value.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import { Oid } from '../../ldap/oids.ts';
import { ResultCode } from '../../ldap/result-code.ts';
import { type Answer, SUCCESS } from '../answer.ts';
import type { RequestControls } from '../controls/request-controls.ts';
import type { Operation, Services } from '../operation.ts';
import { type ExtendedRequest, requireNoValue } from './extended-request.ts';
import { differences, rollback } from './history.ts';
import { passwordModify } from './password-modify.ts';
import { startTls } from './start-tls.ts';
import { endTransaction, startTransaction } from './transaction.ts';

/** Answers at once where it can, by a promise where it must wait; throws LdapError to refuse. */
type ExtendedOperation = (
  request: ExtendedRequest,
  operation: Operation,
  services: Services,
  controls: RequestControls,
) => Answer | Promise<Answer>;

const EXTENDED_OPERATIONS: Readonly<Record<string, ExtendedOperation>> = {
  [Oid.cancel]: cancel,
  [Oid.endTransaction]: endTransaction,
  [Oid.differences]: differences,
  [Oid.passwordModify]: passwordModify,
  [Oid.rollback]: rollback,
  [Oid.startTransaction]: startTransaction,
  [Oid.startTls]: startTls,
  [Oid.whoAmI]: whoAmI,
};

export const SUPPORTED_EXTENSIONS: readonly string[] = Object.keys(EXTENDED_OPERATIONS);

/**
 * Answers an extended operation (RFC 4511 §4.12). Throws protocolError (2) for an unknown OID, and what the operation throws.
 */
export function extended(
  request: ExtendedRequest,
  operation: Operation,
  services: Services,
  controls: RequestControls,
): Answer | Promise<Answer> {
  const run = Object.hasOwn(EXTENDED_OPERATIONS, request.oid) ? EXTENDED_OPERATIONS[request.oid] : undefined;
  if (run === undefined) {
    throw new LdapError(
      'protocolError',
      `The extended operation ${request.oid} is not supported. The root DSE lists the supportedExtension values.`,
    );
  }
  return run(request, operation, services, controls);
}

/** RFC 4532: the authorization identity, empty for the anonymous. */
function whoAmI(request: ExtendedRequest, { requester }: Operation): Answer {
  requireNoValue(request, 'Who am I');
  const { dn } = requester;
  return { ...SUCCESS, value: dn === '' ? '' : `dn:${dn}` };
}

const REASONS: ReadonlyMap<ResultCode, string> = new Map([
  [ResultCode.noSuchOperation, 'No request with this message ID is under way.'],
  [ResultCode.tooLate, 'The request has gone too far to be canceled.'],
  [ResultCode.cannotCancel, 'A request of this kind cannot be canceled.'],
]);

/** Cancel (RFC 3909): as abandon, with an answer to both requests. */
async function cancel({ value }: ExtendedRequest, { session }: Operation): Promise<Answer> {
  const code = await session.cancel(readCancel(value));
  return { ...SUCCESS, code, diagnosticMessage: REASONS.get(code) ?? '' };
}
