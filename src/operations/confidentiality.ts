// What is said to a client that would send a password where others can listen (RFC 4513 §5.1.3, §6.3.1).

import { LdapError } from '../ldap/ldap-error.ts';
import type { ClientConnection } from './client-connection.ts';

/** Returns true if nobody else can listen to the connection: it has TLS, or is a local socket. */
export function isProtected({ security }: Pick<ClientConnection, 'security'>): boolean {
  return security.isSecure || security.isLocalSocket;
}

/** Makes the refusal of a password in clear text, confidentialityRequired (13). */
export function confidentialityRequired(): LdapError {
  return new LdapError(
    'confidentialityRequired',
    'A password must not cross the network in clear text. Use ldaps:// or StartTLS (ldap-utils: -ZZ), or log in with ' +
      'the SASL mechanism SCRAM-SHA-256, which does not send it.',
  );
}
