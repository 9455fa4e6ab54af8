// A private key with its certificate and the chain to an authority.

import type { KeyObject, X509Certificate } from 'node:crypto';
import { TrustError } from './trust-error.ts';

export interface ServerKey {
  /** Alias in the key store; for a PEM file, its name. */
  readonly alias: string;
  readonly privateKey: KeyObject;
  readonly certificate: X509Certificate;
  /** Issuers in order, without the certificate itself. */
  readonly chain: readonly X509Certificate[];
}

/** Returns a server key. Throws TrustError if the certificate belongs to another key. */
export function serverKey(
  alias: string,
  privateKey: KeyObject,
  [certificate, ...chain]: readonly X509Certificate[],
): ServerKey {
  if (certificate === undefined) throw new TrustError(`${alias} has a private key and no certificate.`);
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new TrustError(
      `The certificate of ${alias} was issued for another private key than the one beside it.`,
    );
  }
  return { alias, privateKey, certificate, chain };
}

/** Returns true if the certificate of the key is valid at this time. */
export function isValidAt({ certificate }: ServerKey, now: Date): boolean {
  return certificate.validFromDate <= now && now <= certificate.validToDate;
}

/**
 * Chooses the keys that a server presents: those with the given aliases or, without aliases, one of each type
 * (RSA, EC) that is valid now and expires last. Throws TrustError if an alias does not exist or there is no
 * key.
 */
export function chooseKeys(
  keys: readonly ServerKey[],
  aliases: readonly string[],
  now: Date,
): readonly ServerKey[] {
  const there =
    keys.length === 0 ? 'There is no private key' : `There are ${keys.map(({ alias }) => alias).join(', ')}`;
  const missing = aliases.filter((name) => !keys.some(({ alias }) => isSameAlias(alias, name)));
  if (missing.length > 0) throw new TrustError(`No key is called ${missing.join(' or ')}. ${there}.`);
  const named =
    aliases.length === 0 ? keys : keys.filter((key) => aliases.some((name) => isSameAlias(key.alias, name)));
  const best = new Map<string | undefined, ServerKey>();
  for (const key of named) {
    const type = key.privateKey.asymmetricKeyType;
    const other = best.get(type);
    if (other === undefined || rank(key, now) > rank(other, now)) best.set(type, key);
  }
  if (best.size === 0) throw new TrustError(`${there}.`);
  return [...best.values()];
}

/** Compares aliases without case, because Java key stores keep them in lower case. */
function isSameAlias(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** Ranks keys: valid ones first, then by later expiry. */
function rank(key: ServerKey, now: Date): number {
  const until = key.certificate.validToDate.getTime();
  return isValidAt(key, now) ? until : until - Number.MAX_SAFE_INTEGER;
}
