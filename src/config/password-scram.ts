// What SCRAM-SHA-256 (RFC 5802, RFC 7677) needs of a password, as one stored value in the form of RFC 5803:
// `{SCRAM-SHA-256}iterations:salt$StoredKey:ServerKey`, all but the number in base64. Nobody can log in with what
// is stored, and the password never has to cross the wire.

import { createHash, createHmac, pbkdf2 } from 'node:crypto';
import saslprep from '@mongodb-js/saslprep';

export interface ScramKeys {
  readonly iterations: number;
  readonly salt: Buffer;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

/**
 * Each login costs the client so many rounds, and so many cost whoever has stolen the stored value every guess. Cyrus
 * SASL, which most clients are built on, refuses more than 65,536.
 */
export const SCRAM_ITERATIONS = 65_536;

const ITERATIONS_MIN = 4096;
const ITERATIONS_MAX = 10_000_000;
const SALT_BYTES_MIN = 8;
const KEY_BYTES = 32;
const STORED_CHARACTERS_MAX = 256;

const STORED =
  /^\{SCRAM-SHA-256\}(\d{1,8}):([A-Za-z0-9+/]+={0,2})\$([A-Za-z0-9+/]+={0,2}):([A-Za-z0-9+/]+={0,2})$/i;

/** Undefined when the text is no such value, or one outside of the limits. */
export function parseScramKeys(text: string): ScramKeys | undefined {
  if (text.length > STORED_CHARACTERS_MAX) return undefined;
  const [, number, ...parts] = STORED.exec(text) ?? [];
  const iterations = Number(number);
  const [salt, storedKey, serverKey] = parts.map((part) => Buffer.from(part, 'base64'));
  if (salt === undefined || storedKey?.length !== KEY_BYTES || serverKey?.length !== KEY_BYTES)
    return undefined;
  const isUsable =
    iterations >= ITERATIONS_MIN && iterations <= ITERATIONS_MAX && salt.length >= SALT_BYTES_MIN;
  return isUsable ? { iterations, salt, storedKey, serverKey } : undefined;
}

export function formatScramKeys({ iterations, salt, storedKey, serverKey }: ScramKeys): string {
  const [saltText, stored, server] = [salt, storedKey, serverKey].map((octets) => octets.toString('base64'));
  return `{SCRAM-SHA-256}${iterations}:${saltText}$${stored}:${server}`;
}

/** Takes a password that `prepareScramPassword` has prepared. Computes on another thread. */
export async function deriveScramKeys(
  prepared: string,
  salt: Buffer,
  iterations: number = SCRAM_ITERATIONS,
): Promise<ScramKeys> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  pbkdf2(prepared, salt, iterations, KEY_BYTES, 'sha256', (error, key) => {
    if (error === null) resolve(key);
    else reject(error);
  });
  const saltedPassword = await promise;
  return { iterations, salt, ...scramKeysOfSalted(saltedPassword) };
}

function scramKeysOfSalted(saltedPassword: Buffer): Pick<ScramKeys, 'storedKey' | 'serverKey'> {
  const clientKey = createHmac('sha256', saltedPassword).update('Client Key').digest();
  return {
    storedKey: createHash('sha256').update(clientKey).digest(),
    serverKey: createHmac('sha256', saltedPassword).update('Server Key').digest(),
  };
}

/**
 * SASLprep (RFC 4013). A password to be stored may have no characters that Unicode 3.2 did not know, one to be compared
 * may. Undefined for what the profile refuses: such a password works with other mechanisms only.
 */
export function prepareScramPassword(text: string, use: 'store' | 'compare'): string | undefined {
  try {
    return saslprep(text, { allowUnassigned: use === 'compare' });
  } catch {
    return undefined;
  }
}
