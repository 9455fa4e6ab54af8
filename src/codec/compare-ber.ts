// Compare (RFC 4511 §4.10).

import type { CompareRequest } from '../ldap/message.ts';
import { type BerReader, BerTag } from './ber-reader.ts';
import type { BerWriter } from './ber-writer.ts';
import { OperationTag } from './ldap-tag.ts';

/** Reads a CompareRequest. Throws BerError. */
export function readCompareRequest(reader: BerReader): CompareRequest {
  const outer = reader.enter(OperationTag.compareRequest);
  const dn = reader.text();
  const assertion = reader.enter(BerTag.sequence);
  const attribute = reader.text();
  const value = reader.text();
  reader.leave(assertion);
  reader.leave(outer);
  return { type: 'compareRequest', dn, attribute, value };
}

/** Writes a CompareRequest. */
export function writeCompareRequest(writer: BerWriter, request: CompareRequest): void {
  const start = writer.begin(OperationTag.compareRequest);
  writer.text(request.dn);
  const assertion = writer.begin(BerTag.sequence);
  writer.text(request.attribute);
  writer.text(request.value);
  writer.end(assertion);
  writer.end(start);
}
