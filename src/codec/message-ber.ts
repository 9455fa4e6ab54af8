// The LDAPMessage envelope (RFC 4511 §4.1.1): message ID, operation, controls. Chooses the reader or writer of the
// operation, which is in its own file.

import { LdapError } from '../ldap/ldap-error.ts';
import type { Message, Request, RequestMessage, Response, ResponseMessage } from '../ldap/message.ts';
import { BerError, BerReader, BerTag } from './ber-reader.ts';
import type { BerWriter } from './ber-writer.ts';
import { readBindRequest, writeBindRequest } from './bind-ber.ts';
import { readCompareRequest, writeCompareRequest } from './compare-ber.ts';
import {
  readExtendedRequest,
  readIntermediateResponse,
  writeExtendedRequest,
  writeIntermediateResponse,
} from './extended-ber.ts';
import { DEFAULT_FILTER_LIMITS, type FilterLimits } from './filter-ber.ts';
import { MESSAGE_ID_MAX, OperationTag } from './ldap-tag.ts';
import { readControls, writeControls } from './message-controls.ts';
import { readResult, writeResult } from './result-ber.ts';
import {
  encodedEntry,
  readSearchRequest,
  readSearchResultEntry,
  readSearchResultReference,
  writeSearchRequest,
  writeSearchResultEntry,
  writeSearchResultReference,
} from './search-ber.ts';
import {
  readAddRequest,
  readDeleteRequest,
  readModifyDnRequest,
  readModifyRequest,
  writeAddRequest,
  writeDeleteRequest,
  writeModifyDnRequest,
  writeModifyRequest,
} from './update-ber.ts';

/** A request in well-formed BER with invalid content: it is answered, and the connection continues. */
export interface InvalidRequest {
  readonly type: 'invalidRequest';
  readonly requestType: Exclude<Request['type'], 'unbindRequest' | 'abandonRequest'>;
  readonly error: LdapError;
}

/**
 * Reads the request message between `start` and `end`, as `frameLength` found it.
 * Throws BerError when the session cannot continue (RFC 4511 §4.1.1).
 */
export function readRequestMessage(
  bytes: Buffer,
  start: number,
  end: number,
  limits: FilterLimits = DEFAULT_FILTER_LIMITS,
): RequestMessage | Message<InvalidRequest> {
  const reader = new BerReader(bytes, start, end);
  const outer = reader.enter(BerTag.sequence);
  const id = reader.integer(-MESSAGE_ID_MAX - 1, MESSAGE_ID_MAX);
  // RFC 4511 §4.1.1.1 reserves 0 for notices. Erlang's eldap begins with it, and other servers accept it.
  if (id < 0) throw new BerError(`A request cannot have the message ID ${id}.`);
  const requestType = requestTypeOf(reader.peekTag());
  try {
    const operation = readRequest(reader, requestType, limits);
    const controls = readControls(reader);
    reader.leave(outer);
    return { id, operation, controls };
  } catch (error) {
    const isAnswerable =
      error instanceof LdapError &&
      !(error instanceof BerError) &&
      requestType !== 'unbindRequest' &&
      requestType !== 'abandonRequest';
    if (!isAnswerable) throw error;
    return { id, operation: { type: 'invalidRequest', requestType, error }, controls: [] };
  }
}

function requestTypeOf(tag: number): Request['type'] {
  switch (tag) {
    case OperationTag.searchRequest:
      return 'searchRequest';
    case OperationTag.bindRequest:
      return 'bindRequest';
    case OperationTag.unbindRequest:
      return 'unbindRequest';
    case OperationTag.modifyRequest:
      return 'modifyRequest';
    case OperationTag.addRequest:
      return 'addRequest';
    case OperationTag.deleteRequest:
      return 'deleteRequest';
    case OperationTag.modifyDnRequest:
      return 'modifyDnRequest';
    case OperationTag.compareRequest:
      return 'compareRequest';
    case OperationTag.abandonRequest:
      return 'abandonRequest';
    case OperationTag.extendedRequest:
      return 'extendedRequest';
    default:
      throw new BerError(`No request has the tag ${tag}.`);
  }
}

function readRequest(reader: BerReader, type: Request['type'], limits: FilterLimits): Request {
  switch (type) {
    case 'searchRequest':
      return readSearchRequest(reader, limits);
    case 'bindRequest':
      return readBindRequest(reader);
    case 'unbindRequest':
      reader.skip();
      return { type };
    case 'modifyRequest':
      return readModifyRequest(reader);
    case 'addRequest':
      return readAddRequest(reader);
    case 'deleteRequest':
      return readDeleteRequest(reader);
    case 'modifyDnRequest':
      return readModifyDnRequest(reader);
    case 'compareRequest':
      return readCompareRequest(reader);
    case 'abandonRequest':
      return { type, messageId: reader.integer(0, MESSAGE_ID_MAX, OperationTag.abandonRequest) };
    case 'extendedRequest':
      return readExtendedRequest(reader);
  }
}

/** Writes an LDAPMessage with a request. */
export function writeRequestMessage(writer: BerWriter, message: RequestMessage): void {
  const start = writer.begin(BerTag.sequence);
  writer.integer(message.id);
  writeRequest(writer, message.operation);
  writeControls(writer, message.controls);
  writer.end(start);
}

function writeRequest(writer: BerWriter, request: Request): void {
  switch (request.type) {
    case 'searchRequest':
      return writeSearchRequest(writer, request);
    case 'bindRequest':
      return writeBindRequest(writer, request);
    case 'unbindRequest':
      return writer.header(OperationTag.unbindRequest, 0);
    case 'modifyRequest':
      return writeModifyRequest(writer, request);
    case 'addRequest':
      return writeAddRequest(writer, request);
    case 'deleteRequest':
      return writeDeleteRequest(writer, request);
    case 'modifyDnRequest':
      return writeModifyDnRequest(writer, request);
    case 'compareRequest':
      return writeCompareRequest(writer, request);
    case 'abandonRequest':
      return writer.integer(request.messageId, OperationTag.abandonRequest);
    case 'extendedRequest':
      return writeExtendedRequest(writer, request);
  }
}

/** Reads one response message, for clients and tests. Throws BerError. */
export function readResponseMessage(bytes: Buffer, start: number, end: number): ResponseMessage {
  const reader = new BerReader(bytes, start, end);
  const outer = reader.enter(BerTag.sequence);
  const id = reader.integer(0, MESSAGE_ID_MAX);
  const operation = readResponse(reader);
  const controls = readControls(reader);
  reader.leave(outer);
  return { id, operation, controls };
}

function readResponse(reader: BerReader): Response {
  switch (reader.peekTag()) {
    case OperationTag.searchResultEntry:
      return readSearchResultEntry(reader);
    case OperationTag.searchResultReference:
      return readSearchResultReference(reader);
    case OperationTag.intermediateResponse:
      return readIntermediateResponse(reader);
    case OperationTag.searchResultDone:
      return readResult(reader, 'searchResultDone');
    case OperationTag.bindResponse:
      return readResult(reader, 'bindResponse');
    case OperationTag.modifyResponse:
      return readResult(reader, 'modifyResponse');
    case OperationTag.addResponse:
      return readResult(reader, 'addResponse');
    case OperationTag.deleteResponse:
      return readResult(reader, 'deleteResponse');
    case OperationTag.modifyDnResponse:
      return readResult(reader, 'modifyDnResponse');
    case OperationTag.compareResponse:
      return readResult(reader, 'compareResponse');
    case OperationTag.extendedResponse:
      return readResult(reader, 'extendedResponse');
    default:
      throw new BerError(`No response has the tag ${reader.peekTag()}.`);
  }
}

/** A shorter entry is copied: that is faster than sharing it. */
const SHARED_OCTETS_MIN = 32 * 1024;

/** Writes an LDAPMessage with a response. */
export function writeResponseMessage(writer: BerWriter, message: ResponseMessage): void {
  const { id, operation, controls } = message;
  if (operation.type === 'searchResultEntry' && controls.length === 0) {
    // The common case is a copy.
    writer.numbered(id, encodedEntry(writer, operation.entry));
    return;
  }
  const start = writer.begin(BerTag.sequence);
  writer.integer(id);
  writeResponse(writer, operation);
  writeControls(writer, controls);
  writer.end(start);
}

/**
 * Writes a response message. Of a large entry it writes only what precedes its octets and returns these: all answers share
 * them without a copy.
 */
export function writeResponseHead(writer: BerWriter, message: ResponseMessage): Uint8Array | undefined {
  const { id, operation, controls } = message;
  if (operation.type === 'searchResultEntry' && controls.length === 0) {
    const encoded = encodedEntry(writer, operation.entry);
    if (encoded.length >= SHARED_OCTETS_MIN) {
      writer.numberedHead(id, encoded.length);
      return encoded;
    }
  }
  writeResponseMessage(writer, message);
  return undefined;
}

function writeResponse(writer: BerWriter, response: Response): void {
  switch (response.type) {
    case 'searchResultEntry':
      return writeSearchResultEntry(writer, response.entry);
    case 'searchResultReference':
      return writeSearchResultReference(writer, response.uris);
    case 'intermediateResponse':
      return writeIntermediateResponse(writer, response);
    default:
      return writeResult(writer, response);
  }
}
