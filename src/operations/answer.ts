// How an operation ends.

import type { Control } from '../ldap/control.ts';
import type { LdapError } from '../ldap/ldap-error.ts';
import { RESULT_TYPE, type Response } from '../ldap/message.ts';
import { ResultCode } from '../ldap/result-code.ts';

/** How an operation ends; the session makes the response of the right kind from it. */
export interface Answer {
  readonly code: ResultCode;
  readonly matchedDn: string;
  readonly diagnosticMessage: string;
  /** Where to turn to, of a referral (RFC 4511 §4.1.10). */
  readonly referrals: readonly string[] | undefined;
  /** The name of an extended response (RFC 4511 §4.12); most have none. */
  readonly oid: string | undefined;
  /** The value of an extended response. */
  readonly value: string | undefined;
  /** Credentials of the server, which a SASL mechanism sends with a bind response. */
  readonly serverSaslCredentials: string | undefined;
  /** The controls of the final response. */
  readonly controls: readonly Control[];
  /** Called once the response is handed to the socket, before the next request is looked at. */
  readonly afterwards: (() => void) | undefined;
  /** How many entries were sent, for the access log. */
  readonly entries: number | undefined;
}

export const SUCCESS: Answer = {
  code: ResultCode.success,
  matchedDn: '',
  diagnosticMessage: '',
  referrals: undefined,
  oid: undefined,
  value: undefined,
  serverSaslCredentials: undefined,
  controls: [],
  afterwards: undefined,
  entries: undefined,
};

/** Returns the answer that refuses a request. */
export function answerOf(error: LdapError): Answer {
  return {
    ...SUCCESS,
    code: error.code,
    matchedDn: error.matchedDn ?? '',
    diagnosticMessage: error.message,
    referrals: error.referrals,
  };
}

/** Returns the response. Its kind follows from the kind of the request: no answer can be of another. */
export function responseOf(requestType: keyof typeof RESULT_TYPE, answer: Answer): Response {
  const { code, matchedDn, diagnosticMessage, referrals, oid, value, serverSaslCredentials } = answer;
  const type = RESULT_TYPE[requestType];
  if (type === 'bindResponse')
    return { type, code, matchedDn, diagnosticMessage, referrals, serverSaslCredentials };
  if (type === 'extendedResponse') return { type, code, matchedDn, diagnosticMessage, referrals, oid, value };
  return { type, code, matchedDn, diagnosticMessage, referrals };
}
