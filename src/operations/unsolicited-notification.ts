// Unsolicited notifications (RFC 4511 §4.4): responses to no request.

import type { ResponseMessage } from '../ldap/message.ts';
import { Oid } from '../ldap/oids.ts';
import type { ResultCode } from '../ldap/result-code.ts';

/** Returns the notice that the server ends the connection (RFC 4511 §4.4.1). */
export function noticeOfDisconnection(code: ResultCode, diagnosticMessage: string): ResponseMessage {
  return notification(Oid.noticeOfDisconnection, code, diagnosticMessage, undefined);
}

/** Returns the notice that the server has aborted a transaction (RFC 5805 §3.4). @param id of the transaction. */
export function abortedTransactionNotice(
  id: string,
  code: ResultCode,
  diagnosticMessage: string,
): ResponseMessage {
  return notification(Oid.abortedTransactionNotice, code, diagnosticMessage, id);
}

function notification(
  oid: string,
  code: ResultCode,
  diagnosticMessage: string,
  value: string | undefined,
): ResponseMessage {
  const result = { code, matchedDn: '', diagnosticMessage, referrals: undefined };
  return { id: 0, operation: { type: 'extendedResponse', ...result, oid, value }, controls: [] };
}
