// How a client is connected, as policies ask for it: what TLS gives a connection counts from the moment it has begun.

import type { ConnectionFacts } from '../access/policy.ts';
import type { ClientConnection } from './client-connection.ts';

type Connected = Pick<ClientConnection, 'remoteAddress' | 'localPort' | 'security' | 'startTls'>;

/** Of a local socket, as OpenLDAP counts it. */
const LOCAL_SSF = 71;
/** Bits of the keys of ciphers, by what is in their names; of all others it is not known. */
const CIPHER_BITS: readonly (readonly [part: string, bits: number])[] = [
  ['AES_256', 256],
  ['CHACHA20', 256],
  ['CAMELLIA_256', 256],
  ['ARIA_256', 256],
  ['AES_128', 128],
  ['CAMELLIA_128', 128],
  ['ARIA_128', 128],
  ['3DES', 112],
];
/** Of a cipher that is not known it is certain only that there is one. */
const UNKNOWN_CIPHER_SSF = 1;

/** Returns the facts, as they are at this moment. */
export function connectionFactsOf(connection: Connected): ConnectionFacts {
  const { isLocalSocket, isSecure } = connection.security;
  // Where StartTLS is allowed the connection has begun without TLS.
  const isImplicit = isSecure && connection.startTls === undefined;
  // Asked for by every request of accounts with policies; another only when TLS begins.
  let known: { readonly security: Connected['security']; readonly ssf: number } | undefined;
  return {
    address: connection.remoteAddress,
    port: connection.localPort,
    protocol: isLocalSocket ? 'ldapi' : isImplicit ? 'ldaps' : 'ldap',
    get ssf() {
      const { security } = connection;
      if (known?.security !== security) known = { security, ssf: ssfOf(security) };
      return known.ssf;
    },
  };
}

function ssfOf({ isLocalSocket, isSecure, cipher = '' }: Connected['security']): number {
  if (isLocalSocket) return LOCAL_SSF;
  if (!isSecure) return 0;
  return CIPHER_BITS.find(([part]) => cipher.includes(part))?.[1] ?? UNKNOWN_CIPHER_SSF;
}
