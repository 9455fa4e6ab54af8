// Bind (RFC 4511 §4.2, RFC 4513 §5). Whatever goes wrong, the connection is anonymous afterwards.

import { ANONYMOUS } from '../../backend/backend.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import type { BindRequest } from '../../ldap/message.ts';
import type { Authentication } from '../authentication.ts';
import { type Answer, type Operation, SUCCESS } from '../operation.ts';

const LDAP_VERSION = 3;

export function bind(
  request: BindRequest,
  operation: Operation,
  authentication: Authentication,
): Answer | Promise<Answer> {
  const { session, connection } = operation;
  session.requester = ANONYMOUS;
  connection.authenticated(false);
  refuseWhatCannotBe(request);
  if (request.authentication.type !== 'simple' || request.name === '') return SUCCESS;
  return authentication.verify(request.name, request.authentication.password).then((requester) => {
    session.requester = requester;
    connection.authenticated(true);
    return SUCCESS;
  });
}

function refuseWhatCannotBe({ version, name, authentication }: BindRequest): void {
  if (version !== LDAP_VERSION) {
    throw new LdapError(
      'protocolError',
      `LDAP version ${version} is not spoken here. Use version 3 (ldap-utils: leave out -P 2).`,
    );
  }
  if (authentication.type === 'sasl') {
    throw new LdapError(
      'authMethodNotSupported',
      `The SASL mechanism ${JSON.stringify(authentication.mechanism)} is not supported. Use a simple bind (ldap-utils: -x).`,
    );
  }
  const hasPassword = authentication.password !== '';
  if (name !== '' && !hasPassword) {
    // RFC 4513 §5.1.2: a client that forgot to ask for the password would believe itself authenticated.
    throw new LdapError('unwillingToPerform', 'A bind with a name needs a password.');
  }
  if (name === '' && hasPassword) {
    throw new LdapError('invalidCredentials', 'A bind with a password needs a name, such as uid=admin.');
  }
}
