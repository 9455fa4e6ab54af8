// Stored keys of SCRAM-SHA-256 and SCRAM-SHA-512 (RFC 5802, RFC 7677, draft-melnikov-scram-sha-512) in the format of
// RFC 5803: `{SCRAM-SHA-256}iterations:salt$StoredKey:ServerKey`, all but the number in base64. A stolen value does
// not allow a login, and the password is never sent.

import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import saslprep from '@mongodb-js/saslprep';
import type { Derive, Pbkdf2Derivation } from './derivation.ts';
import { NOT_OF_FORMAT, type PasswordScheme, passwordOctets } from './password-scheme.ts';

/** Mechanisms, the strongest last. */
export const SCRAM_MECHANISMS = ['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;
export type ScramMechanism = (typeof SCRAM_MECHANISMS)[number];
export type ScramDigest = 'sha256' | 'sha512';

export const SCRAM_DIGESTS: Readonly<Record<ScramMechanism, ScramDigest>> = {
  'SCRAM-SHA-256': 'sha256',
  'SCRAM-SHA-512': 'sha512',
};

export interface ScramKeys {
  readonly mechanism: ScramMechanism;
  readonly iterations: number;
  readonly salt: Buffer;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

/**
 * Iterations that each login costs the client, and each guess a thief of the value. Cyrus SASL, which most clients
 * use, refuses more than 65,536.
 */
export const SCRAM_ITERATIONS = 65_536;

const ITERATIONS_MIN = 4096;
const ITERATIONS_MAX = 10_000_000;
const SALT_BYTES_MIN = 8;
const STORED_CHARACTERS_MAX = 384;
export const SCRAM_KEY_BYTES: Readonly<Record<ScramMechanism, number>> = {
  'SCRAM-SHA-256': 32,
  'SCRAM-SHA-512': 64,
};

const STORED =
  /^\{(SCRAM-SHA-(?:256|512))\}(\d{1,10}):([A-Za-z0-9+/]+={0,2})\$([A-Za-z0-9+/]+={0,2}):([A-Za-z0-9+/]+={0,2})$/i;

export const scramSchemes: PasswordScheme = {
  names: SCRAM_MECHANISMS,
  parse(text, name) {
    const keys = parseScramKeys(`{${name}}${text}`);
    if (keys === undefined) {
      const iterations = Number(/^\d+(?=:)/.exec(text)?.[0] ?? ITERATIONS_MIN);
      if (iterations >= ITERATIONS_MIN && iterations <= ITERATIONS_MAX) return NOT_OF_FORMAT;
      return { problem: `has ${iterations} rounds; ${ITERATIONS_MIN} to ${ITERATIONS_MAX} are allowed` };
    }
    return {
      scheme: name,
      isStrong: true,
      group: keys.salt.toString('base64'),
      cost: `${keys.mechanism} ${keys.iterations}`,
      // A password that SASLprep refuses matches nothing stored. Verifying it costs as much as any other.
      derivationOf: (password) => derivation(prepareScramPassword(password, 'compare') ?? '', keys),
      matches: (derived) => timingSafeEqual(keysOfSalted(derived, keys.mechanism).storedKey, keys.storedKey),
    };
  },
};

/** Parses stored keys. Returns undefined for other text, or parameters outside of the limits. */
export function parseScramKeys(text: string): ScramKeys | undefined {
  if (text.length > STORED_CHARACTERS_MAX) return undefined;
  const [, name = '', number, ...parts] = STORED.exec(text) ?? [];
  const mechanism = SCRAM_MECHANISMS.find((one) => one === name.toUpperCase());
  if (mechanism === undefined) return undefined;
  const iterations = Number(number);
  const [salt, storedKey, serverKey] = parts.map((part) => Buffer.from(part, 'base64'));
  const length = SCRAM_KEY_BYTES[mechanism];
  if (salt === undefined || storedKey?.length !== length || serverKey?.length !== length) return undefined;
  const isUsable =
    iterations >= ITERATIONS_MIN && iterations <= ITERATIONS_MAX && salt.length >= SALT_BYTES_MIN;
  return isUsable ? { mechanism, iterations, salt, storedKey, serverKey } : undefined;
}

/** Formats stored keys as text (RFC 5803). */
export function formatScramKeys({ mechanism, iterations, salt, storedKey, serverKey }: ScramKeys): string {
  const [saltText, stored, server] = [salt, storedKey, serverKey].map((octets) => octets.toString('base64'));
  return `{${mechanism}}${iterations}:${saltText}$${stored}:${server}`;
}

/** Derives stored keys from a password prepared by `prepareScramPassword`. */
export async function deriveScramKeys(
  prepared: string,
  mechanism: ScramMechanism,
  salt: Buffer,
  derive: Derive,
): Promise<ScramKeys> {
  const asked = { mechanism, iterations: SCRAM_ITERATIONS, salt };
  return { ...asked, ...keysOfSalted(await derive(derivation(prepared, asked)), mechanism) };
}

function derivation(
  prepared: string,
  { mechanism, iterations, salt }: Pick<ScramKeys, 'mechanism' | 'iterations' | 'salt'>,
): Pbkdf2Derivation {
  const length = SCRAM_KEY_BYTES[mechanism];
  const digest = SCRAM_DIGESTS[mechanism];
  return { kind: 'pbkdf2', password: passwordOctets(prepared), salt, iterations, length, digest };
}

function keysOfSalted(
  salted: Uint8Array,
  mechanism: ScramMechanism,
): Pick<ScramKeys, 'storedKey' | 'serverKey'> {
  const digest = SCRAM_DIGESTS[mechanism];
  const clientKey = createHmac(digest, salted).update('Client Key').digest();
  return {
    storedKey: createHash(digest).update(clientKey).digest(),
    serverKey: createHmac(digest, salted).update('Server Key').digest(),
  };
}

/**
 * Applies SASLprep (RFC 4013). For storing, characters unassigned in Unicode 3.2 are refused; for comparing, they
 * are allowed. Returns undefined for a refused password, which works with other mechanisms only.
 */
export function prepareScramPassword(text: string, use: 'store' | 'compare'): string | undefined {
  try {
    return saslprep(text, { allowUnassigned: use === 'compare' });
  } catch {
    return undefined;
  }
}
