// Certificates that no careful authority would issue: built element by element and signed in this process, so that a test
// can have a chain for every rule that may be broken. What administrators make with openssl is in certificates.ts.

import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import forge from 'node-forge';

const { asn1 } = forge;
const { Class, Type } = asn1;

type Element = forge.asn1.Asn1;

/** OIDs of signature algorithms by the type of the key. */
const ALGORITHMS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ec: { sha256: '1.2.840.10045.4.3.2', sha1: '1.2.840.10045.4.1' },
  dsa: { sha256: '2.16.840.1.101.3.4.3.2' },
  rsa: { sha256: '1.2.840.113549.1.1.11', sha1: '1.2.840.113549.1.1.5', md5: '1.2.840.113549.1.1.4' },
};
const NAME_TYPES: Readonly<Record<string, string>> = { CN: '2.5.4.3', O: '2.5.4.10', C: '2.5.4.6' };
const BIT_NAMES = [
  ...['digitalSignature', 'nonRepudiation', 'keyEncipherment', 'dataEncipherment', 'keyAgreement'],
  ...['keyCertSign', 'cRLSign'],
];

/** `CN=a` or, the most general part first, `O=b,CN=a`. */
export type NameText = string;

export interface CertificateWords {
  readonly subject?: NameText;
  readonly key?: KeyObject;
  /** Undefined: itself. */
  readonly issuer?: Made;
  /** Instead of the subject of the issuer. */
  readonly issuerName?: NameText;
  readonly digest?: 'sha256' | 'sha1' | 'md5';
  readonly from?: Date;
  readonly to?: Date;
  readonly version?: 1 | 3;
  readonly extensions?: readonly Element[];
  /** OID that the signed part names, where it is another than that of the signature. */
  readonly signedAlgorithm?: string;
  /** OID of both, where it is not the one that is used. */
  readonly algorithm?: string;
  /** Flips a bit of the signature. */
  readonly isForged?: boolean;
}

export interface Made {
  readonly subject: NameText;
  readonly key: KeyObject;
  /** PEM. */
  readonly certificate: string;
  readonly keyPem: string;
}

export function ecKey(namedCurve = 'P-256', paramEncoding: 'named' | 'explicit' = 'named'): KeyObject {
  return generateKeyPairSync('ec', { namedCurve, paramEncoding }).privateKey;
}

export function dsaKey(): KeyObject {
  return generateKeyPairSync('dsa', { modulusLength: 1024, divisorLength: 160 }).privateKey;
}

export function rsaKey(modulusLength: number): KeyObject {
  return generateKeyPairSync('rsa', { modulusLength }).privateKey;
}

const DAY_MS = 86_400_000;

export function makeCertificate(words: CertificateWords): Made {
  const { subject = 'CN=localhost', key = ecKey(), issuer, digest = 'sha256' } = words;
  const {
    from = new Date(Date.now() - DAY_MS),
    to = new Date(Date.now() + 10 * DAY_MS),
    version = 3,
  } = words;
  const signer = issuer?.key ?? key;
  const used = words.algorithm ?? ALGORITHMS[signer.asymmetricKeyType ?? '']?.[digest] ?? '';
  const body = sequence(
    ...(version === 3 ? [context(0, [primitive(Type.INTEGER, '\x02')])] : []),
    primitive(Type.INTEGER, `\x40${randomBytes(15).toString('latin1')}`),
    algorithm(words.signedAlgorithm ?? used),
    name(words.issuerName ?? issuer?.subject ?? subject),
    sequence(time(from), time(to)),
    name(subject),
    asn1.fromDer(createPublicKey(key).export({ type: 'spki', format: 'der' }).toString('latin1')),
    ...(words.extensions === undefined ? [] : [context(3, [sequence(...words.extensions)])]),
  );
  const signature = sign(digest, octetsOf(body), signer);
  if (words.isForged === true) signature[signature.length - 1] = (signature.at(-1) ?? 0) ^ 1;
  const bits = primitive(Type.BITSTRING, `\0${signature.toString('latin1')}`);
  const der = octetsOf(sequence(body, algorithm(used), bits)).toString('latin1');
  const certificate = forge.pem.encode({ type: 'CERTIFICATE', body: der }).replaceAll('\r\n', '\n');
  return { subject, key, certificate, keyPem: String(key.export({ type: 'pkcs8', format: 'pem' })) };
}

export const basicConstraints = (isAuthority: boolean, pathLength?: number) =>
  extension('2.5.29.19', true, [
    sequence(
      ...(isAuthority ? [primitive(Type.BOOLEAN, '\xff')] : []),
      ...(pathLength === undefined ? [] : [primitive(Type.INTEGER, String.fromCharCode(pathLength))]),
    ),
  ]);

export function keyUsage(...names: readonly string[]): Element {
  const octet = names.reduce((sum, use) => sum | (0x80 >> BIT_NAMES.indexOf(use)), 0);
  return extension('2.5.29.15', true, [primitive(Type.BITSTRING, `\0${String.fromCharCode(octet)}`)]);
}

export function purposes(...oids: readonly string[]): Element {
  return extension('2.5.29.37', false, [sequence(...oids.map(oid))]);
}

/** `DNS:a.example`, `IP:127.0.0.1`, `email:a@example.com`, `URI:https://…`, `RID:1.2.3`. */
export function alternativeNames(...names: readonly string[]): Element {
  return extension('2.5.29.17', false, [sequence(...names.map(generalName))]);
}

/** Like those of `alternativeNames`; `IP:10.0.0.0/255.0.0.0`; with ` max` behind it a subtree has a maximum. */
export function nameConstraints(permitted: readonly string[], excluded: readonly string[] = []): Element {
  const subtrees = (tag: number, names: readonly string[]) =>
    names.length === 0 ? [] : [context(tag, names.map(subtree))];
  return extension('2.5.29.30', true, [sequence(...subtrees(0, permitted), ...subtrees(1, excluded))]);
}

export function keyIdentifier(octets: string): Element {
  return extension('2.5.29.14', false, [primitive(Type.OCTETSTRING, octets)]);
}

export function issuerKeyIdentifier(octets: string): Element {
  return extension('2.5.29.35', false, [sequence(contextPrimitive(0, octets))]);
}

/** Of the certificate of the issuer: the name of its own issuer, and its serial number. */
export function issuerSerial(issuer: NameText, serial: string): Element {
  const names = context(1, [context(4, [name(issuer)])]);
  return extension('2.5.29.35', false, [sequence(names, contextPrimitive(2, serial))]);
}

export function extension(id: string, isCritical: boolean, [value]: readonly [Element]): Element {
  return rawExtension(id, isCritical, asn1.toDer(value).getBytes());
}

/** @param octets the content, which need not be DER. */
export function rawExtension(id: string, isCritical: boolean, octets: string): Element {
  return sequence(
    oid(id),
    ...(isCritical ? [primitive(Type.BOOLEAN, '\xff')] : []),
    primitive(Type.OCTETSTRING, octets),
  );
}

function subtree(text: string): Element {
  const [base = '', maximum] = text.split(' ');
  return sequence(generalName(base), ...(maximum === undefined ? [] : [contextPrimitive(1, '\x05')]));
}

function generalName(text: string): Element {
  const [kind = '', value = ''] = [text.slice(0, text.indexOf(':')), text.slice(text.indexOf(':') + 1)];
  if (kind === 'IP') return contextPrimitive(7, value.split('/').map(addressOctets).join(''));
  if (kind === 'DIR') return context(4, [name(value)]);
  if (kind === 'RID') return contextPrimitive(8, asn1.oidToDer(value).getBytes());
  return contextPrimitive({ email: 1, DNS: 2, URI: 6 }[kind] ?? 2, value);
}

function addressOctets(text: string): string {
  if (!text.includes(':')) return String.fromCharCode(...text.split('.').map(Number));
  const [head = '', tail = ''] = text.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':'));
  const zeros = Array.from({ length: 8 - groups(head).length - groups(tail).length }, () => '0');
  const all = [...groups(head), ...zeros, ...groups(tail)].map((group) => Number.parseInt(group, 16));
  return String.fromCharCode(...all.flatMap((group) => [group >> 8, group & 255]));
}

function name(text: NameText): Element {
  const parts = text === '' ? [] : text.split(',');
  return sequence(
    ...parts.map((part) => {
      const [type = '', value = ''] = part.split('=');
      const octets = Buffer.from(value, 'utf8').toString('latin1');
      const attribute = sequence(oid(NAME_TYPES[type] ?? type), primitive(Type.UTF8, octets));
      return asn1.create(Class.UNIVERSAL, Type.SET, true, [attribute]);
    }),
  );
}

function algorithm(id: string): Element {
  return sequence(oid(id));
}

function oid(id: string): Element {
  return primitive(Type.OID, asn1.oidToDer(id).getBytes());
}

function time(date: Date): Element {
  return date.getUTCFullYear() < 2050
    ? primitive(Type.UTCTIME, asn1.dateToUtcTime(date))
    : primitive(Type.GENERALIZEDTIME, asn1.dateToGeneralizedTime(date));
}

function context(tag: number, elements: Element[]): Element {
  return asn1.create(Class.CONTEXT_SPECIFIC, tag, true, elements);
}

function contextPrimitive(tag: number, octets: string): Element {
  return asn1.create(Class.CONTEXT_SPECIFIC, tag, false, octets);
}

function primitive(type: forge.asn1.Type, octets: string): Element {
  return asn1.create(Class.UNIVERSAL, type, false, octets);
}

function sequence(...elements: Element[]): Element {
  return asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, elements);
}

function octetsOf(element: Element): Buffer {
  return Buffer.from(asn1.toDer(element).getBytes(), 'latin1');
}
