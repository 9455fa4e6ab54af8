// What a connection on a socket needs.

import type { Socket } from 'node:net';
import type { FilterLimits } from '../../codec/filter-ber.ts';
import type { StartTls } from '../../operations/client-connection.ts';
import type { ConnectionSecurity } from '../../operations/connection-security.ts';
import type { ConnectionLimits } from '../../operations/limits.ts';
import type { Turns } from '../../operations/turns.ts';
import type { Outbox } from './outbox.ts';
import type { SecuredSocket } from './tls-acceptor.ts';
import type { UnsentAnswers } from './unsent-answers.ts';

/** Starts TLS on a connection in clear (RFC 4511 §4.14), if the handler allows it. */
export interface SocketStartTls extends StartTls {
  /** Makes the handshake. Rejects if it fails; the socket is destroyed then. */
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
  readonly startTls: SocketStartTls | undefined;
}
