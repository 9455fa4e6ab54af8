// Makes a self-signed certificate (RFC 5280), so that TLS works before an administrator installs a real one.
// The key is on the curve P-256. node-forge encodes the ASN.1, and the runtime signs.

import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import forge from 'node-forge';

const { asn1, pki } = forge;
const { Class, Type } = asn1;

const ECDSA_WITH_SHA256 = '1.2.840.10045.4.3.2';
const SERIAL_OCTETS = 16;
const DAY_MS = 86_400_000;
/** The certificate is valid from this many milliseconds before now, for clients whose clock is slow. */
const BACKDATED_MS = 3_600_000;
/** Maximum validity that Apple's systems accept. */
const VALID_DAYS = 825;

export interface SelfSignedOptions {
  /** Host names and addresses. The first one is the common name. */
  readonly hosts: readonly string[];
  readonly now: Date;
}

/** Extension in the form that node-forge completes. */
interface Extension {
  readonly id: string;
  readonly critical?: boolean;
  readonly value: forge.asn1.Asn1;
}

/** Returns a private key and its certificate, both in PEM. */
export function makeSelfSignedPem({ hosts, now }: SelfSignedOptions): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const body = certificateBody(hosts, now, privateKey);
  const signature = sign('sha256', octetsOf(body), privateKey);
  const certificate = sequence(body, algorithm(), bits(signature));
  const pem = forge.pem.encode({ type: 'CERTIFICATE', body: octetsOf(certificate).toString('latin1') });
  return `${privateKey.export({ type: 'pkcs8', format: 'pem' })}${pem.replaceAll('\r\n', '\n')}`;
}

function certificateBody(hosts: readonly string[], now: Date, privateKey: KeyObject): forge.asn1.Asn1 {
  const certificate = pki.createCertificate();
  certificate.setSubject([
    { name: 'commonName', value: hosts[0] ?? 'localhost', valueTagClass: Type.UTF8 as never },
  ]);
  certificate.setExtensions([
    { name: 'basicConstraints', cA: false, critical: true },
    { name: 'keyUsage', digitalSignature: true, critical: true },
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectAltName', altNames: hosts.map(alternativeName) },
  ]);
  const name = pki.distinguishedNameToAsn1(certificate.subject);
  const key = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  return sequence(
    asn1.create(Class.CONTEXT_SPECIFIC, 0, true, [primitive(Type.INTEGER, asn1.integerToDer(2).getBytes())]),
    primitive(Type.INTEGER, serialNumber()),
    algorithm(),
    name,
    sequence(time(now.getTime() - BACKDATED_MS), time(now.getTime() + VALID_DAYS * DAY_MS)),
    name,
    asn1.fromDer(key.toString('latin1')),
    asn1.create(Class.CONTEXT_SPECIFIC, 3, true, [sequence(...certificate.extensions.map(extension))]),
  );
}

function extension({ id, critical, value }: Extension): forge.asn1.Asn1 {
  return sequence(
    primitive(Type.OID, asn1.oidToDer(id).getBytes()),
    ...(critical === true ? [primitive(Type.BOOLEAN, '\xff')] : []),
    primitive(Type.OCTETSTRING, asn1.toDer(value).getBytes()),
  );
}

function alternativeName(host: string): { type: number; value?: string; ip?: string } {
  return isIP(host) === 0 ? { type: 2, value: host } : { type: 7, ip: host };
}

/** Returns a positive random number (RFC 5280 §4.1.2.2). */
function serialNumber(): string {
  const octets = randomBytes(SERIAL_OCTETS);
  octets[0] = ((octets[0] ?? 0) & 0x7f) | 0x40;
  return octets.toString('latin1');
}

function algorithm(): forge.asn1.Asn1 {
  return sequence(primitive(Type.OID, asn1.oidToDer(ECDSA_WITH_SHA256).getBytes()));
}

function time(ms: number): forge.asn1.Asn1 {
  return primitive(Type.UTCTIME, asn1.dateToUtcTime(new Date(ms)));
}

function bits(octets: Buffer): forge.asn1.Asn1 {
  return primitive(Type.BITSTRING, `\0${octets.toString('latin1')}`);
}

function primitive(type: forge.asn1.Type, value: string): forge.asn1.Asn1 {
  return asn1.create(Class.UNIVERSAL, type, false, value);
}

function sequence(...parts: forge.asn1.Asn1[]): forge.asn1.Asn1 {
  return asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, parts);
}

function octetsOf(value: forge.asn1.Asn1): Buffer {
  return Buffer.from(asn1.toDer(value).getBytes(), 'latin1');
}
