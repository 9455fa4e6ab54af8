// The certificates that the peer of a TLS connection has sent.

import type { X509Certificate } from 'node:crypto';
import type { DetailedPeerCertificate, PeerCertificate, TLSSocket } from 'node:tls';

/** Maximum number of certificates; OpenSSL checks one hundred at most. */
const CERTIFICATES_MAX = 110;

/**
 * Returns the certificate of the peer, then its issuers as far as they were sent or are known. Returns an empty
 * list without TLS.
 */
export function chainOf(socket: TLSSocket): readonly X509Certificate[] {
  const chain: X509Certificate[] = [];
  let at = socket.getPeerX509Certificate();
  while (at !== undefined && chain.length < CERTIFICATES_MAX && !isIn(chain, at)) {
    chain.push(at);
    at = at.issuerCertificate;
  }
  return chain;
}

/** Returns the earliest expiry of a chain, as the runtime passes it to the server name check. */
export function firstExpiryOf(certificate: PeerCertificate | DetailedPeerCertificate): Date {
  const seen = new Set<PeerCertificate>();
  let first = Number.POSITIVE_INFINITY;
  let at: PeerCertificate | undefined = certificate;
  // The last certificate is its own issuer or has none.
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
