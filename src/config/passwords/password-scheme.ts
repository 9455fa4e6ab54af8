// Common parts of all password storage schemes: `{SCHEME}` and the derivation that verifies a password.

import { octetsFromText } from '../../ldap/octets.ts';
import type { Derivation } from './derivation.ts';

/** A stored password within the limits of its scheme. */
export interface StoredPassword {
  /** Scheme in upper case, without the braces. */
  readonly scheme: string;
  /** True if each guess is expensive for a thief of the value. */
  readonly isStrong: boolean;
  /** Everything but the password that the time of the derivation depends on. */
  readonly cost: string;
  /** Returns the derivation of a login with this password. Never throws. */
  derivationOf(password: string): Derivation;
  /** Compares in constant time. */
  matches(derived: Uint8Array): boolean;
  /** Base64 text that is equal for values of one password; undefined for single values. */
  readonly group: string | undefined;
}

/** Reason why a value is refused: a predicate of its name, with advice. */
export interface SchemeProblem {
  readonly problem: string;
}

export interface PasswordScheme {
  /** Names in upper case. */
  readonly names: readonly string[];
  /** Parses the text after the braces. */
  parse(text: string, name: string): StoredPassword | SchemeProblem;
}

/** Returns true if parsing failed. */
export function isProblem(parsed: StoredPassword | SchemeProblem): parsed is SchemeProblem {
  return 'problem' in parsed;
}

export const NOT_OF_FORMAT: SchemeProblem = { problem: 'is not in the format of its scheme' };

/** Returns the octets that other servers hash: UTF-8 without normalization. */
export function passwordOctets(password: string): Uint8Array {
  return octetsFromText(password);
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;

/** Decodes base64 with or without padding. Returns undefined for anything else. */
export function octetsOfBase64(text: string): Buffer | undefined {
  return BASE64.test(text) ? Buffer.from(text, 'base64') : undefined;
}

/** Decodes the base64 of passlib and OpenLDAP's pw-pbkdf2: a dot instead of the plus sign, and no padding. */
export function octetsOfAdaptedBase64(text: string): Buffer | undefined {
  return octetsOfBase64(text.replaceAll('.', '+'));
}

/** Parses a whole number of at most ten digits. Returns undefined for anything else. */
export function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}
