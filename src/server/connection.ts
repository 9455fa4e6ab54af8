// Bytes from a socket to messages, and messages to bytes. Knows framing, limits and back-pressure; what a message
// means is the session's business. Whatever one chunk of requests makes the session answer at once leaves in one
// write.

import type { Socket } from 'node:net';
import { BerError, frameLength } from '../codec/ber-reader.ts';
import { BerWriter } from '../codec/ber-writer.ts';
import type { FilterLimits } from '../codec/filter-ber.ts';
import { type InvalidRequest, readRequestMessage, writeResponseMessage } from '../codec/message-ber.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { Message, RequestMessage, ResponseMessage } from '../ldap/message.ts';
import { Oid } from '../ldap/oids.ts';
import { ResultCode } from '../ldap/result-code.ts';
import type { ConnectionLimits } from './limits.ts';

export type IncomingMessage = RequestMessage | Message<InvalidRequest>;

export interface ConnectionEvents {
  /** One call for each message, in the order of arrival. */
  message(message: IncomingMessage): void;
  /** Once, when the socket is gone for whatever reason. */
  closed(): void;
  /** Something that should not happen did: the connection is closing because of it. */
  failed(error: unknown): void;
}

/**
 * One writer serves all connections of a server: an idle connection then costs no buffer. Whoever writes becomes
 * the owner, and what the owner before it left is sent first, so bytes of two connections never mix.
 */
export class Outbox {
  readonly writer = new BerWriter();
  #owner: { flush(): void } | undefined;

  writerFor(owner: { flush(): void }): BerWriter {
    if (this.#owner !== owner) {
      this.#owner?.flush();
      this.#owner = owner;
    }
    return this.writer;
  }
}

const FLUSH_OCTETS = 32 * 1024;

export class Connection {
  readonly id: number;
  readonly #socket: Socket;
  readonly #outbox: Outbox;
  readonly #limits: ConnectionLimits;
  readonly #filterLimits: FilterLimits;
  #events: ConnectionEvents | undefined;
  /** What came in and is not yet a whole message. */
  #chunks: Buffer[] = [];
  #received = 0;
  /** How much must have come in before looking again is worthwhile. */
  #wanted = 0;
  #messageOctetsMax: number;
  #isReading = false;
  #isFlushDue = false;
  #isHeld = false;
  #isClosing = false;
  #blockedSince: NodeJS.Timeout | undefined;
  #drained: PromiseWithResolvers<void> | undefined;

  constructor(
    id: number,
    socket: Socket,
    outbox: Outbox,
    limits: ConnectionLimits,
    filterLimits: FilterLimits,
  ) {
    this.id = id;
    this.#socket = socket;
    this.#outbox = outbox;
    this.#limits = limits;
    this.#filterLimits = filterLimits;
    this.#messageOctetsMax = limits.messageOctetsBeforeBindMax;
  }

  get remoteAddress(): string {
    return this.#socket.remoteAddress ?? 'unknown';
  }

  get isOpen(): boolean {
    return !this.#isClosing;
  }

  open(events: ConnectionEvents): void {
    this.#events = events;
    const socket = this.#socket;
    socket.setNoDelay(true);
    socket.setTimeout(this.#limits.idleTimeMs, () =>
      this.close(ResultCode.adminLimitExceeded, 'The connection was idle for too long.'),
    );
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('drain', () => this.#release());
    // A socket error is followed by 'close', which is all there is to do about it.
    socket.on('error', () => {});
    socket.on('close', () => this.#closed());
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
    else if (!this.#isReading && !this.#isFlushDue) this.#flushSoon();
  }

  /** Answers that become ready together, as those of changes that shared one sync, leave together. */
  #flushSoon(): void {
    this.#isFlushDue = true;
    queueMicrotask(() => {
      this.#isFlushDue = false;
      this.flush();
    });
  }

  /** For answers that are given outside of a turn of reading: all of them leave in one write. */
  together(send: () => void): void {
    const wasReading = this.#isReading;
    this.#isReading = true;
    send();
    this.#isReading = wasReading;
    if (!wasReading) this.flush();
  }

  /** Undefined while the peer keeps up; otherwise a promise for the moment it has caught up or is gone. */
  get congestion(): Promise<void> | undefined {
    if (this.#socket.writableLength < this.#limits.pendingWriteOctetsMax || this.#isClosing) return undefined;
    this.#drained ??= Promise.withResolvers<void>();
    return this.#drained.promise;
  }

  /** Stops reading while the session has enough to do; what has come in waits. */
  hold(): void {
    this.#isHeld = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#socket.resume();
    if (!this.#isReading) this.#drainReceived();
  }

  /** Ends the connection; with a code the peer is told why (RFC 4511 §4.4.1). */
  close(code?: ResultCode, diagnosticMessage = ''): void {
    if (this.#isClosing) return;
    if (code !== undefined) this.send(noticeOfDisconnection(code, diagnosticMessage));
    this.flush();
    this.#isClosing = true;
    this.#socket.end();
    this.#socket.setTimeout(this.#limits.closeTimeMs, () => this.#socket.destroy());
    this.#release();
  }

  /** Ends the connection without a word. */
  destroy(): void {
    this.#isClosing = true;
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    if (this.#isClosing) return;
    this.#chunks.push(chunk);
    this.#received += chunk.length;
    if (this.#received >= this.#wanted) this.#drainReceived();
  }

  #drainReceived(): void {
    if (this.#received === 0 || this.#isClosing) return;
    const [first, second] = this.#chunks;
    const bytes = second === undefined && first !== undefined ? first : Buffer.concat(this.#chunks);
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
    this.flush();
    this.#chunks = at === bytes.length ? [] : [bytes.subarray(at)];
    this.#received = bytes.length - at;
  }

  /** Hands on every whole message; returns where the rest begins. */
  #readMessages(bytes: Buffer): number {
    let at = 0;
    this.#wanted = 0;
    while (at < bytes.length && !this.#isHeld && !this.#isClosing) {
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

  /** Hands what was written to the socket. */
  flush(): void {
    const writer = this.#outbox.writerFor(this);
    if (writer.length === 0) return;
    const bytes = writer.take();
    if (this.#isClosing || this.#socket.destroyed) return;
    if (!this.#socket.write(bytes)) this.#watchSlowReader();
  }

  #watchSlowReader(): void {
    this.#blockedSince ??= setTimeout(() => this.destroy(), this.#limits.blockedWriteTimeMs).unref();
  }

  #release(): void {
    clearTimeout(this.#blockedSince);
    this.#blockedSince = undefined;
    this.#drained?.resolve();
    this.#drained = undefined;
  }

  #closed(): void {
    this.#isClosing = true;
    this.#chunks = [];
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
