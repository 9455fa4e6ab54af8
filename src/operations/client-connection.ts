// What operations need of the connection that a request came by. `server/` has the one on sockets.

import type { InvalidRequest } from '../codec/message-ber.ts';
import type { Message, RequestMessage, ResponseMessage } from '../ldap/message.ts';
import type { ResultCode } from '../ldap/result-code.ts';
import type { ConnectionSecurity } from './connection-security.ts';

export type IncomingMessage = RequestMessage | Message<InvalidRequest>;

/** Events that a connection reports to its session. */
export interface ConnectionEvents {
  /** One call for each message, in the order of arrival, with the number of its octets. */
  message(message: IncomingMessage, octets: number): void;
  /** Called once, when the peer has said that it sends nothing more: it may still wait for answers. */
  ended(): void;
  /** Called when somebody has logged in, or is no longer logged in. */
  authenticated(isAuthenticated: boolean): void;
  /** Called once, when the socket is gone for whatever reason. */
  closed(): void;
  /** Called after an unexpected error, because of which the connection is closing. */
  failed(error: unknown): void;
}

export interface ClientConnection {
  readonly id: number;
  /** An IP address; `local` for a local socket. */
  readonly remoteAddress: string;
  /** The port of this server; undefined for a local socket. */
  readonly localPort?: number | undefined;
  readonly security: ConnectionSecurity;
  /** True if the way is safe for a password, or the administrator allows it all the same. */
  readonly mayReceivePasswords: boolean;
  readonly isOpen: boolean;
  /** Undefined while the peer keeps up; otherwise a promise for the moment it has caught up or is gone. */
  readonly congestion: Promise<void> | undefined;
  /** Begins StartTLS (RFC 4511 §4.14); undefined where the handler does not allow it. */
  readonly startTls: StartTls | undefined;
  /** Calls the session from now on. */
  open(events: ConnectionEvents): void;
  /** Writes a response; it leaves with the others of this turn. */
  send(message: ResponseMessage): void;
  /** Lets what was written leave now. */
  flush(): void;
  /** More is allowed once it is known who is at the other end. */
  authenticated(isAuthenticated: boolean): void;
  /** Stops reading while the session has enough to do; what has come in waits. */
  hold(): void;
  resume(): void;
  /** Starts TLS on a connection that is held. What came in clear text behind the request ends the connection. */
  secure(): void;
  /** Returns when it has to stop what it does now, on the clock of performance.now(), as `now` is. */
  turnEndsAt(now: number): number;
  /** Returns the same for many short things. */
  sliceEndsAt(now: number): number;
  /** Resolves when it is its turn again and the peer keeps up, or is gone. */
  nextTurn(): Promise<void>;
  /** Ends the connection; with a code the peer is told why (RFC 4511 §4.4.1). */
  close(code?: ResultCode, diagnosticMessage?: string): void;
  /** Ends the connection without waiting for anything but that the notice has left. */
  evict(code: ResultCode, diagnosticMessage: string): void;
  /** Ends the connection when the peer, which sends nothing more, has read what is there for it. */
  finish(): void;
  /** Ends the connection without a word. */
  destroy(): void;
}

export interface StartTls {
  /** Throws unavailable (52) when TLS is not possible now. */
  prepare(): Promise<void>;
}

/** The place that a connection takes among those of its handler. */
export interface ConnectionPlace {
  /** Evicted when somebody else needs the place. */
  placed: Pick<ClientConnection, 'evict'>;
  authenticated(isAuthenticated: boolean): void;
  /** Called when the connection is gone. */
  leave(): void;
}
