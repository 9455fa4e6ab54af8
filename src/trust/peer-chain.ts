// The certificates that the other side of a TLS connection has sent.

import type { X509Certificate } from 'node:crypto';
import type { DetailedPeerCertificate, PeerCertificate, TLSSocket } from 'node:tls';

/** OpenSSL looks at one hundred at most. */
const CERTIFICATES_MAX = 110;

/** Its own certificate first, then issuer after issuer as far as they were sent or are known; empty without TLS. */
export function chainOf(socket: TLSSocket): readonly X509Certificate[] {
  const chain: X509Certificate[] = [];
  let at = socket.getPeerX509Certificate();
  while (at !== undefined && chain.length < CERTIFICATES_MAX && !isIn(chain, at)) {
    chain.push(at);
    at = at.issuerCertificate;
  }
  return chain;
}

/** When the first certificate of a chain expires, as the runtime shows it to whoever checks the name of a server. */
export function firstExpiryOf(certificate: PeerCertificate | DetailedPeerCertificate): Date {
  const seen = new Set<PeerCertificate>();
  let first = Number.POSITIVE_INFINITY;
  let at: PeerCertificate | undefined = certificate;
  // The last one is its own issuer, or has none.
  while (at !== undefined && !seen.has(at) && seen.size < CERTIFICATES_MAX) {
    seen.add(at);
    first = Math.min(first, Date.parse(at.valid_to));
    at = 'issuerCertificate' in at ? (at as DetailedPeerCertificate).issuerCertificate : undefined;
  }
  return new Date(first);
}

function isIn(chain: readonly X509Certificate[], { fingerprint256 }: X509Certificate): boolean {
  return chain.some((one) => one.fingerprint256 === fingerprint256);
}
