// PBKDF2 (RFC 8018) in four formats: OpenLDAP's pw-pbkdf2 and newer 389 DS (`rounds$salt$key`), PingDS and OpenDJ
// (`rounds:base64(key + salt)`), older 389 DS (all in base64), and Atlassian's PKCS5S2.

import { timingSafeEqual } from 'node:crypto';
import type { Digest } from './derivation.ts';
import {
  NOT_OF_FORMAT,
  numberOf,
  octetsOfAdaptedBase64,
  octetsOfBase64,
  type PasswordScheme,
  passwordOctets,
  type SchemeProblem,
  type StoredPassword,
} from './password-scheme.ts';

interface Parts {
  readonly digest: Digest;
  readonly iterations: number;
  readonly salt: Buffer;
  readonly key: Buffer;
}

const KEY_OCTETS: Readonly<Record<Digest, number>> = { sha1: 20, sha256: 32, sha384: 48, sha512: 64 };
/** Number of octets that are compared. The blocks of PBKDF2 are independent, so the first ones suffice. */
const COMPARED_OCTETS_MAX = 64;
const SALT_OCTETS_MAX = 256;
const ITERATIONS_MAX = 10_000_000;
/**
 * Least iterations of a strong hash: OpenDJ's default. PingDS 8 writes 10 rounds, only suitable for random
 * passwords.
 */
const STRONG_ITERATIONS_MIN = 10_000;

const OLD_389_ITERATION_OCTETS = 4;
const OLD_389_SALT_OCTETS = 64;
const OLD_389_KEY_OCTETS = 256;
const ATLASSIAN_SALT_OCTETS = 16;
const ATLASSIAN_ITERATIONS = 10_000;

/** Names by digest. */
const DOLLAR_NAMES: Readonly<Record<string, Digest>> = {
  PBKDF2: 'sha1',
  'PBKDF2-SHA1': 'sha1',
  'PBKDF2-SHA256': 'sha256',
  'PBKDF2-SHA512': 'sha512',
};
const COLON_NAMES: Readonly<Record<string, Digest>> = {
  PBKDF2: 'sha1',
  'PBKDF2-HMAC-SHA1': 'sha1',
  'PBKDF2-HMAC-SHA256': 'sha256',
  'PBKDF2-HMAC-SHA512': 'sha512',
};

export const pbkdf2Schemes: PasswordScheme = {
  names: [
    ...new Set([...Object.keys(DOLLAR_NAMES), ...Object.keys(COLON_NAMES), 'PBKDF2_SHA256', 'PKCS5S2']),
  ],
  parse(text, name) {
    const parts = partsOf(text, name);
    return parts === undefined ? NOT_OF_FORMAT : storedPassword(parts, name);
  },
};

function partsOf(text: string, name: string): Parts | undefined {
  if (name === 'PBKDF2_SHA256') return partsOfOld389(text);
  if (name === 'PKCS5S2') return partsOfAtlassian(text);
  return text.includes('$') ? partsByDollar(text, DOLLAR_NAMES[name]) : partsByColon(text, COLON_NAMES[name]);
}

function partsByDollar(text: string, digest: Digest | undefined): Parts | undefined {
  const [rounds, saltText = '', keyText = '', ...more] = text.split('$');
  const [iterations, salt, key] = [
    numberOf(rounds),
    octetsOfAdaptedBase64(saltText),
    octetsOfAdaptedBase64(keyText),
  ];
  if (digest === undefined || iterations === undefined || salt === undefined || key === undefined)
    return undefined;
  return more.length > 0 || key.length !== KEY_OCTETS[digest] ? undefined : { digest, iterations, salt, key };
}

function partsByColon(text: string, digest: Digest | undefined): Parts | undefined {
  const [rounds, octetsText = '', ...more] = text.split(':');
  const [iterations, octets] = [numberOf(rounds), octetsOfBase64(octetsText)];
  if (digest === undefined || iterations === undefined || octets === undefined || more.length > 0)
    return undefined;
  const length = KEY_OCTETS[digest];
  if (octets.length <= length) return undefined;
  return { digest, iterations, key: octets.subarray(0, length), salt: octets.subarray(length) };
}

function partsOfOld389(text: string): Parts | undefined {
  const octets = octetsOfBase64(text);
  if (octets?.length !== OLD_389_ITERATION_OCTETS + OLD_389_SALT_OCTETS + OLD_389_KEY_OCTETS)
    return undefined;
  const salt = octets.subarray(OLD_389_ITERATION_OCTETS, OLD_389_ITERATION_OCTETS + OLD_389_SALT_OCTETS);
  const key = octets.subarray(OLD_389_ITERATION_OCTETS + OLD_389_SALT_OCTETS);
  return { digest: 'sha256', iterations: octets.readUInt32BE(0), salt, key };
}

function partsOfAtlassian(text: string): Parts | undefined {
  const octets = octetsOfBase64(text);
  if (octets?.length !== ATLASSIAN_SALT_OCTETS + KEY_OCTETS.sha256) return undefined;
  const salt = octets.subarray(0, ATLASSIAN_SALT_OCTETS);
  const key = octets.subarray(ATLASSIAN_SALT_OCTETS);
  return { digest: 'sha1', iterations: ATLASSIAN_ITERATIONS, salt, key };
}

function storedPassword(parts: Parts, name: string): StoredPassword | SchemeProblem {
  const { digest, iterations, salt } = parts;
  if (iterations < 1 || iterations > ITERATIONS_MAX)
    return { problem: `has ${iterations} rounds; 1 to ${ITERATIONS_MAX} are computed here` };
  if (salt.length === 0 || salt.length > SALT_OCTETS_MAX) return NOT_OF_FORMAT;
  const key = parts.key.subarray(
    0,
    Math.max(COMPARED_OCTETS_MAX / 2, Math.min(parts.key.length, KEY_OCTETS[digest])),
  );
  return {
    scheme: name,
    isStrong: iterations >= STRONG_ITERATIONS_MIN,
    group: undefined,
    cost: `${digest} ${iterations} ${key.length}`,
    derivationOf: (password) => ({
      kind: 'pbkdf2',
      digest,
      iterations,
      salt,
      length: key.length,
      password: passwordOctets(password),
    }),
    matches: (derived) => derived.length === key.length && timingSafeEqual(derived, key),
  };
}
