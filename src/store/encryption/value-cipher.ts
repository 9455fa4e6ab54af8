// One encrypted value as text: `{AES256-GCM}<key id>:<base64 of nonce, ciphertext, tag>` (AES-256-GCM, NIST SP 800-38D).
//
// Key id, attribute and normalized DN are authenticated with it, so that a value cannot be moved to another entry. ` $<`
// after the value says that the clear text has to be looked at when a server starts, such as for an expression in it.

import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from 'node:crypto';
import { Dn, formatRdn } from '../../ldap/dn.ts';
import { ENCRYPTED_MARK } from '../../ldap/encrypted-mark.ts';
import { octetsFromText, textFromOctets } from '../../ldap/octets.ts';

const ALGORITHM = 'aes-256-gcm';
const NONCE_OCTETS = 12;
const NONCES_DRAWN = 256;
const TAG_OCTETS = 16;
const NOTICE = ' $<';
const TOKEN = /^\{AES256-GCM\}([0-9a-z]{1,32}):([A-Za-z0-9+/]+={0,2})( \$<)?$/;
/** Names that are normalized in another way than by lower case alone. */
const NOT_PLAIN = /[\\"+;#<>]|\s[,=\s]|[,=]\s|^\s|\s$|[^\x20-\x7e]/;

/** A value that looks as this file writes it. */
export interface Token {
  readonly keyId: string;
  /** Nonce, ciphertext and tag. */
  readonly octets: Buffer;
  readonly notice: string;
}

/** Place of a value: what is authenticated with it. */
export interface ValuePlace {
  readonly dn: string;
  /** Attribute description in lower case. */
  readonly attribute: string;
}

/** Returns the parts of an encrypted value; undefined if the text is none. */
export function parseToken(text: string): Token | undefined {
  if (!text.startsWith(ENCRYPTED_MARK)) return undefined;
  const [, keyId, base64, notice = ''] = TOKEN.exec(text) ?? [];
  if (keyId === undefined || base64 === undefined) return undefined;
  const octets = Buffer.from(base64, 'base64');
  if (octets.length < NONCE_OCTETS + TAG_OCTETS) return undefined;
  return { keyId, octets, notice };
}

/** Random nonces, drawn many at a time: one draw costs a third of an encryption. No nonce is given twice. */
export class Nonces {
  #drawn = Buffer.alloc(0);

  next(): Buffer {
    if (this.#drawn.length === 0) this.#drawn = randomBytes(NONCES_DRAWN * NONCE_OCTETS);
    const nonce = this.#drawn.subarray(0, NONCE_OCTETS);
    this.#drawn = this.#drawn.subarray(NONCE_OCTETS);
    return nonce;
  }
}

/** Encrypts a text. `isMarked`: a start has to look at the clear text. */
export function encryptText(
  text: string,
  place: ValuePlace,
  { id, key }: { readonly id: string; readonly key: KeyObject },
  isMarked: boolean,
  nonce: Buffer,
): string {
  const notice = isMarked ? NOTICE : '';
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_OCTETS });
  cipher.setAAD(authenticated(id, place, notice));
  const octets = Buffer.concat([
    nonce,
    cipher.update(octetsFromText(text)),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
  return `${ENCRYPTED_MARK}${id}:${octets.toString('base64')}${notice}`;
}

/** Decrypts a value. Returns undefined if it is damaged, or was written for another place. */
export function decryptToken(
  { keyId, octets, notice }: Token,
  place: ValuePlace,
  key: KeyObject,
): string | undefined {
  const nonce = octets.subarray(0, NONCE_OCTETS);
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_OCTETS });
  decipher.setAAD(authenticated(keyId, place, notice));
  decipher.setAuthTag(octets.subarray(-TAG_OCTETS));
  try {
    const start = decipher.update(octets.subarray(NONCE_OCTETS, -TAG_OCTETS));
    return textFromOctets(Buffer.concat([start, decipher.final()]));
  } catch {
    return undefined;
  }
}

function authenticated(keyId: string, { dn, attribute }: ValuePlace, notice: string): Buffer {
  return Buffer.from([keyId, attribute, normalName(dn), notice].join('\0'), 'utf8');
}

/**
 * Returns a DN in one spelling: lower case, without optional spaces, AVAs in order. It does not depend on the schema,
 * which may change while values are stored.
 */
export function normalName(dn: string): string {
  const lower = dn.toLowerCase();
  if (!NOT_PLAIN.test(dn)) return lower;
  try {
    const rdns = Dn.parse(dn).rdns.map((rdn) =>
      rdn
        .map(({ type, value }) => ({ type, value: value.trim().replace(/\s+/g, ' ').normalize('NFC') }))
        .map((ava) => formatRdn([ava]).toLowerCase())
        .sort()
        .join('+'),
    );
    return rdns.join(',');
  } catch {
    return lower;
  }
}
