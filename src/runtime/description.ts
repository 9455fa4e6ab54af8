// Describes what runs, from the running parts and not from the configuration. Two servers that do the same have
// equal descriptions: there are no counters and no times. Secrets are shown as a keyed digest.

import { createHmac } from 'node:crypto';
import { Secret } from '../config/secret.ts';

/** Plain JSON values; undefined ones are left out. */
export type Facts =
  | string
  | number
  | boolean
  | undefined
  | readonly Facts[]
  | { readonly [name: string]: Facts };

/** Returns a digest of a secret, which allows comparing secrets of servers that use one key. */
export type Digest = (secret: string) => string;

/** A part that runs for a configuration object, or for the whole server. */
export interface RunningPart {
  /** Key of the DN of the object's entry; undefined for the whole server. */
  readonly key: string | undefined;
  readonly facts: Facts;
}

export interface DescribedPart extends RunningPart {
  /** Kind of the object, or name of the part of the server. */
  readonly kind: string;
}

const DIGITS = 16;

/** Returns the digest of secrets with a key: HMAC, in hexadecimal digits. */
export function digestWith(key: string): Digest {
  return (secret) => createHmac('sha256', key).update(secret).digest('hex').slice(0, DIGITS);
}

/** Returns the facts of plain values, lists, sets, functions (left out) and secrets (as digests). */
export function factsOf(value: unknown, digest: Digest): Facts {
  if (value instanceof Secret) return `secret ${digest(value.reveal())}`;
  if (value instanceof Set) return [...value].map(String).toSorted();
  if (Array.isArray(value)) return value.map((one: unknown) => factsOf(one, digest));
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, factsOf(one, digest)]));
  return typeof value === 'string' || typeof value === 'boolean' ? value : undefined;
}
