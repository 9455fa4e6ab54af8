// TLS cipher suites with IANA or OpenSSL names. Suites with keys other than certificates (PSK, SRP) are refused:
// this server has no such keys.

import { getCiphers } from 'node:tls';
import { findSimilarName } from '../../schema/similar-name.ts';
import { type Parsed, type PropertyType, propertyType } from '../property-type.ts';

export interface CipherSuite {
  /** Text as written. */
  readonly text: string;
  /** OpenSSL's name. */
  readonly opensslName: string;
}

const WITHOUT_CERTIFICATE = /psk|srp/;

/** Returns the type of a cipher suite. */
export function cipherSuite(): PropertyType<CipherSuite> {
  return propertyType({
    name: 'cipher suite',
    syntax: 'directoryString',
    allowed: 'A TLS cipher suite that this runtime has, by its IANA name such as TLS_AES_256_GCM_SHA384',
    parse: parseCipherSuite,
    format: ({ text }) => text,
  });
}

function parseCipherSuite(text: string): Parsed<CipherSuite> {
  const known = getCiphers().filter((name) => !WITHOUT_CERTIFICATE.test(name));
  const opensslName = known.includes(text.toLowerCase())
    ? text.toUpperCase()
    : opensslNameOf(text.toUpperCase());
  if (known.includes(opensslName.toLowerCase())) return { value: { text, opensslName } };
  const nearest = findSimilarName(opensslName.toLowerCase(), known)?.toUpperCase();
  const meant = nearest === undefined ? '' : ` Did you mean ${nearest}?`;
  return {
    problem: 'is no cipher suite of this runtime',
    advice: `Write a name such as TLS_AES_256_GCM_SHA384 or TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256.${meant}`,
  };
}

/**
 * Returns OpenSSL's name: ECDHE-RSA-AES128-GCM-SHA256 for TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256. OpenSSL omits an
 * RSA key exchange. Suites of TLS 1.3 have one name in both.
 */
function opensslNameOf(ianaName: string): string {
  const [, exchange, cipher] = /^TLS_(\w+?)_WITH_(\w+)$/.exec(ianaName) ?? [];
  if (exchange === undefined || cipher === undefined) return ianaName;
  const short = cipher
    .replace(/^(AES|ARIA|CAMELLIA)_(\d+)/, '$1$2')
    .replace('_CBC_', '_')
    .replace('POLY1305_SHA256', 'POLY1305')
    .replace('CCM_8', 'CCM8');
  return (exchange === 'RSA' ? short : `${exchange}_${short}`).replaceAll('_', '-');
}
