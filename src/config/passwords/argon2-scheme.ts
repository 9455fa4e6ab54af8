// Argon2 (RFC 9106) in the format of the password hashing competition:
// `{ARGON2}$argon2id$v=19$m=65536,t=2,p=1$salt$hash`.

import { timingSafeEqual } from 'node:crypto';
import { type Argon2Variant, HAS_ARGON2 } from './derivation.ts';
import { NOT_OF_FORMAT, octetsOfBase64, type PasswordScheme, passwordOctets } from './password-scheme.ts';

const STORED =
  /^\$(argon2(?:id|i|d))\$v=19\$m=(\d{1,10}),t=(\d{1,10}),p=(\d{1,10})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

const MEMORY_KIB_MAX = 128 * 1024;
/** Maximum cost of a login: memory in KiB times passes. */
const WORK_KIB_MAX = 1024 * 1024;
const PARALLELISM_MAX = 16;
/** Minimum salt length (RFC 9106 §3.1). */
const SALT_OCTETS_MIN = 8;
const SALT_OCTETS_MAX = 64;
const HASH_OCTETS_MIN = 16;
const HASH_OCTETS_MAX = 128;
const MEMORY_KIB_PER_LANE_MIN = 8;
/** Least cost of a strong hash, which OpenLDAP's module has always written. */
const STRONG_WORK_KIB_MIN = 12_288;

const VARIANTS: readonly Argon2Variant[] = ['argon2id', 'argon2i', 'argon2d'];

export const argon2Scheme: PasswordScheme = {
  names: ['ARGON2'],
  parse(text) {
    const [, variantName, memoryText, passesText, lanesText, saltText = '', hashText = ''] =
      STORED.exec(text) ?? [];
    const variant = VARIANTS.find((one) => one === variantName);
    const [salt, expected] = [octetsOfBase64(saltText), octetsOfBase64(hashText)];
    if (variant === undefined || salt === undefined || expected === undefined) return NOT_OF_FORMAT;
    if (!HAS_ARGON2) {
      return {
        problem: `cannot be verified with Node.js ${process.version}, which does not compute Argon2; run confdit with Node.js 24.7 or later`,
      };
    }
    const [memory, passes, parallelism] = [Number(memoryText), Number(passesText), Number(lanesText)];
    if (memory > MEMORY_KIB_MAX || memory * passes > WORK_KIB_MAX || parallelism > PARALLELISM_MAX) {
      return {
        problem:
          `asks for m=${memory}, t=${passes}, p=${parallelism}; ` +
          `m up to ${MEMORY_KIB_MAX}, m times t up to ${WORK_KIB_MAX} and p up to ${PARALLELISM_MAX} are computed here`,
      };
    }
    const isUsable =
      passes >= 1 &&
      parallelism >= 1 &&
      memory >= MEMORY_KIB_PER_LANE_MIN * parallelism &&
      isWithin(salt.length, SALT_OCTETS_MIN, SALT_OCTETS_MAX) &&
      isWithin(expected.length, HASH_OCTETS_MIN, HASH_OCTETS_MAX);
    if (!isUsable) return NOT_OF_FORMAT;
    return {
      scheme: 'ARGON2',
      isStrong: memory * passes >= STRONG_WORK_KIB_MIN,
      group: undefined,
      cost: `${variant} ${memory} ${passes} ${parallelism}`,
      derivationOf: (password) => ({
        kind: 'argon2',
        variant,
        memory,
        passes,
        parallelism,
        salt,
        length: expected.length,
        password: passwordOctets(password),
      }),
      matches: (derived) => derived.length === expected.length && timingSafeEqual(derived, expected),
    };
  },
};

function isWithin(count: number, min: number, max: number): boolean {
  return count >= min && count <= max;
}
