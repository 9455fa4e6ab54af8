// The value of a control or an extended operation: BER that is an OCTET STRING of the message, and in this program
// text (octets.ts).

import { LdapError } from '../ldap/ldap-error.ts';
import { octetsFromText, textFromOctets } from '../ldap/octets.ts';
import { BerReader } from './ber-reader.ts';
import { BerWriter } from './ber-writer.ts';

const VALUE_OCTETS = 128;

/** Reads a value with `read`. Throws protocolError (2), naming `what`, when it is missing, malformed or has trailing octets. */
export function readValue<T>(value: string | undefined, what: string, read: (reader: BerReader) => T): T {
  if (value === undefined) throw new LdapError('protocolError', `${what} needs a value.`);
  const reader = new BerReader(Buffer.from(octetsFromText(value)));
  try {
    const result = read(reader);
    if (reader.hasMore) throw new LdapError('protocolError', 'There is more behind its end.');
    return result;
  } catch (error) {
    if (!(error instanceof LdapError)) throw error;
    // The message itself is well-formed, so the request is answered and the connection continues.
    throw new LdapError('protocolError', `The value of ${what} cannot be read: ${error.message}`, {
      cause: error,
    });
  }
}

/** Returns what `write` writes, as a value. */
export function writeValue(write: (writer: BerWriter) => void): string {
  const writer = new BerWriter(VALUE_OCTETS);
  write(writer);
  return textFromOctets(writer.take());
}
