// A private key with the certificate that was issued for it, and the certificates that lead from there to an authority.

import type { KeyObject, X509Certificate } from 'node:crypto';
import { TrustError } from './trust-error.ts';

export interface ServerKey {
  /** What the key is called in its store; of a PEM file, the name of the file. */
  readonly alias: string;
  readonly privateKey: KeyObject;
  readonly certificate: X509Certificate;
  /** Issuers in order, without the certificate itself. */
  readonly chain: readonly X509Certificate[];
}

/** Throws TrustError when the certificate was issued for another key. */
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

export function isValidAt({ certificate }: ServerKey, now: Date): boolean {
  return certificate.validFromDate <= now && now <= certificate.validToDate;
}

/**
 * The keys a server presents: those with the names given, or, without names, the one of each type (RSA, EC) that is valid
 * now and stays so the longest. Throws TrustError when a name is not there, or when there is no key at all.
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

/** Key stores of Java keep names in lower case, whatever case they were given in. */
function isSameAlias(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** Whatever is valid comes before whatever is not; then the later end wins. */
function rank(key: ServerKey, now: Date): number {
  const until = key.certificate.validToDate.getTime();
  return isValidAt(key, now) ? until : until - Number.MAX_SAFE_INTEGER;
}
