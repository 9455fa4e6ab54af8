// Passwords in the format of crypt(3): `{CRYPT}` with DES, MD5, SHA-256, SHA-512 or bcrypt, and bcrypt by itself.

import { timingSafeEqual } from 'node:crypto';
import {
  NOT_OF_FORMAT,
  type PasswordScheme,
  passwordOctets,
  type SchemeProblem,
  type StoredPassword,
} from './password-scheme.ts';

const BCRYPT = /^(\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{22})[./A-Za-z0-9]{31}$/;
const BCRYPT_COST_MIN = 4;
/** Maximum bcrypt cost. It takes some seconds in JavaScript; each further one doubles it. */
const BCRYPT_COST_MAX = 15;
const BCRYPT_STRONG_COST_MIN = 8;

const SHA_CRYPT = /^\$([56])\$(?:rounds=(\d{1,10})\$)?([^$:\n]{1,16})\$([./0-9A-Za-z]+)$/;
const SHA_CRYPT_CHARACTERS: Readonly<Record<string, number>> = { 5: 43, 6: 86 };
const SHA_CRYPT_ROUNDS = 5000;
const SHA_CRYPT_ROUNDS_MIN = 1000;
const SHA_CRYPT_ROUNDS_MAX = 1_000_000;

const MD5_CRYPT = /^\$1\$[^$:\n]{1,8}\$[./0-9A-Za-z]{22}$/;
const DES_CRYPT = /^[./0-9A-Za-z]{2}(?:[./0-9A-Za-z]{11}){1,16}$/;

export const bcryptScheme: PasswordScheme = {
  names: ['BCRYPT'],
  parse: (text, name) => bcryptPassword(text, name),
};

/** Scheme of crypt(3). 389 DS has a name of its own for each algorithm. */
export const cryptScheme: PasswordScheme = {
  names: ['CRYPT', 'CRYPT-MD5', 'CRYPT-SHA256', 'CRYPT-SHA512'],
  parse(text, name) {
    if (text.startsWith('$2')) return bcryptPassword(text, name);
    if (MD5_CRYPT.test(text) || DES_CRYPT.test(text)) return cryptPassword(text, name, false);
    const [, kind = '', rounds, , digest = ''] = SHA_CRYPT.exec(text) ?? [];
    if (digest.length === SHA_CRYPT_CHARACTERS[kind]) {
      const count = rounds === undefined ? SHA_CRYPT_ROUNDS : Number(rounds);
      if (count < SHA_CRYPT_ROUNDS_MIN || count > SHA_CRYPT_ROUNDS_MAX) {
        return {
          problem: `has ${count} rounds; ${SHA_CRYPT_ROUNDS_MIN} to ${SHA_CRYPT_ROUNDS_MAX} are computed here`,
        };
      }
      return cryptPassword(text, name, count >= SHA_CRYPT_ROUNDS);
    }
    return {
      problem: 'is of a kind of crypt(3) that is not known here: DES, $1$, $5$, $6$ and $2a$, $2b$, $2y$ are',
    };
  },
};

function bcryptPassword(text: string, scheme: string): StoredPassword | SchemeProblem {
  const [, setting, costText] = BCRYPT.exec(text) ?? [];
  if (setting === undefined) return NOT_OF_FORMAT;
  const cost = Number(costText);
  if (cost < BCRYPT_COST_MIN || cost > BCRYPT_COST_MAX)
    return { problem: `has the cost ${cost}; ${BCRYPT_COST_MIN} to ${BCRYPT_COST_MAX} are computed here` };
  // The version states which bug of old programs the hash has; the computation is the same.
  const expected = Buffer.from(text.slice('$2a'.length), 'latin1');
  return {
    scheme,
    isStrong: cost >= BCRYPT_STRONG_COST_MIN,
    group: undefined,
    cost: setting.slice(0, setting.lastIndexOf('$')),
    derivationOf: (password) => ({ kind: 'bcrypt', setting, password: passwordOctets(password) }),
    matches: (derived) => isEqual(derived.subarray('$2a'.length), expected),
  };
}

function cryptPassword(text: string, scheme: string, isStrong: boolean): StoredPassword {
  const expected = Buffer.from(text, 'latin1');
  return {
    scheme,
    isStrong,
    group: undefined,
    cost: costOf(text),
    derivationOf: (password) => ({ kind: 'crypt', setting: text, password: passwordOctets(password) }),
    matches: (derived) => isEqual(derived, expected),
  };
}

/** Returns algorithm and rounds, without the salt. */
function costOf(text: string): string {
  return /^\$\d\$(?:rounds=\d+\$)?/.exec(text)?.[0] ?? 'DES';
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
