// What all schemes of stored passwords have in common: `{SCHEME}` and what is computed to compare a password with it.

import { octetsFromText } from '../../ldap/octets.ts';
import type { Derivation } from './derivation.ts';

/** A password as it is stored, within the limits of its scheme. */
export interface StoredPassword {
  /** In upper case, without the braces. */
  readonly scheme: string;
  /** Slow enough that whoever has stolen it must work for each guess. */
  readonly isStrong: boolean;
  /** All that the time of the derivation depends on, beside the password. */
  readonly cost: string;
  /** What a login with the password computes. Throws nothing. */
  derivationOf(password: string): Derivation;
  /** Compares in constant time. */
  matches(derived: Uint8Array): boolean;
  /** What values of one password have in common, in base64; undefined for values that stand alone. */
  readonly group: string | undefined;
}

/** Why a value is not taken: said behind its name, with what to do instead. */
export interface SchemeProblem {
  readonly problem: string;
}

export interface PasswordScheme {
  /** In upper case. */
  readonly names: readonly string[];
  /** Takes the text behind the braces. */
  parse(text: string, name: string): StoredPassword | SchemeProblem;
}

export function isProblem(parsed: StoredPassword | SchemeProblem): parsed is SchemeProblem {
  return 'problem' in parsed;
}

export const NOT_OF_FORMAT: SchemeProblem = { problem: 'is not in the format of its scheme' };

/** The octets that other servers hash: as they came, without normalization. */
export function passwordOctets(password: string): Uint8Array {
  return octetsFromText(password);
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;

/** Takes base64 with or without padding; undefined for anything else. */
export function octetsOfBase64(text: string): Buffer | undefined {
  return BASE64.test(text) ? Buffer.from(text, 'base64') : undefined;
}

/** The base64 of passlib and OpenLDAP's pw-pbkdf2: a dot for the plus sign, and no padding. */
export function octetsOfAdaptedBase64(text: string): Buffer | undefined {
  return octetsOfBase64(text.replaceAll('.', '+'));
}

/** A whole number of at most ten digits; undefined for anything else. */
export function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}
