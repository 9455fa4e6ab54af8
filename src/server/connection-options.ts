// What a connection is given, and what it tells its session.

import type { Socket } from 'node:net';
import type { FilterLimits } from '../codec/filter-ber.ts';
import type { InvalidRequest } from '../codec/message-ber.ts';
import type { Message, RequestMessage } from '../ldap/message.ts';
import type { ConnectionSecurity } from './connection-security.ts';
import type { ConnectionLimits } from './limits.ts';
import type { Outbox } from './outbox.ts';
import type { SecuredSocket } from './tls-acceptor.ts';
import type { Turns } from './turns.ts';
import type { UnsentAnswers } from './unsent-answers.ts';

export type IncomingMessage = RequestMessage | Message<InvalidRequest>;

export interface ConnectionEvents {
  /** One call for each message, in the order of arrival, with the number of its octets. */
  message(message: IncomingMessage, octets: number): void;
  /** Once, when the peer has said that it sends nothing more: it may still wait for answers. */
  ended(): void;
  /** Somebody has logged in, or is not logged in any more. */
  authenticated(isAuthenticated: boolean): void;
  /** Once, when the socket is gone for whatever reason. */
  closed(): void;
  /** Something that should not happen did: the connection is closing because of it. */
  failed(error: unknown): void;
}

/** The way from a clear connection to one with TLS (RFC 4511 §4.14), where the handler allows it. */
export interface StartTls {
  /** Throws unavailable (52) when TLS is not possible now. */
  prepare(): Promise<void>;
  /** Rejects when the handshake fails; the socket is gone then. */
  secure(socket: Socket): Promise<SecuredSocket>;
}

export interface ConnectionOptions {
  readonly id: number;
  readonly socket: Socket;
  readonly outbox: Outbox;
  readonly turns: Turns;
  readonly unsent: UnsentAnswers;
  readonly limits: ConnectionLimits;
  readonly filterLimits: FilterLimits;
  readonly security: ConnectionSecurity;
  readonly startTls: StartTls | undefined;
}
