// The parts of a certificate (RFC 5280 §4) that decide whether a chain is valid and that the runtime does not
// expose. The peer controls the octets: unreadable parts are listed, and nothing throws.

import type { X509Certificate } from 'node:crypto';
import forge from 'node-forge';
import { derOf, type Element, octetsOf, oidOf, parseDer, partsOf, tagOf } from './der.ts';
import {
  decodeNameConstraints,
  decodeNames,
  type GeneralName,
  type NameConstraints,
} from './general-names.ts';

export const Extension = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  proxyCertInfo: '1.3.6.1.5.5.7.1.14',
} as const;

/** Bit numbers of key usage (RFC 5280 §4.2.1.3). */
export const KeyUse = { digitalSignature: 0, keyEncipherment: 2, keyAgreement: 4, keyCertSign: 5 } as const;

export interface CertificateFacts {
  /** Version 1 or 3. */
  readonly version: number;
  /** OIDs of the signature's algorithm, outside and inside of the signed part. */
  readonly signatureAlgorithm: string;
  readonly signedAlgorithm: string;
  /** True if critical, by OID. */
  readonly extensions: ReadonlyMap<string, boolean>;
  /** OIDs of extensions that are unreadable or duplicate. */
  readonly unreadable: readonly string[];
  /** Undefined without basicConstraints. */
  readonly isAuthority: boolean | undefined;
  readonly pathLength: number | undefined;
  /** Numbers of the bits that are set; undefined if every use is allowed. */
  readonly keyUsage: ReadonlySet<number> | undefined;
  /** OIDs of extendedKeyUsage; undefined if every purpose is allowed. */
  readonly purposes: readonly string[] | undefined;
  /** Alternative names; undefined without the extension. */
  readonly names: readonly GeneralName[] | undefined;
  readonly nameConstraints: NameConstraints | undefined;
  readonly subject: GeneralName;
  readonly commonNames: readonly string[];
  /** True if the key has explicit curve parameters instead of a named curve. */
  readonly hasOwnCurve: boolean;
  /** Key identifier in hexadecimal. */
  readonly keyId: string | undefined;
  readonly issuerKeyId: string | undefined;
}

interface Values {
  readonly critical: Map<string, boolean>;
  readonly parsed: Map<string, Element>;
  readonly unreadable: string[];
}

const COMMON_NAME = '2.5.4.3';
const EC_KEY = '1.2.840.10045.2.1';

/** Returns the facts of a certificate; undefined if it is not structured as RFC 5280 says. */
export function factsOf({ raw }: X509Certificate): CertificateFacts | undefined {
  try {
    return decode(parseDer(raw));
  } catch {
    return undefined;
  }
}

function decode(certificate: Element): CertificateFacts | undefined {
  const [body, algorithm] = partsOf(certificate);
  if (body === undefined || algorithm === undefined) return undefined;
  const parts = partsOf(body);
  const versioned = parts[0]?.tagClass === forge.asn1.Class.CONTEXT_SPECIFIC ? parts[0] : undefined;
  const [, signed, , , subject, key] = versioned === undefined ? parts : parts.slice(1);
  if (signed === undefined || subject === undefined) return undefined;
  const isExtensions = (element: Element) =>
    element.tagClass === forge.asn1.Class.CONTEXT_SPECIFIC && tagOf(element) === 3;
  const values = extensionsOf(parts.slice(1).find(isExtensions));
  const basics = partsOf(values.parsed.get(Extension.basicConstraints));
  const hasBasics = values.critical.has(Extension.basicConstraints);
  const pathLength = basics.find(({ type }) => type === forge.asn1.Type.INTEGER);
  const constraints = values.parsed.get(Extension.nameConstraints);
  const names = values.parsed.get(Extension.subjectAltName);
  return {
    version: versioned === undefined ? 1 : 3,
    signatureAlgorithm: firstOid(algorithm),
    signedAlgorithm: firstOid(signed),
    extensions: values.critical,
    unreadable: values.unreadable,
    isAuthority: hasBasics ? basics.some(isTrue) : undefined,
    pathLength: pathLength === undefined ? undefined : numberOf(pathLength),
    keyUsage: keyUsageOf(values),
    purposes: values.critical.has(Extension.extendedKeyUsage)
      ? partsOf(values.parsed.get(Extension.extendedKeyUsage)).map(oidOf)
      : undefined,
    names: names === undefined ? undefined : decodeNames(names),
    nameConstraints: constraints === undefined ? undefined : decodeNameConstraints(constraints),
    subject: { kind: 'directory name', value: derOf(subject).toString('latin1') },
    commonNames: partsOf(subject).flatMap(commonNamesOf),
    hasOwnCurve: isOwnCurve(key),
    keyId: hexOf(values.parsed.get(Extension.subjectKeyIdentifier)),
    issuerKeyId: hexOf(
      partsOf(values.parsed.get(Extension.authorityKeyIdentifier)).find((one) => tagOf(one) === 0),
    ),
  };
}

function extensionsOf(wrapper: Element | undefined): Values {
  const values: Values = { critical: new Map(), parsed: new Map(), unreadable: [] };
  for (const one of partsOf(partsOf(wrapper)[0])) {
    const [id, ...rest] = partsOf(one);
    const value = rest.at(-1);
    if (id === undefined || value === undefined) continue;
    const oid = oidOf(id);
    if (values.critical.has(oid)) values.unreadable.push(oid);
    values.critical.set(oid, rest.some(isTrue));
    try {
      values.parsed.set(oid, parseDer(octetsOf(value)));
    } catch {
      if (KNOWN.has(oid)) values.unreadable.push(oid);
    }
  }
  return values;
}

const KNOWN: ReadonlySet<string> = new Set(Object.values(Extension));

function keyUsageOf({ critical, parsed }: Values): ReadonlySet<number> | undefined {
  if (!critical.has(Extension.keyUsage)) return undefined;
  const bits = parsed.get(Extension.keyUsage);
  // Encodes again, because a bit string may have been parsed as nested elements.
  const [, , , ...octets] = bits === undefined ? [] : derOf(bits);
  const numbers = octets.flatMap((octet, at) =>
    Array.from({ length: 8 }, (_, bit) => ((octet >> (7 - bit)) & 1 ? at * 8 + bit : -1)),
  );
  return new Set(numbers.filter((bit) => bit >= 0));
}

function commonNamesOf(rdn: Element): readonly string[] {
  return partsOf(rdn).flatMap((attribute) => {
    const [type, value] = partsOf(attribute);
    if (type === undefined || value === undefined || oidOf(type) !== COMMON_NAME) return [];
    return [octetsOf(value).toString('utf8')];
  });
}

function isOwnCurve(key: Element | undefined): boolean {
  const [id, curve] = partsOf(partsOf(key)[0]);
  return id !== undefined && oidOf(id) === EC_KEY && curve?.type === forge.asn1.Type.SEQUENCE;
}

function firstOid(algorithm: Element): string {
  const [id] = partsOf(algorithm);
  return id === undefined ? '' : oidOf(id);
}

function hexOf(node: Element | undefined): string | undefined {
  return node === undefined ? undefined : octetsOf(node).toString('hex');
}

function numberOf(node: Element): number {
  return octetsOf(node).reduce((sum, octet) => Math.min(sum * 256 + octet, 1_000_000), 0);
}

function isTrue(node: Element): boolean {
  return node.type === forge.asn1.Type.BOOLEAN && octetsOf(node).some((octet) => octet !== 0);
}
