// A description of what runs, read from the parts that act and not from the configuration. Two servers that do the same
// describe themselves alike: there are no counters, no times, and no secrets, of which only a keyed digest is shown.

import { createHmac } from 'node:crypto';
import { Secret } from '../config/secret.ts';

/** Plain values, as JSON has them; undefined is left out. */
export type Facts =
  | string
  | number
  | boolean
  | undefined
  | readonly Facts[]
  | { readonly [name: string]: Facts };

/** Tells equal secrets from different ones, to whoever has chosen the key of it. */
export type Digest = (secret: string) => string;

/** Something that runs because of a configuration object, or because of the server as a whole. */
export interface RunningPart {
  /** The key of the name of the object's entry; undefined for the server as a whole. */
  readonly key: string | undefined;
  readonly facts: Facts;
}

export interface DescribedPart extends RunningPart {
  /** The kind of the object, or what the part of the server is called. */
  readonly kind: string;
}

const DIGITS = 16;

export function digestWith(key: string): Digest {
  return (secret) => createHmac('sha256', key).update(secret).digest('hex').slice(0, DIGITS);
}

/** Facts of whatever is made of plain values, lists, sets, functions (left out) and secrets (digested). */
export function factsOf(value: unknown, digest: Digest): Facts {
  if (value instanceof Secret) return `secret ${digest(value.reveal())}`;
  if (value instanceof Set) return [...value].map(String).toSorted();
  if (Array.isArray(value)) return value.map((one: unknown) => factsOf(one, digest));
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, factsOf(one, digest)]));
  return typeof value === 'string' || typeof value === 'boolean' ? value : undefined;
}
