// Search: request, result entry and result reference (RFC 4511 §4.5).

import { Dn } from '../ldap/dn.ts';
import { Attribute, Entry } from '../ldap/entry.ts';
import type { Response, SearchRequest, SearchScope } from '../ldap/message.ts';
import { type BerReader, BerTag } from './ber-reader.ts';
import type { BerWriter } from './ber-writer.ts';
import { type FilterLimits, readFilter, writeFilter } from './filter-ber.ts';
import { MESSAGE_ID_MAX, OperationTag } from './ldap-tag.ts';

/** Reads a SearchRequest (RFC 4511 §4.5.1). Throws BerError, or protocolError (2) for a filter over the limits. */
export function readSearchRequest(reader: BerReader, limits: FilterLimits): SearchRequest {
  const outer = reader.enter(OperationTag.searchRequest);
  const base = reader.text();
  const scope = reader.integer(0, 3, BerTag.enumerated) as SearchScope;
  const derefAliases = reader.integer(0, 3, BerTag.enumerated);
  const sizeLimit = reader.integer(0, MESSAGE_ID_MAX);
  const timeLimit = reader.integer(0, MESSAGE_ID_MAX);
  const typesOnly = reader.boolean();
  const filter = readFilter(reader, limits);
  const attributes = readTexts(reader);
  reader.leave(outer);
  return {
    type: 'searchRequest',
    base,
    scope,
    derefAliases,
    sizeLimit,
    timeLimit,
    typesOnly,
    filter,
    attributes,
  };
}

/** Writes a SearchRequest (RFC 4511 §4.5.1). */
export function writeSearchRequest(writer: BerWriter, request: SearchRequest): void {
  const start = writer.begin(OperationTag.searchRequest);
  writer.text(request.base);
  writer.enumerated(request.scope);
  writer.enumerated(request.derefAliases);
  writer.integer(request.sizeLimit);
  writer.integer(request.timeLimit);
  writer.boolean(request.typesOnly);
  writeFilter(writer, request.filter);
  writeTexts(writer, request.attributes);
  writer.end(start);
}

/** An entry that is sent again and again: it is encoded once and copied afterwards. */
export class SentEntry extends Entry {
  /** The entry as the protocolOp of a search result entry. */
  octets: Uint8Array | undefined = undefined;
}

/** Writes a SearchResultEntry (RFC 4511 §4.5.2). */
export function writeSearchResultEntry(writer: BerWriter, entry: Entry): void {
  writer.raw(encodedEntry(writer, entry));
}

/** Returns the octets that `writeSearchResultEntry` writes. */
export function encodedEntry(writer: BerWriter, entry: Entry): Uint8Array {
  if (!(entry instanceof SentEntry)) return encodeEntry(writer, entry);
  entry.octets ??= encodeEntry(writer, entry);
  return entry.octets;
}

function encodeEntry(writer: BerWriter, entry: Entry): Uint8Array {
  const before = writer.length;
  const start = writer.begin(OperationTag.searchResultEntry);
  writer.text(entry.dn.toString());
  writeAttributes(writer, entry.attributes);
  writer.end(start);
  const encoded = writer.copyFrom(before);
  writer.truncate(before);
  return encoded;
}

/** Reads a SearchResultEntry (RFC 4511 §4.5.2). Throws BerError. */
export function readSearchResultEntry(reader: BerReader): Extract<Response, { type: 'searchResultEntry' }> {
  const outer = reader.enter(OperationTag.searchResultEntry);
  const dn = Dn.parse(reader.text());
  const attributes = readAttributes(reader);
  reader.leave(outer);
  return { type: 'searchResultEntry', entry: new Entry(dn, attributes) };
}

/** Reads a SearchResultReference (RFC 4511 §4.5.3). Throws BerError. */
export function readSearchResultReference(reader: BerReader): Response {
  const uris = readTexts(reader, OperationTag.searchResultReference);
  return { type: 'searchResultReference', uris };
}

/** Writes a SearchResultReference (RFC 4511 §4.5.3). */
export function writeSearchResultReference(writer: BerWriter, uris: readonly string[]): void {
  writeTexts(writer, uris, OperationTag.searchResultReference);
}

/** Reads a PartialAttributeList (RFC 4511 §4.5.2) or the AttributeList of an add request (§4.7). Throws BerError. */
export function readAttributes(reader: BerReader): Attribute[] {
  const attributes: Attribute[] = [];
  const outer = reader.enter(BerTag.sequence);
  while (reader.hasMore) attributes.push(readAttribute(reader));
  reader.leave(outer);
  return attributes;
}

/** Writes a PartialAttributeList (RFC 4511 §4.5.2). */
export function writeAttributes(writer: BerWriter, attributes: readonly Attribute[]): void {
  const start = writer.begin(BerTag.sequence);
  for (const attribute of attributes) writeAttribute(writer, attribute);
  writer.end(start);
}

/** Reads a PartialAttribute (RFC 4511 §4.1.7). Throws BerError. */
export function readAttribute(reader: BerReader): Attribute {
  const outer = reader.enter(BerTag.sequence);
  const description = reader.text();
  const values = readTexts(reader, BerTag.set);
  reader.leave(outer);
  return new Attribute(description, values);
}

/** Writes a PartialAttribute (RFC 4511 §4.1.7). */
export function writeAttribute(writer: BerWriter, attribute: Attribute): void {
  const start = writer.begin(BerTag.sequence);
  writer.text(attribute.description);
  writeTexts(writer, attribute.values, BerTag.set);
  writer.end(start);
}

/** Reads a SEQUENCE OF OCTET STRING with this tag. Throws BerError. */
export function readTexts(reader: BerReader, tag: number = BerTag.sequence): string[] {
  const texts: string[] = [];
  const outer = reader.enter(tag);
  while (reader.hasMore) texts.push(reader.text());
  reader.leave(outer);
  return texts;
}

/** Writes a SEQUENCE OF OCTET STRING with this tag. */
export function writeTexts(writer: BerWriter, texts: readonly string[], tag: number = BerTag.sequence): void {
  const start = writer.begin(tag);
  for (const text of texts) writer.text(text);
  writer.end(start);
}
