// What a SASL mechanism (RFC 4422) is to a bind: it takes what the client sends and says who that is, or asks for more.

import type { Requester } from '../../backend/backend.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import type { ClientConnection } from '../client-connection.ts';
import type { Authentication } from '../login/authentication.ts';

/** Answer of the server: a challenge, after which the client goes on, or the end with a known account. */
export type SaslStep =
  | { readonly requester: undefined; readonly credentials: string }
  | { readonly requester: Requester; readonly credentials: string | undefined };

/** One exchange of a client; it lives in the session until it ends or another bind begins. */
export interface SaslExchange {
  readonly mechanism: string;
  /** Takes the client's next message. Throws LdapError, and then the exchange is over. */
  step(credentials: string | undefined): SaslStep | Promise<SaslStep>;
  /** Called when nothing more comes: the connection has ended, or another bind has begun. */
  abandon?(): void;
}

export interface SaslContext {
  readonly authentication: Authentication;
  readonly connection: Pick<ClientConnection, 'remoteAddress' | 'security' | 'mayReceivePasswords'>;
}

export type SaslMechanism = (context: SaslContext) => SaslExchange;

/** The client sends first in all mechanisms here: without a message it is asked for one (RFC 4422 §3). */
export const ASK_FOR_FIRST: SaslStep = { requester: undefined, credentials: '' };

/** Makes the error for octets that are no message of the mechanism. It never has the octets, which may hold a password. */
export function malformed(mechanism: string, problem: string): LdapError {
  return new LdapError('protocolError', `This is no message of the SASL mechanism ${mechanism}: ${problem}.`);
}
