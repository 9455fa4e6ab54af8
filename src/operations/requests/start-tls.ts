// StartTLS (RFC 4511 §4.14): the connection becomes an encrypted one. Whoever was known in clear text is not known any
// more, as RFC 4513 §4 allows: what an attacker could have sent shall not count for what comes under TLS.

import { ANONYMOUS } from '../../backend/backend.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import { Oid } from '../../ldap/oids.ts';
import { type Answer, SUCCESS } from '../answer.ts';
import type { Operation } from '../operation.ts';
import { type ExtendedRequest, requireNoValue } from './extended-request.ts';

/** Answers StartTLS (RFC 4511 §4.14) and begins the handshake. Throws operationsError (1), protocolError (2). */
export function startTls(request: ExtendedRequest, { session, connection }: Operation): Promise<Answer> {
  requireNoValue(request, 'StartTLS');
  if (connection.security.isSecure) throw new LdapError('operationsError', 'TLS is in use already.');
  const { startTls: tls } = connection;
  if (tls === undefined) {
    throw new LdapError(
      'protocolError',
      'StartTLS is not possible on this connection. Use an ldaps:// URL, or set allow-start-tls on its connection handler.',
    );
  }
  if (session.load > 0) {
    throw new LdapError(
      'operationsError',
      'StartTLS is not possible while other requests of the connection are under way. Wait for their answers.',
    );
  }
  connection.hold();
  return tls.prepare().then(() => {
    session.requester = ANONYMOUS;
    connection.authenticated(false);
    return { ...SUCCESS, oid: Oid.startTls, afterwards: () => connection.secure() };
  });
}
