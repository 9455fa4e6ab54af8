// The authorities of the runtime and of the operating system. Administrators add the authority of their site to
// the latter.

import { X509Certificate } from 'node:crypto';
import { getCACertificates, rootCertificates } from 'node:tls';

/** Returns the authorities, each once, without those that the runtime cannot read. */
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
