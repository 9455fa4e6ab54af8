// The four requests that change entries: modify, add, delete, modify DN (RFC 4511 §4.6–4.9).

import type { Modification } from '../ldap/change.ts';
import type { Request } from '../ldap/message.ts';
import { type BerReader, BerTag } from './ber-reader.ts';
import type { BerWriter } from './ber-writer.ts';
import { ContextTag, OperationTag } from './ldap-tag.ts';
import { readAttribute, readAttributes, writeAttribute, writeAttributes } from './search-ber.ts';

type RequestOf<Type extends Request['type']> = Extract<Request, { type: Type }>;

/** In the order of their numbers; increment is RFC 4525's. */
const MODIFY_OPERATIONS = ['add', 'delete', 'replace', 'increment'] as const;

/** Reads a ModifyRequest (RFC 4511 §4.6). Throws BerError. */
export function readModifyRequest(reader: BerReader): RequestOf<'modifyRequest'> {
  const outer = reader.enter(OperationTag.modifyRequest);
  const dn = reader.text();
  const modifications: Modification[] = [];
  const list = reader.enter(BerTag.sequence);
  while (reader.hasMore) modifications.push(readModification(reader));
  reader.leave(list);
  reader.leave(outer);
  return { type: 'modifyRequest', dn, modifications };
}

function readModification(reader: BerReader): Modification {
  const outer = reader.enter(BerTag.sequence);
  const number = reader.integer(0, MODIFY_OPERATIONS.length - 1, BerTag.enumerated);
  const attribute = readAttribute(reader);
  reader.leave(outer);
  return { operation: MODIFY_OPERATIONS[number] ?? 'replace', attribute };
}

/** Writes a ModifyRequest (RFC 4511 §4.6). */
export function writeModifyRequest(writer: BerWriter, request: RequestOf<'modifyRequest'>): void {
  const start = writer.begin(OperationTag.modifyRequest);
  writer.text(request.dn);
  const list = writer.begin(BerTag.sequence);
  for (const { operation, attribute } of request.modifications) {
    const item = writer.begin(BerTag.sequence);
    writer.enumerated(MODIFY_OPERATIONS.indexOf(operation));
    writeAttribute(writer, attribute);
    writer.end(item);
  }
  writer.end(list);
  writer.end(start);
}

/** Reads an AddRequest (RFC 4511 §4.7). Throws BerError. */
export function readAddRequest(reader: BerReader): RequestOf<'addRequest'> {
  const outer = reader.enter(OperationTag.addRequest);
  const dn = reader.text();
  const attributes = readAttributes(reader);
  reader.leave(outer);
  return { type: 'addRequest', dn, attributes };
}

/** Writes an AddRequest (RFC 4511 §4.7). */
export function writeAddRequest(writer: BerWriter, request: RequestOf<'addRequest'>): void {
  const start = writer.begin(OperationTag.addRequest);
  writer.text(request.dn);
  writeAttributes(writer, request.attributes);
  writer.end(start);
}

/** Reads a DelRequest (RFC 4511 §4.8). Throws BerError. */
export function readDeleteRequest(reader: BerReader): RequestOf<'deleteRequest'> {
  return { type: 'deleteRequest', dn: reader.text(OperationTag.deleteRequest) };
}

/** Writes a DelRequest (RFC 4511 §4.8). */
export function writeDeleteRequest(writer: BerWriter, request: RequestOf<'deleteRequest'>): void {
  writer.text(request.dn, OperationTag.deleteRequest);
}

/** Reads a ModifyDNRequest (RFC 4511 §4.9). Throws BerError. */
export function readModifyDnRequest(reader: BerReader): RequestOf<'modifyDnRequest'> {
  const outer = reader.enter(OperationTag.modifyDnRequest);
  const dn = reader.text();
  const newRdn = reader.text();
  const deleteOldRdn = reader.boolean();
  const newSuperior =
    reader.peekTag() === ContextTag.newSuperior ? reader.text(ContextTag.newSuperior) : undefined;
  reader.leave(outer);
  return { type: 'modifyDnRequest', dn, newRdn, deleteOldRdn, newSuperior };
}

/** Writes a ModifyDNRequest (RFC 4511 §4.9). */
export function writeModifyDnRequest(writer: BerWriter, request: RequestOf<'modifyDnRequest'>): void {
  const start = writer.begin(OperationTag.modifyDnRequest);
  writer.text(request.dn);
  writer.text(request.newRdn);
  writer.boolean(request.deleteOldRdn);
  if (request.newSuperior !== undefined) writer.text(request.newSuperior, ContextTag.newSuperior);
  writer.end(start);
}
