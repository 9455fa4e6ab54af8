// What is inside a control or an extended operation: BER that travels as an OCTET STRING of the message, and in this
// program as text (octets.ts).

import { LdapError } from '../ldap/ldap-error.ts';
import { octetsFromText, textFromOctets } from '../ldap/octets.ts';
import { BerReader } from './ber-reader.ts';
import { BerWriter } from './ber-writer.ts';

const VALUE_OCTETS = 128;

/** Throws protocolError when the value is missing, is not what `read` reads, or goes on behind it. */
export function readValue<T>(value: string | undefined, what: string, read: (reader: BerReader) => T): T {
  if (value === undefined) throw new LdapError('protocolError', `${what} needs a value.`);
  const reader = new BerReader(Buffer.from(octetsFromText(value)));
  try {
    const result = read(reader);
    if (reader.hasMore) throw new LdapError('protocolError', 'There is more behind its end.');
    return result;
  } catch (error) {
    if (!(error instanceof LdapError)) throw error;
    // The bytes of the message are in order, so the request is answered and the connection goes on.
    throw new LdapError('protocolError', `The value of ${what} cannot be read: ${error.message}`, {
      cause: error,
    });
  }
}

export function writeValue(write: (writer: BerWriter) => void): string {
  const writer = new BerWriter(VALUE_OCTETS);
  write(writer);
  return textFromOctets(writer.take());
}
