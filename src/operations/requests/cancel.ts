// Cancel (RFC 3909): as abandon, with an answer to both requests.

import { readCancel } from '../../codec/extended-value.ts';
import { ResultCode } from '../../ldap/result-code.ts';
import { type Answer, type Operation, SUCCESS } from '../operation.ts';
import type { ExtendedRequest } from './extended-request.ts';

const REASONS: ReadonlyMap<ResultCode, string> = new Map([
  [ResultCode.noSuchOperation, 'No request with this message ID is under way.'],
  [ResultCode.tooLate, 'The request has gone too far to be canceled.'],
  [ResultCode.cannotCancel, 'A request of this kind cannot be canceled.'],
]);

export async function cancel({ value }: ExtendedRequest, { session }: Operation): Promise<Answer> {
  const code = await session.cancel(readCancel(value));
  return { ...SUCCESS, code, diagnosticMessage: REASONS.get(code) ?? '' };
}
