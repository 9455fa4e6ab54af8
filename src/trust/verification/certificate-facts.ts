// The parts of a certificate (RFC 5280 §4) that decide whether a chain is valid and that the runtime does not show. The
// octets come from whoever is connected to: what cannot be read is named, and nothing throws.

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

/** RFC 5280 §4.2.1.3, by the number of their bit. */
export const KeyUse = { digitalSignature: 0, keyEncipherment: 2, keyAgreement: 4, keyCertSign: 5 } as const;

export interface CertificateFacts {
  /** 1 or 3. */
  readonly version: number;
  /** OIDs: the one that the signature was made with, and the one that the signed part names. */
  readonly signatureAlgorithm: string;
  readonly signedAlgorithm: string;
  /** OID to whether it is critical. */
  readonly extensions: ReadonlyMap<string, boolean>;
  /** OIDs of extensions whose content cannot be read, or that are there twice. */
  readonly unreadable: readonly string[];
  /** Undefined without basicConstraints. */
  readonly isAuthority: boolean | undefined;
  readonly pathLength: number | undefined;
  /** Numbers of the bits that are set; undefined: any use. */
  readonly keyUsage: ReadonlySet<number> | undefined;
  /** OIDs of extendedKeyUsage; undefined: any purpose. */
  readonly purposes: readonly string[] | undefined;
  /** The alternative names; undefined without the extension. */
  readonly names: readonly GeneralName[] | undefined;
  readonly nameConstraints: NameConstraints | undefined;
  readonly subject: GeneralName;
  readonly commonNames: readonly string[];
  /** The key is on a curve that is written out instead of named. */
  readonly hasOwnCurve: boolean;
  /** Hexadecimal. */
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

/** Undefined when the certificate is not built as RFC 5280 says. */
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
  // The DER form again: a bit string may have been taken for one that holds further elements.
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
