// The certificates that the other side of a TLS connection has sent.

import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';

const CERTIFICATES_MAX = 32;

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

function isIn(chain: readonly X509Certificate[], { fingerprint256 }: X509Certificate): boolean {
  return chain.some((one) => one.fingerprint256 === fingerprint256);
}
