// Turns octets of a socket into messages, and messages into octets. Handles framing, limits and back-pressure; the session
// handles the content. The outbox decides when answers leave.

import type { Socket } from 'node:net';
import { BerError, frameLength } from '../../codec/ber-reader.ts';
import type { FilterLimits } from '../../codec/filter-ber.ts';
import { readRequestMessage, writeResponseHead } from '../../codec/message-ber.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import type { ResponseMessage } from '../../ldap/message.ts';
import { ResultCode } from '../../ldap/result-code.ts';
import type { ClientConnection, ConnectionEvents } from '../../operations/client-connection.ts';
import { type ConnectionSecurity, isLoopback } from '../../operations/connection-security.ts';
import type { ConnectionLimits } from '../../operations/limits.ts';
import type { Rank, Turns } from '../../operations/turns.ts';
import { noticeOfDisconnection } from '../../operations/unsolicited-notification.ts';
import { Deadline, livingTimer } from '../../time/deadline.ts';
import { limitIdleTime } from '../../time/idle-time.ts';
import { BackPressure } from './back-pressure.ts';
import type { ConnectionOptions, SocketStartTls } from './connection-options.ts';
import type { Outbox, Sender } from './outbox.ts';
import { ReceivedOctets } from './received-octets.ts';
import type { SecuredSocket } from './tls-acceptor.ts';
import type { SlowReader } from './unsent-answers.ts';

const FLUSH_OCTETS = 64 * 1024;
/** Number of messages passed on between two readings of the clock; a long request reads it itself. */
const MESSAGES_PER_LOOK = 4;
/** Number of octets read ahead while a connection waits for its turn. */
const READ_AHEAD_OCTETS = 64 * 1024;

export class Connection implements ClientConnection, Sender, SlowReader {
  readonly id: number;
  /** An IP address; `local` for a local socket. */
  readonly remoteAddress: string;
  readonly localPort: number | undefined;
  #socket: Socket;
  readonly #outbox: Outbox;
  readonly #limits: ConnectionLimits;
  readonly #filterLimits: FilterLimits;
  /** Shared by all connections of the server. */
  readonly #turns: Turns;
  #events: ConnectionEvents | undefined;
  readonly #received = new ReceivedOctets();
  /** For the rest of a message: half of one costs memory and a connection, and cannot be answered. */
  readonly #rest: Deadline;
  #isKnown = false;
  readonly #bind: Deadline;
  #isReading = false;
  #isWaitingForTurn = false;
  #isHeld = false;
  readonly #backPressure: BackPressure;
  #isClosing = false;
  #security: ConnectionSecurity;
  readonly #startTls: SocketStartTls | undefined;
  /** Determined at the first password. */
  #isFromHere: boolean | undefined;
  /** True during a TLS handshake: nothing is read or written here. */
  #isSecuring = false;

  readonly #peerEnded = () => this.#events?.ended();

  constructor(options: ConnectionOptions) {
    const { id, socket, outbox, turns, unsent, limits, filterLimits, security, startTls } = options;
    this.id = id;
    this.remoteAddress = security.isLocalSocket ? 'local' : (socket.remoteAddress ?? 'unknown');
    this.localPort = security.isLocalSocket ? undefined : socket.localPort;
    this.#socket = socket;
    this.#turns = turns;
    this.#backPressure = new BackPressure(this, limits, unsent);
    this.#outbox = outbox;
    this.#limits = limits;
    this.#filterLimits = filterLimits;
    this.#security = security;
    this.#startTls = startTls;
    const late = (text: string) => () => this.close(ResultCode.adminLimitExceeded, text);
    this.#rest = new Deadline(limits.blockedReadTimeMs, late('The rest of a request took too long to come.'));
    this.#bind = new Deadline(
      limits.timeBeforeBindMs,
      late('Nobody has logged in on this connection for too long. Connect again, and bind.'),
    );
  }

  /** Priority: connections with a login come first. */
  get rank(): Rank {
    return this.#isKnown ? 'known' : 'unknown';
  }

  /** The security of the connection: TLS, the client's certificate, local socket. */
  get security(): ConnectionSecurity {
    return this.#security;
  }

  /** True if nobody can read the password on its way, or the administrator allows it; otherwise it is refused (13). */
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

  /** Starts TLS; undefined if the handler does not allow it. */
  get startTls(): SocketStartTls | undefined {
    return this.#startTls;
  }

  open(events: ConnectionEvents): void {
    this.#events = events;
    this.#socket.setNoDelay(true);
    this.#limitTimeBeforeBind();
    this.#listen();
  }

  #listen(): void {
    const socket = this.#socket;
    limitIdleTime(socket, this.#limits.idleTimeMs, () =>
      this.close(ResultCode.adminLimitExceeded, 'The connection was idle for too long.'),
    );
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('drain', () => {
      if (this.#backPressure.caughtUp()) this.#goOnReading();
    });
    socket.on('end', this.#peerEnded);
    // An error is followed by 'close', which does all that is needed.
    socket.on('error', () => {});
    socket.on('close', () => this.#closed());
  }

  /** Removes the listeners of the socket, which is below TLS from now on; 'close' is still handled here. */
  #stopListening(): void {
    this.#socket.setTimeout(0).off('end', this.#peerEnded);
    for (const event of ['data', 'drain', 'timeout']) this.#socket.removeAllListeners(event);
  }

  /**
   * Starts TLS on a connection that is held. What was written before leaves in clear. A client that sent octets in clear after
   * the request, or fails the handshake, is dropped.
   */
  secure(): void {
    const startTls = this.#startTls;
    this.#isSecuring = true;
    if (startTls === undefined || this.#received.length > 0) {
      this.destroy();
      return;
    }
    const socket = this.#socket;
    this.#stopListening();
    // Called when everything written before has left.
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
    this.#limitTimeBeforeBind();
    this.#backPressure.caughtUp();
    this.#listen();
    this.resume();
  }

  /** Changes the limits to those of a connection with or without a login. */
  authenticated(isAuthenticated: boolean): void {
    if (this.#isKnown === isAuthenticated) return;
    this.#isKnown = isAuthenticated;
    this.#limitTimeBeforeBind();
    this.#events?.authenticated(isAuthenticated);
  }

  /** Starts the time limit for connections without a login. */
  #limitTimeBeforeBind(): void {
    // The timer is kept: a client that binds anew would cost one each time.
    if (this.#isKnown || this.#limits.timeBeforeBindMs === 0) this.#bind.end();
    else this.#bind.begin();
  }

  get #messageOctetsMax(): number {
    return this.#isKnown ? this.#limits.messageOctetsMax : this.#limits.messageOctetsBeforeBindMax;
  }

  /** Writes a response; it leaves with the others of this turn. */
  send(message: ResponseMessage): void {
    if (this.#isClosing) return;
    const writer = this.#outbox.writerFor(this);
    const shared = writeResponseHead(writer, message);
    if (shared !== undefined) this.#outbox.share(shared);
    if (shared !== undefined || writer.length >= FLUSH_OCTETS) this.flush();
  }

  turnEndsAt(now: number): number {
    return this.#turns.endsAt(now);
  }

  sliceEndsAt(now: number): number {
    return this.#turns.sliceEndsAt(now);
  }

  async nextTurn(): Promise<void> {
    // Other answers of the connection may use the room first.
    do {
      await this.congestion;
      await this.#turns.next(this.rank);
    } while (this.congestion !== undefined);
  }

  /** Undefined while the peer keeps up; otherwise a promise that resolves when it has caught up or is gone. */
  get congestion(): Promise<void> | undefined {
    return this.#isClosing ? undefined : this.#backPressure.congestion;
  }

  /** Stops reading while the session is busy; what has come in waits. */
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
    if (!this.#isWaitingForTurn || this.#received.length < READ_AHEAD_OCTETS) this.#socket.resume();
    this.#readInTurn();
  }

  /** Reads what has come in, now or at this connection's turn. */
  #readInTurn(): void {
    if (this.#isReading || this.#isWaitingForTurn || this.#received.length === 0) return;
    const now = performance.now();
    if (this.#turns.isFree(this.rank, now)) this.#drainReceived(this.#turns.sliceEndsAt(now));
    else this.#waitForTurn();
  }

  #waitForTurn(): void {
    this.#isWaitingForTurn = true;
    this.#received.own();
    this.#rest.end();
    if (this.#received.length >= READ_AHEAD_OCTETS) this.#socket.pause();
    this.#turns.wait(this.rank, () => {
      this.#isWaitingForTurn = false;
      if (this.#isHeld || this.#isBlocked || this.#isClosing) return;
      this.#drainReceived(this.#turns.sliceEndsAt(performance.now()));
      if (!this.#isWaitingForTurn && !this.#isHeld && !this.#isBlocked) this.#socket.resume();
    });
  }

  /** Closes the connection; with a code, a notice gives the reason (RFC 4511 §4.4.1). */
  close(code?: ResultCode, diagnosticMessage = ''): void {
    if (this.#isClosing) return;
    // No notice can be sent within a handshake.
    if (this.#isSecuring) {
      this.destroy();
      return;
    }
    if (code !== undefined) this.send(noticeOfDisconnection(code, diagnosticMessage));
    this.#end(this.#limits.closeTimeMs);
  }

  /** Closes the connection as soon as the notice has left. */
  evict(code: ResultCode, diagnosticMessage: string): void {
    this.close(code, diagnosticMessage);
    this.#socket.destroySoon();
  }

  /** Closes the connection after the peer, which has sent its end, has read its answers. */
  finish(): void {
    if (!this.#isClosing) this.#end(this.#limits.blockedWriteTimeMs);
  }

  #end(timeMs: number): void {
    this.flush();
    this.#isClosing = true;
    this.#socket.end();
    // Not the socket's own timer: a peer that keeps sending would postpone it for ever.
    const deadline = new Deadline(timeMs, () => this.#socket.destroy(), livingTimer);
    deadline.begin();
    this.#socket.setTimeout(0).once('close', () => deadline.close());
    this.#backPressure.release();
  }

  /** Closes the connection without a notice. */
  destroy(): void {
    this.#isClosing = true;
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    if (this.#isClosing) return;
    const received = this.#received;
    received.append(chunk);
    if (this.#isWaitingForTurn) {
      received.own();
      if (received.length >= READ_AHEAD_OCTETS) this.#socket.pause();
    } else if (received.length >= received.wanted) this.#readInTurn();
    // It is not read before the requests under way have ended.
    received.own();
  }

  /** Reads messages until this time on the clock of performance.now(). */
  #drainReceived(endsAt: number): void {
    if (this.#received.length === 0 || this.#isClosing) return;
    this.#isReading = true;
    try {
      this.#received.dropFirst(this.#readMessages(this.#received.octets, endsAt));
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isReading = false;
    }
    const isOver = this.#received.length === 0 || this.#isHeld || this.#isBlocked || this.#isClosing;
    if (!isOver && !this.#rest.isRunning) this.#waitForTurn();
  }

  /** Passes on whole messages until the time is over. Returns the offset of the rest. */
  #readMessages(bytes: Buffer, endsAt: number): number {
    let at = 0;
    let count = 0;
    this.#received.wanted = 0;
    while (at < bytes.length && !this.#isHeld && !this.#isBlocked && !this.#isClosing) {
      const length = frameLength(bytes, at, bytes.length, this.#messageOctetsMax);
      if (length === 0 || length > bytes.length - at) {
        this.#received.wanted = length;
        if (at > 0 || !this.#rest.isRunning) this.#rest.begin();
        return at;
      }
      if (count > 0 && count % MESSAGES_PER_LOOK === 0 && performance.now() >= endsAt) break;
      count += 1;
      const message = readRequestMessage(bytes, at, at + length, this.#filterLimits);
      at += length;
      this.#events?.message(message, length);
    }
    this.#rest.end();
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

  /** Sends what was written. */
  flush(): void {
    this.#outbox.flush();
  }

  transmit(octets: Buffer, shared: Uint8Array | undefined): boolean {
    const socket = this.#socket;
    if (this.#isClosing || socket.destroyed) return true;
    if (shared !== undefined) socket.cork();
    let keepsUp = socket.write(octets);
    if (shared !== undefined) {
      keepsUp = socket.write(shared);
      socket.uncork();
    }
    // Nothing waits in the socket: the system has copied it.
    if (socket.writableLength === 0) return true;
    if (!keepsUp) {
      this.#backPressure.waits(socket.writableLength);
      if (this.#isBlocked) socket.pause();
    }
    return false;
  }

  get #isBlocked(): boolean {
    return this.#backPressure.isBlocked;
  }

  #closed(): void {
    this.#isClosing = true;
    this.#received.clear();
    this.#rest.close();
    this.#bind.close();
    this.#backPressure.caughtUp();
    this.#events?.closed();
    this.#events = undefined;
  }
}
