// The authorities that the runtime brings along together with those that the operating system trusts, which is where
// administrators put the authority of their site.

import { X509Certificate } from 'node:crypto';
import { getCACertificates, rootCertificates } from 'node:tls';

/** Each once. What the operating system has and the runtime cannot read is left out. */
export function readSystemAuthorities(): readonly X509Certificate[] {
  const texts = new Set([...rootCertificates, ...getCACertificates('system')].map((text) => text.trim()));
  const certificates = [...texts].flatMap((text) => {
    try {
      return [new X509Certificate(text)];
    } catch {
      return [];
    }
  });
  return [...new Map(certificates.map((one) => [one.fingerprint256, one])).values()];
}
