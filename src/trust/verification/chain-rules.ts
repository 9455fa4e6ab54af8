// Rules for each certificate of a chain, by itself or as the issuer of the one before it: dates, authority,
// purpose, key lengths, digests, signatures, critical extensions (RFC 5280 §6.1.3 to §6.1.5; OpenSSL's security
// level 2).

import type { KeyObject, X509Certificate } from 'node:crypto';
import type { BrokenRule, Role } from './broken-rule.ts';
import { type CertificateFacts, Extension, KeyUse } from './certificate-facts.ts';
import { isSelfIssued, type Link } from './chain-path.ts';
import { formatDay } from './chain-words.ts';

/** One certificate of the chain, with its position. */
export interface CheckedLink {
  readonly link: Link;
  /** Position; 0 is the certificate of the peer. */
  readonly at: number;
  /** Issuer; undefined at the end. */
  readonly issuer: Link | undefined;
  /** Number of authorities below it that are not self-issued. */
  readonly authoritiesBelow: number;
  /** `It`, or `The certificate of its issuer CN=…`. */
  readonly it: string;
  readonly role: Role;
  readonly now: Date;
}

type Rule = (place: CheckedLink) => BrokenRule | undefined;

const SERVER_PURPOSES: readonly string[] = [
  '1.3.6.1.5.5.7.3.1',
  // Server gated cryptography of Netscape and Microsoft, which OpenSSL treats alike.
  '2.16.840.1.113730.4.1',
  '1.3.6.1.4.1.311.10.3.3',
];
const CLIENT_PURPOSES: readonly string[] = ['1.3.6.1.5.5.7.3.2'];
const PURPOSE_NAMES: ReadonlyMap<string, string> = new Map([
  ['1.3.6.1.5.5.7.3.1', 'serverAuth'],
  ['1.3.6.1.5.5.7.3.2', 'clientAuth'],
  ['1.3.6.1.5.5.7.3.3', 'codeSigning'],
  ['1.3.6.1.5.5.7.3.4', 'emailProtection'],
  ['1.3.6.1.5.5.7.3.8', 'timeStamping'],
  ['1.3.6.1.5.5.7.3.9', 'OCSPSigning'],
  ['2.5.29.37.0', 'anyExtendedKeyUsage'],
]);
const USE_NAMES: readonly string[] = [
  ...['digitalSignature', 'nonRepudiation', 'keyEncipherment', 'dataEncipherment', 'keyAgreement'],
  ...['keyCertSign', 'cRLSign', 'encipherOnly', 'decipherOnly'],
];
/** Extensions that OpenSSL processes, or may ignore although they are critical. */
const HANDLED: ReadonlySet<string> = new Set([
  ...[14, 15, 17, 19, 30, 31, 32, 33, 35, 36, 37, 54].map((number) => `2.5.29.${number}`),
  ...[7, 8].map((number) => `1.3.6.1.5.5.7.1.${number}`),
  ...['2.16.840.1.113730.1.1', Extension.proxyCertInfo, '1.3.6.1.5.5.7.48.1.2'],
]);
/** Signature algorithms whose digest has less than 112 bits of security. */
const WEAK_DIGESTS: ReadonlyMap<string, string> = new Map([
  ['1.2.840.113549.1.1.2', 'MD2'],
  ['1.2.840.113549.1.1.3', 'MD4'],
  ['1.2.840.113549.1.1.4', 'MD5'],
  ['1.2.840.113549.1.1.5', 'SHA-1'],
  ['1.3.14.3.2.29', 'SHA-1'],
  ['1.3.36.3.3.1.2', 'RIPEMD-160'],
  ['1.2.840.10045.4.1', 'SHA-1'],
  ['1.2.840.10040.4.3', 'SHA-1'],
]);
const RSA_BITS_MIN = 2048;
const EC_BITS_MIN = 224;
const EC_BITS: ReadonlyMap<string, number> = new Map([
  ['prime192v1', 192],
  ['secp192k1', 192],
  ['secp160r1', 160],
  ['secp160k1', 160],
  ['secp112r1', 112],
  ['secp128r1', 128],
]);

export const CHAIN_RULES: readonly Rule[] = [
  expired,
  notYetValid,
  unreadableExtension,
  unknownCriticalExtension,
  proxyCertificate,
  noAuthority,
  wrongPurpose,
  tooManyBelow,
  weakKey,
  ownCurve,
  weakDigest,
  twoAlgorithms,
  wrongSignature,
];

function expired({ link, at, it, now, role }: CheckedLink): BrokenRule | undefined {
  const { validToDate } = link.certificate;
  if (validToDate >= now) return undefined;
  const problem = `${it} expired on ${formatDay(validToDate)}; it is ${formatDay(now)}.`;
  return { code: 'CERT_HAS_EXPIRED', problem, advice: renewal(link, at, role) };
}

function renewal({ isAuthority }: Link, at: number, role: Role): string {
  if (isAuthority) return 'Put its successor into the trust store.';
  if (at > 0) return `Have the ${role} send a certificate of the issuer that is valid.`;
  return role === 'server' ? 'Have it renewed on the server.' : 'Have it renewed.';
}

function notYetValid({ link, it, now }: CheckedLink): BrokenRule | undefined {
  const { validFromDate } = link.certificate;
  if (validFromDate <= now) return undefined;
  const problem = `${it} is valid from ${formatDay(validFromDate)} on; it is ${formatDay(now)}.`;
  return { code: 'CERT_NOT_YET_VALID', problem, advice: 'Check the clocks of both machines.' };
}

function unreadableExtension({ link, it }: CheckedLink): BrokenRule | undefined {
  const [oid] = link.facts?.unreadable ?? [];
  if (oid === undefined) return undefined;
  const problem = `${it} has the extension ${oid} twice, or it cannot be read.`;
  return { code: 'INVALID_EXTENSION', problem, advice: 'Have the certificate issued again.' };
}

function unknownCriticalExtension({ link, it }: CheckedLink): BrokenRule | undefined {
  const unknown = [...(link.facts?.extensions ?? [])].find(
    ([oid, isCritical]) => isCritical && !HANDLED.has(oid),
  );
  if (unknown === undefined) return undefined;
  const problem = `${it} has the critical extension ${unknown[0]}, which OpenSSL does not know.`;
  const advice = 'Have it issued without the extension, or with it not critical.';
  return { code: 'UNHANDLED_CRITICAL_EXTENSION', problem, advice };
}

function proxyCertificate({ link, it }: CheckedLink): BrokenRule | undefined {
  if (link.facts?.extensions.has(Extension.proxyCertInfo) !== true) return undefined;
  const problem = `${it} is a proxy certificate (RFC 3820), and these are not trusted here.`;
  const advice = 'Use a certificate of an authority instead of a proxy certificate.';
  return { code: 'PROXY_CERTIFICATES_NOT_ALLOWED', problem, advice };
}

function noAuthority({ link, at, it }: CheckedLink): BrokenRule | undefined {
  if (at === 0 || link.facts === undefined || mayIssue(link.certificate, link.facts)) return undefined;
  const why =
    link.facts.isAuthority === false
      ? 'its basicConstraints say CA:FALSE'
      : 'it has no basicConstraints with CA:TRUE';
  const problem = `${it} has issued another certificate and is no authority: ${why}.`;
  const advice = 'Have the certificate issued by an authority (basicConstraints CA:TRUE).';
  return { code: 'INVALID_CA', problem, advice };
}

function mayIssue(certificate: X509Certificate, { isAuthority, keyUsage, version }: CertificateFacts) {
  if (isAuthority !== undefined) return isAuthority;
  // Without basicConstraints OpenSSL accepts old self-issued roots, and certificates with keyCertSign.
  return (version === 1 && isSelfIssued(certificate)) || keyUsage?.has(KeyUse.keyCertSign) === true;
}

function wrongPurpose({ link, at, it, role }: CheckedLink): BrokenRule | undefined {
  const { purposes, keyUsage } = link.facts ?? {};
  const wanted = role === 'server' ? SERVER_PURPOSES : CLIENT_PURPOSES;
  const name = role === 'server' ? 'serverAuth' : 'clientAuth';
  const whose = at === 0 ? `for ${role}s` : `to issue certificates for ${role}s`;
  const code = 'INVALID_PURPOSE';
  if (purposes !== undefined && !purposes.some((one) => wanted.includes(one))) {
    const has = purposes.map((one) => PURPOSE_NAMES.get(one) ?? one).join(', ') || 'nothing';
    const problem = `${it} is not ${whose}: its extendedKeyUsage has ${has}, not ${name}.`;
    return {
      code,
      problem,
      advice: `Have it issued with extendedKeyUsage ${name}, or without extendedKeyUsage.`,
    };
  }
  if (at > 0 || keyUsage === undefined || usesOf(role).some((use) => keyUsage.has(use))) return undefined;
  const has = [...keyUsage].map((use) => USE_NAMES[use] ?? use).join(', ') || 'nothing';
  const problem = `${it} is not ${whose}: its keyUsage has ${has}, not digitalSignature.`;
  return { code, problem, advice: 'Have it issued with keyUsage digitalSignature.' };
}

function usesOf(role: Role): readonly number[] {
  const { digitalSignature, keyEncipherment, keyAgreement } = KeyUse;
  return role === 'server'
    ? [digitalSignature, keyEncipherment, keyAgreement]
    : [digitalSignature, keyAgreement];
}

function tooManyBelow({ link, at, it, authoritiesBelow }: CheckedLink): BrokenRule | undefined {
  const allowed = link.facts?.pathLength;
  if (at === 0 || allowed === undefined || authoritiesBelow <= allowed) return undefined;
  const may = allowed === 0 ? 'no authority' : `at most ${allowed} authorities`;
  const problem = `${it} allows ${may} below it (pathlen:${allowed}), and the chain has ${authoritiesBelow}.`;
  const advice =
    'Have the certificate issued by an authority higher up, or that authority again with a larger pathlen.';
  return { code: 'PATH_LENGTH_EXCEEDED', problem, advice };
}

function weakKey({ link, at, it }: CheckedLink): BrokenRule | undefined {
  const key = keyOf(link.certificate);
  const code = at === 0 ? 'EE_KEY_TOO_SMALL' : 'CA_KEY_TOO_SMALL';
  const { modulusLength, namedCurve = '' } = key?.asymmetricKeyDetails ?? {};
  if (modulusLength !== undefined && modulusLength < RSA_BITS_MIN) {
    const type = (key?.asymmetricKeyType ?? '').toUpperCase().replace(/-.*$/, '');
    const problem = `${it} has ${type === 'RSA' ? 'an RSA' : `a ${type}`} key of ${modulusLength} bits, and at least ${RSA_BITS_MIN} are needed.`;
    return { code, problem, advice: `Have it issued for a key of ${RSA_BITS_MIN} bits or more.` };
  }
  const bits = EC_BITS.get(namedCurve);
  if (bits === undefined) return undefined;
  const problem = `${it} has an EC key of ${bits} bits (${namedCurve}), and at least ${EC_BITS_MIN} are needed.`;
  return { code, problem, advice: 'Have it issued for a key on P-256 or a larger curve.' };
}

function ownCurve({ link, it }: CheckedLink): BrokenRule | undefined {
  if (link.facts?.hasOwnCurve !== true) return undefined;
  const problem = `${it} has an EC key that writes its curve out instead of naming it.`;
  const advice = 'Have it issued for a key on a named curve, such as P-256.';
  return { code: 'EC_KEY_EXPLICIT_PARAMS', problem, advice };
}

/** Checks the digest of a signature. The last signature of the chain is not checked: its key is trusted. */
function weakDigest({ link, issuer, it }: CheckedLink): BrokenRule | undefined {
  const weak = WEAK_DIGESTS.get(link.facts?.signatureAlgorithm ?? '');
  if (weak === undefined || issuer === undefined) return undefined;
  const problem = `${it} is signed with ${weak}, which is too weak to be trusted.`;
  return { code: 'CA_MD_TOO_WEAK', problem, advice: 'Have it issued again with SHA-256 or better.' };
}

function twoAlgorithms({ link, it }: CheckedLink): BrokenRule | undefined {
  const { signatureAlgorithm, signedAlgorithm } = link.facts ?? {};
  if (signatureAlgorithm === signedAlgorithm) return undefined;
  const problem = `${it} names two algorithms for its one signature: ${signedAlgorithm} and ${signatureAlgorithm}.`;
  return { code: 'SIGNATURE_ALGORITHM_INCONSISTENCY', problem, advice: 'Have the certificate issued again.' };
}

function wrongSignature({ link, issuer, it }: CheckedLink): BrokenRule | undefined {
  const key = issuer === undefined ? undefined : keyOf(issuer.certificate);
  const namesTwo = link.facts?.signatureAlgorithm !== link.facts?.signedAlgorithm;
  if (key === undefined || namesTwo || isSignedWith(link.certificate, key)) return undefined;
  const problem = `${it} has a signature that is not by the key of its issuer: it was changed, or that issuer has another key now.`;
  const advice =
    issuer?.isAuthority === true
      ? 'Put the certificate of the issuer into the trust store that belongs to its present key, and compare both with those of the authority.'
      : 'Compare the certificates with those of the authority.';
  return { code: 'CERT_SIGNATURE_FAILURE', problem, advice };
}

function isSignedWith(certificate: X509Certificate, key: KeyObject): boolean {
  try {
    return certificate.verify(key);
  } catch {
    return false;
  }
}

/** Returns the public key; undefined if OpenSSL cannot read it. */
function keyOf(certificate: X509Certificate): KeyObject | undefined {
  try {
    return certificate.publicKey;
  } catch {
    return undefined;
  }
}
