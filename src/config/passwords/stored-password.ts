// The stored values of a password: a slow hash for logins with the password, and SCRAM keys for logins without
// sending it. All are values of one attribute, so that replacing or deleting a password affects all of them. Values
// of one password have the same salt. Values in the formats of other servers are kept unchanged. Text that begins
// with `{…}` is never a password in clear text.

import { randomBytes } from 'node:crypto';
import { ENCRYPTED_MARK } from '../../ldap/encrypted-mark.ts';
import { argon2Scheme } from './argon2-scheme.ts';
import { bcryptScheme, cryptScheme } from './crypt-schemes.ts';
import type { Derive } from './derivation.ts';
import { digestSchemes } from './digest-schemes.ts';
import { isProblem, type PasswordScheme, type StoredPassword } from './password-scheme.ts';
import { pbkdf2Schemes } from './pbkdf2-schemes.ts';
import {
  deriveScramKeys,
  formatScramKeys,
  parseScramKeys,
  prepareScramPassword,
  SCRAM_MECHANISMS,
  type ScramKeys,
  type ScramMechanism,
  scramSchemes,
} from './scram-scheme.ts';
import { hashPassword, type ScryptOptions, scryptScheme } from './scrypt-scheme.ts';

const SALT_BYTES = 16;

const SCHEMES: readonly PasswordScheme[] = [
  scryptScheme,
  scramSchemes,
  pbkdf2Schemes,
  bcryptScheme,
  argon2Scheme,
  cryptScheme,
  digestSchemes,
];
const SCHEME_BY_NAME = new Map(
  SCHEMES.flatMap((scheme) => scheme.names.map((name) => [name, scheme] as const)),
);
/** Maximum length of a stored password in characters; 389 DS accepts this length. */
const STORED_CHARACTERS_MAX = 1024;
const PREFIX = /^\{([^{}]*)\}/;

/** Values that may be stored: all that can be verified, or for the server's own accounts only strong hashes. */
export type Acceptance = 'any' | 'strong';

/** Returns true if the text begins with `{…}`, so that it is no password in clear text. */
export function isPrepared(text: string): boolean {
  return PREFIX.test(text);
}

/** Parses a stored password. Returns undefined for an unknown scheme, or parameters outside of its limits. */
export function parseStored(text: string): StoredPassword | undefined {
  const parsed = parse(text);
  return parsed === undefined || isProblem(parsed) ? undefined : parsed;
}

/** Returns why a text that begins with `{…}` is refused, and what is allowed; undefined if it is accepted. */
export function preparedProblem(
  text: string,
  acceptance: Acceptance,
): { problem: string; advice: string } | undefined {
  const name = (PREFIX.exec(text)?.[1] ?? '').toUpperCase();
  const parsed = parse(text);
  const known = [...SCHEME_BY_NAME.keys()].map((one) => `{${one}}`).join(', ');
  const advice = `Write the password itself, which may not begin with {…}, or its hash: ${known}.`;
  if (text.startsWith(ENCRYPTED_MARK))
    return {
      problem: `begins with ${ENCRYPTED_MARK}, as only encrypted values in the files of this server do`,
      advice,
    };
  // An unknown scheme name may be part of a password, so it is not repeated.
  if (parsed === undefined)
    return { problem: 'begins with {…}, and that is no password scheme that is known here', advice };
  if (isProblem(parsed)) return { problem: `of the scheme {${name}} ${parsed.problem}`, advice };
  if (acceptance === 'any' || parsed.isStrong) return undefined;
  return {
    problem: `of the scheme {${name}} is too quick to guess for an account of the server`,
    advice:
      'Write the password itself, or a hash of {SCRYPT}, {SCRAM-SHA-256}, {SCRAM-SHA-512}, {PBKDF2…} with 10,000 rounds, ' +
      '{BCRYPT} with a cost of 8, {ARGON2}, or {CRYPT} of SHA-256, SHA-512 or bcrypt.',
  };
}

function parse(text: string) {
  const [prefix, name] = PREFIX.exec(text) ?? [];
  if (prefix === undefined || name === undefined || text.length > STORED_CHARACTERS_MAX) return undefined;
  const upper = name.toUpperCase();
  return SCHEME_BY_NAME.get(upper)?.parse(text.slice(prefix.length), upper);
}

/** Hashes a password in clear text. Returns the values to store. */
export async function storePassword(
  text: string,
  derive: Derive,
  options?: ScryptOptions,
): Promise<readonly string[]> {
  const salt = randomBytes(SALT_BYTES);
  const hash = hashPassword(text, derive, options, salt);
  const prepared = prepareScramPassword(text, 'store');
  if (prepared === undefined || prepared === '') return [await hash];
  const keys = SCRAM_MECHANISMS.map((mechanism) => deriveScramKeys(prepared, mechanism, salt, derive));
  const [hashed, ...scram] = await Promise.all([hash, ...keys.map((one) => one.then(formatScramKeys))]);
  return [hashed, ...scram];
}

/** A stored value to compare a password with. */
export interface Comparable {
  readonly value: string;
  readonly stored: StoredPassword;
}

/** Returns one value of each password, the cheapest one. Values made together need no further comparison. */
export function comparablesOf(values: readonly string[]): readonly Comparable[] {
  const comparables = values.flatMap((value): Comparable[] => {
    const stored = parseStored(value);
    return stored === undefined ? [] : [{ value, stored }];
  });
  const first = new Map<string, Comparable>();
  for (const one of comparables) {
    const { group } = one.stored;
    const known = group === undefined ? undefined : first.get(group);
    if (group !== undefined && (known === undefined || one.stored.scheme === 'SCRYPT')) first.set(group, one);
  }
  return comparables.filter((one) => one.stored.group === undefined || first.get(one.stored.group) === one);
}

/**
 * Returns the stored values that the password matches, with those made together with them; an empty list if it is
 * wrong.
 */
export async function findStored(
  values: readonly string[],
  text: string,
  derive: Derive,
): Promise<readonly string[]> {
  for (const { value, stored } of comparablesOf(values)) {
    if (stored.matches(await derive(stored.derivationOf(text)))) return siblingsOf(value, values);
  }
  return [];
}

/** Returns the value and the others made from the same password. */
export function siblingsOf(value: string, values: readonly string[]): readonly string[] {
  const group = parseStored(value)?.group;
  return values.filter(
    (other) => other === value || (group !== undefined && parseStored(other)?.group === group),
  );
}

/** Returns the SCRAM keys for a mechanism; undefined if no password has any. */
export function findScramKeys(values: readonly string[], mechanism: ScramMechanism): ScramKeys | undefined {
  for (const value of values) {
    const keys = parseScramKeys(value);
    if (keys?.mechanism === mechanism) return keys;
  }
  return undefined;
}
