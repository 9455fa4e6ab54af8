// Extended requests and intermediate responses (RFC 4511 §4.12, §4.13).

import type { Request, Response } from '../ldap/message.ts';
import type { BerReader } from './ber-reader.ts';
import type { BerWriter } from './ber-writer.ts';
import { ContextTag, OperationTag } from './ldap-tag.ts';

type ExtendedRequest = Extract<Request, { type: 'extendedRequest' }>;
type IntermediateResponse = Extract<Response, { type: 'intermediateResponse' }>;

/** Reads an ExtendedRequest (RFC 4511 §4.12). Throws BerError. */
export function readExtendedRequest(reader: BerReader): ExtendedRequest {
  const outer = reader.enter(OperationTag.extendedRequest);
  const oid = reader.text(ContextTag.extendedRequestName);
  const value = readOptionalText(reader, ContextTag.extendedRequestValue);
  reader.leave(outer);
  return { type: 'extendedRequest', oid, value };
}

/** Writes an ExtendedRequest (RFC 4511 §4.12). */
export function writeExtendedRequest(writer: BerWriter, request: ExtendedRequest): void {
  const start = writer.begin(OperationTag.extendedRequest);
  writer.text(request.oid, ContextTag.extendedRequestName);
  if (request.value !== undefined) writer.text(request.value, ContextTag.extendedRequestValue);
  writer.end(start);
}

/** Reads an IntermediateResponse (RFC 4511 §4.13). Throws BerError. */
export function readIntermediateResponse(reader: BerReader): IntermediateResponse {
  const outer = reader.enter(OperationTag.intermediateResponse);
  const oid = readOptionalText(reader, ContextTag.intermediateName);
  const value = readOptionalText(reader, ContextTag.intermediateValue);
  reader.leave(outer);
  return { type: 'intermediateResponse', oid, value };
}

/** Writes an IntermediateResponse (RFC 4511 §4.13). */
export function writeIntermediateResponse(writer: BerWriter, response: IntermediateResponse): void {
  const start = writer.begin(OperationTag.intermediateResponse);
  if (response.oid !== undefined) writer.text(response.oid, ContextTag.intermediateName);
  if (response.value !== undefined) writer.text(response.value, ContextTag.intermediateValue);
  writer.end(start);
}

/** Reads an OPTIONAL OCTET STRING with this tag. Returns undefined if another tag or the end is next. */
export function readOptionalText(reader: BerReader, tag: number): string | undefined {
  return reader.peekTag() === tag ? reader.text(tag) : undefined;
}
