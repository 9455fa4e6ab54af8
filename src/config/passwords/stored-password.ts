// What is kept of a password: a slow hash that logins with the password are compared with, and the keys of SCRAM that
// logins without it are. All are values of the same attribute, so whatever replaces or deletes a password replaces or
// deletes all; that they belong together is told by their salt, which they share. Values in the formats of other servers
// are kept as they came. Text that begins with `{…}` is never taken for a password in clear text.

import { randomBytes } from 'node:crypto';
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
/** Not part of any scheme: 389 DS takes passwords of this length, and so do we. */
const STORED_CHARACTERS_MAX = 1024;
const PREFIX = /^\{([^{}]*)\}/;

/** What may be stored: anything that can be verified, or for accounts of the server itself only what is slow to guess. */
export type Acceptance = 'any' | 'strong';

/** Whether the text begins with `{…}`, so that it is not a password in clear text. */
export function isPrepared(text: string): boolean {
  return PREFIX.test(text);
}

/** Undefined when the text is no stored password of a scheme that is known here, within the limits of the scheme. */
export function parseStored(text: string): StoredPassword | undefined {
  const parsed = parse(text);
  return parsed === undefined || isProblem(parsed) ? undefined : parsed;
}

/**
 * Returns why a text that begins with `{…}` is not taken, and what is; undefined when it is taken.
 */
export function preparedProblem(
  text: string,
  acceptance: Acceptance,
): { problem: string; advice: string } | undefined {
  const name = (PREFIX.exec(text)?.[1] ?? '').toUpperCase();
  const parsed = parse(text);
  const known = [...SCHEME_BY_NAME.keys()].map((one) => `{${one}}`).join(', ');
  const advice = `Write the password itself, which may not begin with {…}, or its hash: ${known}.`;
  // The name of a scheme that is not known may be a part of somebody's password.
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

/** Takes a password in clear text; returns the values to store. */
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

/** A stored value that a password is compared with. */
export interface Comparable {
  readonly value: string;
  readonly stored: StoredPassword;
}

/** Returns one value of each password, the quickest to be refuted: others that were made with it need no comparison. */
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

/** Returns the stored values that the password fits, each with those made together with it; none when it is wrong. */
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

/** The value itself and the values that were made of the same password. */
export function siblingsOf(value: string, values: readonly string[]): readonly string[] {
  const group = parseStored(value)?.group;
  return values.filter(
    (other) => other === value || (group !== undefined && parseStored(other)?.group === group),
  );
}

/** The keys to log in with by a mechanism; undefined when none of the passwords has any. */
export function findScramKeys(values: readonly string[], mechanism: ScramMechanism): ScramKeys | undefined {
  for (const value of values) {
    const keys = parseScramKeys(value);
    if (keys?.mechanism === mechanism) return keys;
  }
  return undefined;
}
