// What a client is told when the server ends its connection (RFC 4511 §4.4.1).

import type { ResponseMessage } from '../../ldap/message.ts';
import { Oid } from '../../ldap/oids.ts';
import type { ResultCode } from '../../ldap/result-code.ts';

export function noticeOfDisconnection(code: ResultCode, diagnosticMessage: string): ResponseMessage {
  return {
    id: 0,
    operation: {
      type: 'extendedResponse',
      code,
      matchedDn: '',
      diagnosticMessage,
      referrals: undefined,
      oid: Oid.noticeOfDisconnection,
      value: undefined,
    },
    controls: [],
  };
}
