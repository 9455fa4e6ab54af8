// The values of the Password Modify extended operation (RFC 3062 §2).

import { octetsFromText, textFromOctets } from '../ldap/octets.ts';
import { BerReader, BerTag } from './ber-reader.ts';
import { BerWriter } from './ber-writer.ts';
import { readOptionalText } from './extended-ber.ts';

const Tag = { userIdentity: 0x80, oldPassword: 0x81, newPassword: 0x82, generatedPassword: 0x80 } as const;

export interface PasswordModifyValue {
  /** The account; undefined for the requester's own. */
  readonly userIdentity: string | undefined;
  readonly oldPassword: string | undefined;
  /** Undefined if the server shall generate one. */
  readonly newPassword: string | undefined;
}

/** Reads the value of the request; an absent value is an empty one. Throws protocolError (2). */
export function readPasswordModifyValue(value: string | undefined): PasswordModifyValue {
  if (value === undefined) return { userIdentity: undefined, oldPassword: undefined, newPassword: undefined };
  const reader = new BerReader(Buffer.from(octetsFromText(value)));
  const outer = reader.enter(BerTag.sequence);
  const userIdentity = readOptionalText(reader, Tag.userIdentity);
  const oldPassword = readOptionalText(reader, Tag.oldPassword);
  const newPassword = readOptionalText(reader, Tag.newPassword);
  reader.leave(outer);
  return { userIdentity, oldPassword, newPassword };
}

/** Writes the value of the response, which has the generated password. */
export function formatGeneratedPassword(password: string): string {
  const writer = new BerWriter();
  const start = writer.begin(BerTag.sequence);
  writer.text(password, Tag.generatedPassword);
  writer.end(start);
  return textFromOctets(writer.take());
}
