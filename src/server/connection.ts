// Bytes from a socket to messages, and messages to bytes. Knows framing, limits and back-pressure; what a message
// means is the session's business. Answers leave when the outbox sends them.

import type { Socket } from 'node:net';
import { BerError, frameLength } from '../codec/ber-reader.ts';
import type { FilterLimits } from '../codec/filter-ber.ts';
import { type InvalidRequest, readRequestMessage, writeResponseMessage } from '../codec/message-ber.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { Message, RequestMessage, ResponseMessage } from '../ldap/message.ts';
import { Oid } from '../ldap/oids.ts';
import { ResultCode } from '../ldap/result-code.ts';
import { type ConnectionSecurity, isLoopback } from './connection-security.ts';
import type { ConnectionLimits } from './limits.ts';
import type { Outbox, Sender } from './outbox.ts';
import type { SecuredSocket } from './tls-acceptor.ts';
import type { Turns } from './turns.ts';

export type IncomingMessage = RequestMessage | Message<InvalidRequest>;

export interface ConnectionEvents {
  /** One call for each message, in the order of arrival. */
  message(message: IncomingMessage): void;
  /** Once, when the peer has said that it sends nothing more: it may still wait for answers. */
  ended(): void;
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
  readonly limits: ConnectionLimits;
  readonly filterLimits: FilterLimits;
  readonly security: ConnectionSecurity;
  readonly startTls: StartTls | undefined;
}

const FLUSH_OCTETS = 64 * 1024;
const NOTHING: Buffer = Buffer.alloc(0);

export class Connection implements Sender {
  readonly id: number;
  /** Shared with all connections of the server. */
  readonly turns: Turns;
  /** An IP address; that of a local socket is `local`. */
  readonly remoteAddress: string;
  #socket: Socket;
  readonly #outbox: Outbox;
  readonly #limits: ConnectionLimits;
  readonly #filterLimits: FilterLimits;
  #events: ConnectionEvents | undefined;
  /** What came in and is not yet a whole message: the first `#received` octets of this. */
  #pending: Buffer = NOTHING;
  #received = 0;
  /** How much must have come in before looking again is worthwhile. */
  #wanted = 0;
  #messageOctetsMax: number;
  #isReading = false;
  #isHeld = false;
  /** Whether the peer leaves so much unread that nothing more is read from it. */
  #isBlocked = false;
  #isClosing = false;
  #blockedSince: NodeJS.Timeout | undefined;
  #drained: PromiseWithResolvers<void> | undefined;
  #security: ConnectionSecurity;
  readonly #startTls: StartTls | undefined;
  /** Found out by the first password. */
  #isFromHere: boolean | undefined;
  /** While TLS begins nothing is read or written here. */
  #isSecuring = false;

  readonly #peerEnded = () => this.#events?.ended();

  constructor({ id, socket, outbox, turns, limits, filterLimits, security, startTls }: ConnectionOptions) {
    this.id = id;
    this.remoteAddress = security.isLocalSocket ? 'local' : (socket.remoteAddress ?? 'unknown');
    this.#socket = socket;
    this.turns = turns;
    this.#outbox = outbox;
    this.#limits = limits;
    this.#filterLimits = filterLimits;
    this.#security = security;
    this.#startTls = startTls;
    this.#messageOctetsMax = limits.messageOctetsBeforeBindMax;
  }

  /** TLS, the client's certificate, the local socket: what is known about the way the bytes take. */
  get security(): ConnectionSecurity {
    return this.#security;
  }

  /** Whether nobody listens, or the administrator allows it all the same: otherwise a password is refused with 13. */
  get mayReceivePasswords(): boolean {
    const { isSecure, isLocalSocket } = this.#security;
    return isSecure || isLocalSocket || this.#isClearTextSafe;
  }

  get #isClearTextSafe(): boolean {
    this.#isFromHere ??= isLoopback(this.remoteAddress);
    return this.#isFromHere || this.#limits.isClearTextPasswordAllowed;
  }

  get isOpen(): boolean {
    return !this.#isClosing;
  }

  /** How TLS may be started here; undefined where the handler does not allow it. */
  get startTls(): StartTls | undefined {
    return this.#startTls;
  }

  open(events: ConnectionEvents): void {
    this.#events = events;
    this.#socket.setNoDelay(true);
    this.#listen();
  }

  #listen(): void {
    const socket = this.#socket;
    socket.setTimeout(this.#limits.idleTimeMs, () =>
      this.close(ResultCode.adminLimitExceeded, 'The connection was idle for too long.'),
    );
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('drain', () => this.#release());
    socket.on('end', this.#peerEnded);
    // A socket error is followed by 'close', which is all there is to do about it.
    socket.on('error', () => {});
    socket.on('close', () => this.#closed());
  }

  /** Lets go of the socket, which from now on is below TLS; its end is still ours. */
  #stopListening(): void {
    this.#socket.setTimeout(0).off('end', this.#peerEnded);
    for (const event of ['data', 'drain', 'timeout']) this.#socket.removeAllListeners(event);
  }

  /**
   * TLS from here on, for a connection that is held: what was written until now leaves in clear text, and nothing that
   * came in clear text behind the request is looked at. Whoever sends such bytes, or fails the handshake, is dropped.
   */
  secure(startTls: StartTls): void {
    this.#isSecuring = true;
    if (this.#received > 0) {
      this.destroy();
      return;
    }
    const socket = this.#socket;
    this.#stopListening();
    // Called when all that was written before has left.
    socket.write('', () => {
      startTls.secure(socket).then(
        (secured) => this.#becomeSecure(secured),
        () => this.destroy(),
      );
    });
  }

  #becomeSecure({ socket, security }: SecuredSocket): void {
    this.#isSecuring = false;
    this.#socket = socket;
    this.#security = security;
    if (this.#isClosing) {
      this.destroy();
      return;
    }
    this.#release();
    this.#listen();
    this.resume();
  }

  /** Messages may be larger once it is known who sends them. */
  authenticated(isAuthenticated: boolean): void {
    const { messageOctetsMax, messageOctetsBeforeBindMax } = this.#limits;
    this.#messageOctetsMax = isAuthenticated ? messageOctetsMax : messageOctetsBeforeBindMax;
  }

  /** Writes a response; it leaves with the others of this turn. */
  send(message: ResponseMessage): void {
    if (this.#isClosing) return;
    const writer = this.#outbox.writerFor(this);
    writeResponseMessage(writer, message);
    if (writer.length >= FLUSH_OCTETS) this.flush();
  }

  /** Undefined while the peer keeps up; otherwise a promise for the moment it has caught up or is gone. */
  get congestion(): Promise<void> | undefined {
    if (!this.#isBlocked || this.#isClosing) return undefined;
    this.#drained ??= Promise.withResolvers<void>();
    return this.#drained.promise;
  }

  /** Stops reading while the session has enough to do; what has come in waits. */
  hold(): void {
    this.#isHeld = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#isHeld || this.#isSecuring) return;
    this.#isHeld = false;
    this.#goOnReading();
  }

  #goOnReading(): void {
    if (this.#isHeld || this.#isBlocked || this.#isClosing) return;
    this.#socket.resume();
    if (!this.#isReading) this.#drainReceived();
  }

  /** Ends the connection; with a code the peer is told why (RFC 4511 §4.4.1). */
  close(code?: ResultCode, diagnosticMessage = ''): void {
    if (this.#isClosing) return;
    // Within a handshake nothing can be said.
    if (this.#isSecuring) {
      this.destroy();
      return;
    }
    if (code !== undefined) this.send(noticeOfDisconnection(code, diagnosticMessage));
    this.#end(this.#limits.closeTimeMs);
  }

  /** Ends the connection when the peer, which sends nothing more, has read what is there for it. */
  finish(): void {
    if (!this.#isClosing) this.#end(this.#limits.blockedWriteTimeMs);
  }

  #end(timeMs: number): void {
    this.flush();
    this.#isClosing = true;
    this.#socket.end();
    // Not the socket's own timer, which a peer that goes on sending could put off for ever.
    const timer = setTimeout(() => this.#socket.destroy(), timeMs);
    this.#socket.setTimeout(0).once('close', () => clearTimeout(timer));
    this.#release();
  }

  /** Ends the connection without a word. */
  destroy(): void {
    this.#isClosing = true;
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    if (this.#isClosing) return;
    this.#append(chunk);
    if (this.#received >= this.#wanted) this.#drainReceived();
  }

  /** Doubles the room when there is too little, so that a message in many pieces costs what it is long. */
  #append(chunk: Buffer): void {
    const received = this.#received + chunk.length;
    if (this.#received === 0) {
      this.#pending = chunk;
    } else {
      if (received > this.#pending.length) {
        const larger = Buffer.allocUnsafeSlow(Math.max(received, 2 * this.#pending.length));
        this.#pending.copy(larger, 0, 0, this.#received);
        this.#pending = larger;
      }
      chunk.copy(this.#pending, this.#received);
    }
    this.#received = received;
  }

  #drainReceived(): void {
    if (this.#received === 0 || this.#isClosing) return;
    const bytes = this.#pending.subarray(0, this.#received);
    this.#isReading = true;
    let at = 0;
    try {
      at = this.#readMessages(bytes);
    } catch (error) {
      this.#isReading = false;
      this.#fail(error);
      return;
    }
    this.#isReading = false;
    // In memory of its own: what it came in is read into again (read-buffer.ts).
    this.#pending = at === bytes.length ? NOTHING : Buffer.from(bytes.subarray(at));
    this.#received = bytes.length - at;
  }

  /** Hands on every whole message; returns where the rest begins. */
  #readMessages(bytes: Buffer): number {
    let at = 0;
    this.#wanted = 0;
    while (at < bytes.length && !this.#isHeld && !this.#isBlocked && !this.#isClosing) {
      const length = frameLength(bytes, at, bytes.length, this.#messageOctetsMax);
      if (length === 0) break;
      if (length > bytes.length - at) {
        this.#wanted = length;
        break;
      }
      const message = readRequestMessage(bytes, at, at + length, this.#filterLimits);
      at += length;
      this.#events?.message(message);
    }
    return at;
  }

  #fail(error: unknown): void {
    if (error instanceof BerError) this.close(ResultCode.protocolError, error.message);
    else if (error instanceof LdapError) this.close(error.code, error.message);
    else {
      this.close(ResultCode.other, 'The server failed on this request; its log says more.');
      this.#events?.failed(error);
    }
  }

  /** What was written leaves now. */
  flush(): void {
    this.#outbox.flush();
  }

  transmit(octets: Buffer): boolean {
    if (this.#isClosing || this.#socket.destroyed) return true;
    const keepsUp = this.#socket.write(octets);
    // Nothing waits in the socket: the system has its own copy already.
    if (this.#socket.writableLength === 0) return true;
    if (!keepsUp) this.#watchSlowReader();
    return false;
  }

  #watchSlowReader(): void {
    if (this.#socket.writableLength >= this.#limits.pendingWriteOctetsMax) {
      this.#isBlocked = true;
      this.#socket.pause();
    }
    this.#blockedSince ??= setTimeout(() => this.destroy(), this.#limits.blockedWriteTimeMs).unref();
  }

  #release(): void {
    clearTimeout(this.#blockedSince);
    this.#blockedSince = undefined;
    this.#drained?.resolve();
    this.#drained = undefined;
    if (!this.#isBlocked) return;
    this.#isBlocked = false;
    this.#goOnReading();
  }

  #closed(): void {
    this.#isClosing = true;
    this.#pending = NOTHING;
    this.#release();
    this.#events?.closed();
    this.#events = undefined;
  }
}

function noticeOfDisconnection(code: ResultCode, diagnosticMessage: string): ResponseMessage {
  return {
    id: 0,
    operation: {
      type: 'extendedResponse',
      code,
      matchedDn: '',
      diagnosticMessage,
      referrals: undefined,
      oid: Oid.noticeOfDisconnection,
      value: undefined,
    },
    controls: [],
  };
}
