// One round of SHA, with or without salt: `{SHA}`, `{SSHA}` and the like (OpenLDAP, pw-sha2, 389 DS, PingDS). They
// are quick to guess, so a login replaces them.

import { timingSafeEqual } from 'node:crypto';
import type { Digest } from './derivation.ts';
import { NOT_OF_FORMAT, octetsOfBase64, type PasswordScheme, passwordOctets } from './password-scheme.ts';

interface DigestScheme {
  readonly digest: Digest;
  readonly octets: number;
  readonly isSalted: boolean;
}

const SCHEMES: Readonly<Record<string, DigestScheme>> = {
  SHA: { digest: 'sha1', octets: 20, isSalted: false },
  SSHA: { digest: 'sha1', octets: 20, isSalted: true },
  SHA256: { digest: 'sha256', octets: 32, isSalted: false },
  SSHA256: { digest: 'sha256', octets: 32, isSalted: true },
  SHA384: { digest: 'sha384', octets: 48, isSalted: false },
  SSHA384: { digest: 'sha384', octets: 48, isSalted: true },
  SHA512: { digest: 'sha512', octets: 64, isSalted: false },
  SSHA512: { digest: 'sha512', octets: 64, isSalted: true },
};
/** Names with a hyphen, as 389 DS writes some. */
const OTHER_NAMES: Readonly<Record<string, string>> = {
  'SHA-256': 'SHA256',
  'SHA-384': 'SHA384',
  'SHA-512': 'SHA512',
};
const SALT_OCTETS_MAX = 256;

/** Format: `base64(digest(password + salt) + salt)`. */
export const digestSchemes: PasswordScheme = {
  names: [...Object.keys(SCHEMES), ...Object.keys(OTHER_NAMES)],
  parse(text, name) {
    const scheme = SCHEMES[OTHER_NAMES[name] ?? name];
    const octets = octetsOfBase64(text);
    if (scheme === undefined || octets === undefined) return NOT_OF_FORMAT;
    const expected = octets.subarray(0, scheme.octets);
    const salt = octets.subarray(scheme.octets);
    const fits = scheme.isSalted ? salt.length > 0 && salt.length <= SALT_OCTETS_MAX : salt.length === 0;
    if (expected.length !== scheme.octets || !fits) return NOT_OF_FORMAT;
    return {
      scheme: name,
      isStrong: false,
      group: undefined,
      cost: `${scheme.digest} ${salt.length}`,
      derivationOf: (password) => ({
        kind: 'digest',
        digest: scheme.digest,
        salt,
        password: passwordOctets(password),
      }),
      matches: (derived) => derived.length === expected.length && timingSafeEqual(derived, expected),
    };
  },
};
