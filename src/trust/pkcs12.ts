// Reads PKCS#12 stores (RFC 7292) as OpenSSL and keytool write them, with node-forge. It returns DER for what
// it has no objects for, such as elliptic-curve keys; the runtime parses that.

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import forge from 'node-forge';
import { requireFewRounds } from './derivation-limit.ts';
import type { KeyStore } from './key-store.ts';
import { type ServerKey, serverKey } from './server-key.ts';
import { TrustError } from './trust-error.ts';

const ASCII = /^[ -~]*$/;

/** Old encryption algorithms that no program used by default (RFC 7292, appendix C). They are not supported. */
const OLD_ALGORITHMS: ReadonlyMap<string, string> = new Map([
  ['1.2.840.113549.1.12.1.1', 'RC4, which is broken'],
  ['1.2.840.113549.1.12.1.2', 'RC4, which is broken'],
  ['1.2.840.113549.1.12.1.4', 'DES with two keys'],
  ['1.2.840.113549.1.12.1.5', 'RC2 with 128 bits'],
]);

interface KeyBag {
  readonly alias: string | undefined;
  readonly id: string | undefined;
  readonly key: KeyObject;
}

interface CertificateBag {
  readonly id: string | undefined;
  readonly certificate: X509Certificate;
}

/**
 * Reads a PKCS#12 store. Throws TrustError.
 *
 * @param path Name of the store in messages.
 */
export function readPkcs12(octets: Buffer, path: string, pin: string | undefined): KeyStore {
  const bags = open(parse(octets, path), path, pin);
  const keys = bags.filter(({ type }) => isKeyBag(type)).map((bag) => readKeyBag(bag, path));
  const certificates = bags
    .filter(({ type }) => type === forge.pki.oids.certBag)
    .map((bag) => readCertificateBag(bag, path));
  const own = new Set(keys.map((key) => certificateOf(key, certificates)));
  const issuers = certificates.map(({ certificate }) => certificate);
  const serverKeys = keys.map((bag, index) =>
    toServerKey(bag, certificateOf(bag, certificates), issuers, index),
  );
  const chains = new Set(serverKeys.flatMap(({ chain }) => chain));
  return {
    keys: serverKeys,
    // In a store with keys, the certificates are their chains; otherwise they are authorities.
    authorities: certificates
      .filter((bag) => !own.has(bag) && (isSelfIssued(bag) || !chains.has(bag.certificate)))
      .map(({ certificate }) => certificate),
  };
}

function isSelfIssued({ certificate }: CertificateBag): boolean {
  return certificate.issuer === certificate.subject;
}

function toServerKey(
  { alias, key }: KeyBag,
  own: CertificateBag | undefined,
  issuers: readonly X509Certificate[],
  index: number,
): ServerKey {
  const certificates = own === undefined ? [] : chainOf(own.certificate, issuers);
  return serverKey(alias ?? String(index + 1), key, certificates);
}

/** Returns the chain from the certificate towards its authority, as far as the store has it. */
function chainOf(first: X509Certificate, issuers: readonly X509Certificate[]): X509Certificate[] {
  const chain = [first];
  for (let at: X509Certificate | undefined = first; at !== undefined; ) {
    const subject: X509Certificate = at;
    at = issuers.find((issuer) => !chain.includes(issuer) && subject.checkIssued(issuer));
    if (at !== undefined) chain.push(at);
  }
  return chain;
}

/** Returns the certificate of a key, by id or, failing that, by public key. */
function certificateOf(
  { id, key }: KeyBag,
  certificates: readonly CertificateBag[],
): CertificateBag | undefined {
  const said = id === undefined ? undefined : certificates.find((bag) => bag.id === id);
  return said ?? certificates.find(({ certificate }) => certificate.checkPrivateKey(key));
}

function parse(octets: Buffer, path: string): forge.asn1.Asn1 {
  try {
    return forge.asn1.fromDer(octets.toString('latin1'));
  } catch {
    throw new TrustError(`The file ${path} is damaged: it begins like a PKCS#12 store and is none.`);
  }
}

function open(asn1: forge.asn1.Asn1, path: string, pin: string | undefined): readonly forge.pkcs12.Bag[] {
  try {
    return bagsOf(asn1, path, pin ?? '');
  } catch (error) {
    if (error instanceof TrustError) throw error;
    const isPin = error instanceof Error && /password|MAC could not/i.test(error.message);
    const isForeign = pin !== undefined && !ASCII.test(pin);
    if (!isPin && !isForeign) throw new TrustError(`The file ${path} ${obstacleOf(error)}`);
    const bags = isForeign ? bagsWithForeignPin(asn1, path, pin) : undefined;
    if (bags !== undefined) return bags;
    const problem =
      pin === undefined ? 'needs a PIN, and none is set' : 'does not open with the PIN that is set';
    throw new TrustError(`The key store ${path} ${problem}.`);
  }
}

/** Returns the reason why node-forge cannot decrypt or verify; it names algorithms by OID. */
function obstacleOf(error: unknown): string {
  const [, mac] = /MAC algorithm: ([\d.]+)/.exec(error instanceof Error ? error.message : '') ?? [];
  if (mac !== undefined) {
    return `has a MAC of a kind that is not known here (${mac}). Write it again with openssl pkcs12 -export -macalg sha256.`;
  }
  const oid = error instanceof Error && 'oid' in error ? String(error.oid) : undefined;
  if (oid === undefined) return 'is not a PKCS#12 store that can be read.';
  const name = OLD_ALGORITHMS.get(oid) ?? `an algorithm that is not known here (${oid})`;
  return `is encrypted with ${name}. Write it again with openssl pkcs12 -export or keytool -importkeystore.`;
}

function bagsOf(asn1: forge.asn1.Asn1, path: string, pin: string): readonly forge.pkcs12.Bag[] {
  requireFewRounds(asn1, path, pin);
  return forge.pkcs12.pkcs12FromAsn1(asn1, false, pin).safeContents.flatMap(({ safeBags }) => safeBags);
}

/**
 * Decrypts a store whose PIN is not ASCII. The MAC takes it as UTF-16 and newer encryption as UTF-8. node-forge
 * supports only one form for both, so the MAC is not verified.
 */
function bagsWithForeignPin(
  asn1: forge.asn1.Asn1,
  path: string,
  pin: string,
): readonly forge.pkcs12.Bag[] | undefined {
  const withoutMac = { ...asn1, value: asn1.value.slice(0, 2) } as forge.asn1.Asn1;
  try {
    return bagsOf(withoutMac, path, Buffer.from(pin, 'utf8').toString('latin1'));
  } catch (error) {
    if (error instanceof TrustError) throw error;
    return undefined;
  }
}

function isKeyBag(type: string): boolean {
  return type === forge.pki.oids.keyBag || type === forge.pki.oids.pkcs8ShroudedKeyBag;
}

function readKeyBag({ attributes, key, asn1 }: forge.pkcs12.Bag, path: string): KeyBag {
  const info = key ? forge.pki.wrapRsaPrivateKey(forge.pki.privateKeyToAsn1(key)) : asn1;
  return {
    ...namesOf(attributes),
    key: readDer(info, path, (der) => createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })),
  };
}

function readCertificateBag({ attributes, cert, asn1 }: forge.pkcs12.Bag, path: string): CertificateBag {
  const value = cert ? forge.pki.certificateToAsn1(cert) : asn1;
  return { ...namesOf(attributes), certificate: readDer(value, path, (der) => new X509Certificate(der)) };
}

function readDer<T>(value: forge.asn1.Asn1, path: string, read: (der: Buffer) => T): T {
  try {
    return read(Buffer.from(forge.asn1.toDer(value).getBytes(), 'latin1'));
  } catch {
    throw new TrustError(
      `The key store ${path} has a key or a certificate of a kind that is not known here.`,
    );
  }
}

function namesOf(attributes: { friendlyName?: string[]; localKeyId?: string[] } | undefined) {
  return { alias: attributes?.friendlyName?.[0], id: attributes?.localKeyId?.[0] };
}
