// What protects a connection, and who is known to be at its other end because of that: the facts that binds and SASL
// mechanisms decide by (RFC 4513 §3.2).

import type { X509Certificate } from 'node:crypto';
import { BlockList, isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** A certificate that the client has proved to hold, and that the trust manager of the handler trusts. */
export interface PeerCertificate {
  /** A distinguished name as LDAP writes it (RFC 4514): the most specific part first. */
  readonly subject: string;
  /** Of the DER form, SHA-256, as hexadecimal digits in lower case. */
  readonly fingerprint: string;
  /** The DER form. */
  readonly raw: Uint8Array;
  /** An authority has signed what it says. Without that only the key is proved, and so only the fingerprint tells who it is. */
  readonly isVouchedFor: boolean;
}

export interface ConnectionSecurity {
  /** TLS is on. */
  readonly isSecure: boolean;
  /** The client is a process of this machine that the permissions of the socket file let in. */
  readonly isLocalSocket: boolean;
  /** Those permissions let in nobody but the user that the server runs as, and root. */
  readonly isOwnersOnly?: boolean;
  /** `TLSv1.3`. */
  readonly protocol?: string;
  /** The name that IANA gave: `TLS_AES_256_GCM_SHA384`. */
  readonly cipher?: string;
  readonly peerCertificate?: PeerCertificate;
  /** Why a certificate that the client has sent is not trusted: sentences. */
  readonly peerCertificateProblem?: string;
}

export const CLEAR_TEXT: ConnectionSecurity = { isSecure: false, isLocalSocket: false };

/** Takes the permissions that the socket file was made with. */
export function localSecurity(mode: number): ConnectionSecurity {
  return { isSecure: false, isLocalSocket: true, isOwnersOnly: (mode & OTHERS_MODE) === 0 };
}

/**
 * Returns the security that a TLS handshake has established.
 * @param trustsAll whether any certificate is trusted, whoever signed it.
 * @param problemOf takes what the runtime calls the reason, and returns sentences.
 */
export function securityOf(
  socket: TLSSocket,
  trustsAll: boolean,
  problemOf: (code: string) => string,
): ConnectionSecurity {
  const established = {
    isSecure: true,
    isLocalSocket: false,
    protocol: socket.getProtocol() ?? 'unknown',
    cipher: socket.getCipher().standardName,
  };
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return established;
  if (trustsAll || socket.authorized)
    return { ...established, peerCertificate: describeCertificate(certificate, !trustsAll) };
  return { ...established, peerCertificateProblem: problemOf(String(socket.authorizationError)) };
}

function describeCertificate(
  { subject, fingerprint256, raw }: X509Certificate,
  isVouchedFor: boolean,
): PeerCertificate {
  return {
    isVouchedFor,
    // Node.js writes one RDN a line, the most general first, and escapes within as RFC 4514 does.
    subject: subject.split('\n').reverse().join(',').replaceAll(' + ', '+'),
    fingerprint: fingerprint256.replaceAll(':', '').toLowerCase(),
    raw,
  };
}

const OTHERS_MODE = 0o077;
const LOOPBACK = loopbackAddresses();

/** Returns true if the address is one of this machine's own, which no network sees. */
export function isLoopback(address: string): boolean {
  const version = isIP(address);
  return version !== 0 && LOOPBACK.check(address, version === 6 ? 'ipv6' : 'ipv4');
}

function loopbackAddresses(): BlockList {
  const list = new BlockList();
  list.addSubnet('127.0.0.0', 8, 'ipv4');
  list.addAddress('::1', 'ipv6');
  list.addSubnet('::ffff:127.0.0.0', 104, 'ipv6');
  return list;
}
