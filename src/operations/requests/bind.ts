// Bind (RFC 4511 §4.2, RFC 4513 §5). The session has made the client anonymous before, and a bind that fails leaves it
// so. An exchange of SASL messages is kept in the session from one bind request to the next, and no longer.

import type { Requester } from '../../backend/backend.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import type { BindRequest } from '../../ldap/message.ts';
import { Oid } from '../../ldap/oids.ts';
import { ResultCode } from '../../ldap/result-code.ts';
import { type Answer, SUCCESS } from '../answer.ts';
import { confidentialityRequired, isProtected } from '../confidentiality.ts';
import { connectionFactsOf } from '../connection-facts.ts';
import type { RequestControls } from '../controls/request-controls.ts';
import { AccountRequester } from '../login/account-requester.ts';
import type { Authentication } from '../login/authentication.ts';
import { loginSourceOf } from '../login/login-source.ts';
import type { Operation } from '../operation.ts';
import { sayLoggedIn, sayRefused } from '../policy-notices.ts';
import type { SaslExchange, SaslStep } from '../sasl/mechanism.ts';
import { beginExchange } from '../sasl/mechanisms.ts';

const LDAP_VERSION = 3;
/** Maximum size of the name of a mechanism in the log, because anybody can send one. */
const MECHANISM_CHARACTERS_MAX = 20;

/**
 * Answers a bind (RFC 4511 §4.2). Throws, or rejects with, LdapError: invalidCredentials (49), confidentialityRequired (13),
 * authMethodNotSupported (7).
 */
export function bind(
  request: BindRequest,
  operation: Operation,
  authentication: Authentication,
  controls: RequestControls,
): Answer | Promise<Answer> {
  const answer = bindWithPolicy(request, operation, authentication, controls);
  if (controls.authorizationIdentity === undefined) return answer;
  if (answer instanceof Promise) return answer.then((known) => withIdentity(known, operation));
  return withIdentity(answer, operation);
}

/** Adds the authorization identity (RFC 3829 §4) to the answer of a bind that has succeeded; it is empty for the anonymous. */
function withIdentity(answer: Answer, { session }: Operation): Answer {
  if (answer.code !== ResultCode.success) return answer;
  const { dn } = session.requester;
  const value = dn === '' ? '' : `dn:${dn}`;
  const control = { oid: Oid.authorizationIdentityResponse, criticality: false, value };
  return { ...answer, controls: [...answer.controls, control] };
}

/** Adds what password policies say of a login, to a client that has proved itself. */
function bindWithPolicy(
  request: BindRequest,
  operation: Operation,
  authentication: Authentication,
  { passwordPolicy }: RequestControls,
): Answer | Promise<Answer> {
  const isAsked = passwordPolicy !== undefined;
  const refused = (error: unknown): never => {
    sayRefused(error, operation, isAsked);
    throw error;
  };
  const done = (answer: Answer): Answer => {
    if (answer.code === ResultCode.success) sayLoggedIn(operation, isAsked);
    return answer;
  };
  try {
    const answer = bindAs(request, operation, authentication);
    return answer instanceof Promise ? answer.then(done, refused) : done(answer);
  } catch (error) {
    return refused(error);
  }
}

function bindAs(
  { version, name, authentication: asked }: BindRequest,
  operation: Operation,
  authentication: Authentication,
): Answer | Promise<Answer> {
  if (version !== LDAP_VERSION) {
    throw new LdapError(
      'protocolError',
      `LDAP version ${version} is not supported. Use version 3 (ldap-utils: leave out -P 2).`,
    );
  }
  const exchange = operation.session.takeSaslExchange(asked.type === 'sasl' ? asked.mechanism : undefined);
  if (asked.type === 'simple') return simpleBind(name, asked.password, operation, authentication);
  const { mechanism, credentials } = asked;
  return saslBind(exchange ?? begin(mechanism, operation, authentication), credentials, operation);
}

function simpleBind(
  name: string,
  password: string,
  operation: Operation,
  authentication: Authentication,
): Answer | Promise<Answer> {
  refuseHalf(name, password);
  if (name === '') return SUCCESS;
  const { connection } = operation;
  if (!connection.mayReceivePasswords) throw confidentialityRequired();
  const requester = authentication.verify(name, password, loginSourceOf(connection));
  const admitted = (who: AccountRequester) => {
    who.noticed(authentication.lockout.admit(who.account, isProtected(connection)));
    return loggedIn(who, operation);
  };
  return requester instanceof Promise ? requester.then(admitted) : admitted(requester);
}

function refuseHalf(name: string, password: string): void {
  if (name !== '' && password === '') {
    // RFC 4513 §5.1.2: a client that forgot to ask for the password would believe itself authenticated.
    throw new LdapError('unwillingToPerform', 'A bind with a name needs a password.');
  }
  if (name === '' && password !== '') {
    throw new LdapError('invalidCredentials', 'A bind with a password needs a name, such as uid=admin.');
  }
}

function begin(mechanism: string, { connection }: Operation, authentication: Authentication): SaslExchange {
  return beginExchange(mechanism.slice(0, MECHANISM_CHARACTERS_MAX + 1), { authentication, connection });
}

function saslBind(
  exchange: SaslExchange,
  credentials: string | undefined,
  operation: Operation,
): Answer | Promise<Answer> {
  const answer = (step: SaslStep): Answer => {
    if (step.requester !== undefined) return loggedIn(step.requester, operation, step.credentials);
    operation.session.saslExchange = exchange;
    return { ...SUCCESS, code: ResultCode.saslBindInProgress, serverSaslCredentials: step.credentials };
  };
  const step = exchange.step(credentials);
  return step instanceof Promise ? step.then(answer) : answer(step);
}

function loggedIn(requester: Requester, { session, connection }: Operation, credentials?: string): Answer {
  if (requester instanceof AccountRequester) requester.connectedBy(connectionFactsOf(connection));
  session.requester = requester;
  return credentials === undefined ? SUCCESS : { ...SUCCESS, serverSaslCredentials: credentials };
}
