// What is kept of a password: a slow hash that logins with the password are compared with, and the keys of SCRAM that
// logins without it are. Both are values of the same attribute, so whatever replaces or deletes a password replaces or
// deletes both; that they belong together is told by their salt, which they share.

import { randomBytes, timingSafeEqual } from 'node:crypto';
import { hashPassword, type ScryptOptions, saltOfHash, verifyPassword } from './password-hash.ts';
import {
  deriveScramKeys,
  formatScramKeys,
  parseScramKeys,
  prepareScramPassword,
  type ScramKeys,
} from './password-scram.ts';

const SALT_BYTES = 16;

/** Whether the text is a value that `storePassword` may have made, within the limits of its scheme. */
export function isStoredPassword(text: string): boolean {
  return saltOf(text) !== undefined;
}

/** Takes a password in clear text and gives the values to store. Takes some tenths of a second, not on this thread. */
export async function storePassword(text: string, options?: ScryptOptions): Promise<readonly string[]> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await hashPassword(text, options, salt);
  const prepared = prepareScramPassword(text, 'store');
  if (prepared === undefined || prepared === '') return [hash];
  return [hash, formatScramKeys(await deriveScramKeys(prepared, salt))];
}

/** The stored values that the password fits, each with those made together with it; none when it is wrong. */
export async function findStored(stored: readonly string[], text: string): Promise<readonly string[]> {
  for (const value of stored) {
    const isOther = saltOfHash(value) === undefined && hasSibling(value, stored);
    if (!isOther && (await verifyOne(value, text))) return siblingsOf(value, stored);
  }
  return [];
}

/** The value itself and the values that were made of the same password. */
export function siblingsOf(value: string, stored: readonly string[]): readonly string[] {
  const salt = saltOf(value);
  return stored.filter((other) => other === value || (salt !== undefined && saltOf(other) === salt));
}

/** The keys to log in by SCRAM with; undefined when none of the passwords has any. */
export function findScramKeys(stored: readonly string[]): ScramKeys | undefined {
  for (const value of stored) {
    const keys = parseScramKeys(value);
    if (keys !== undefined) return keys;
  }
  return undefined;
}

async function verifyOne(value: string, text: string): Promise<boolean> {
  const keys = parseScramKeys(value);
  if (keys === undefined) return verifyPassword(value, text);
  const prepared = prepareScramPassword(text, 'compare');
  if (prepared === undefined) return false;
  const { storedKey } = await deriveScramKeys(prepared, keys.salt, keys.iterations);
  return timingSafeEqual(storedKey, keys.storedKey);
}

/** Whether the slow hash of the same password is there: comparing with that is enough. */
function hasSibling(value: string, stored: readonly string[]): boolean {
  return siblingsOf(value, stored).some((other) => saltOfHash(other) !== undefined);
}

function saltOf(value: string): string | undefined {
  return saltOfHash(value) ?? parseScramKeys(value)?.salt.toString('base64');
}
