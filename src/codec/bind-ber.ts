// Bind and unbind (RFC 4511 §4.2, §4.3). There is nothing inside an unbind request to read.

import { LdapError } from '../ldap/ldap-error.ts';
import type { BindRequest } from '../ldap/message.ts';
import { type BerReader, BerTag } from './ber-reader.ts';
import type { BerWriter } from './ber-writer.ts';
import { ContextTag, OperationTag } from './ldap-tag.ts';

const VERSION_MAX = 127;

/** Reads a BindRequest (RFC 4511 §4.2). Throws BerError, or authMethodNotSupported (7) for another choice. */
export function readBindRequest(reader: BerReader): BindRequest {
  const outer = reader.enter(OperationTag.bindRequest);
  const version = reader.integer(1, VERSION_MAX);
  const name = reader.text();
  const authentication = readAuthentication(reader);
  reader.leave(outer);
  return { type: 'bindRequest', version, name, authentication };
}

function readAuthentication(reader: BerReader): BindRequest['authentication'] {
  const tag = reader.peekTag();
  if (tag === ContextTag.bindSimple) return { type: 'simple', password: reader.text(tag) };
  if (tag !== ContextTag.bindSasl) {
    throw new LdapError('authMethodNotSupported', 'Only simple and SASL authentication exist in LDAPv3.');
  }
  const outer = reader.enter(tag);
  const mechanism = reader.text();
  const credentials = reader.peekTag() === BerTag.octetString ? reader.text() : undefined;
  reader.leave(outer);
  return { type: 'sasl', mechanism, credentials };
}

/** Writes a BindRequest (RFC 4511 §4.2). */
export function writeBindRequest(writer: BerWriter, request: BindRequest): void {
  const start = writer.begin(OperationTag.bindRequest);
  writer.integer(request.version);
  writer.text(request.name);
  const { authentication } = request;
  if (authentication.type === 'simple') {
    writer.text(authentication.password, ContextTag.bindSimple);
  } else {
    const sasl = writer.begin(ContextTag.bindSasl);
    writer.text(authentication.mechanism);
    if (authentication.credentials !== undefined) writer.text(authentication.credentials);
    writer.end(sasl);
  }
  writer.end(start);
}
