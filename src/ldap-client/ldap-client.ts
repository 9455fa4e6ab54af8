// One guarded connection to a directory server (RFC 4511), for commands and applications. Every request ends in an answer or
// an LdapClientError: each message is framed, read and checked against its request and the limits before a caller sees it.
// A lost connection is not reopened here.

import type { Socket } from 'node:net';
import { type ConnectionOptions, TLSSocket } from 'node:tls';
import { BerWriter } from '../codec/ber-writer.ts';
import { writeRequestMessage } from '../codec/message-ber.ts';
import { messageOf } from '../files/file-error.ts';
import type { Control } from '../ldap/control.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { ResponseMessage } from '../ldap/message.ts';
import { Oid } from '../ldap/oids.ts';
import { nameOfResultCode, ResultCode } from '../ldap/result-code.ts';
import { Deadline } from '../time/deadline.ts';
import { AnswerFrames } from './answer-frames.ts';
import { type AnswerLimits, costOf, DEFAULT_ANSWER_LIMITS } from './answer-limits.ts';
import { LdapClientError } from './client-error.ts';
import { type Answer, Exchange, type Listener, type OneAnswered } from './exchange.ts';
import { connectSocket, type SocketAddress, secureSocket } from './secured-socket.ts';

const LDAP_VERSION = 3;
/** Number of octets after which requests are written. */
const WRITE_OCTETS = 32 * 1024;
const NOTICE_ID = 0;

export interface LdapClientOptions {
  readonly place: SocketAddress;
  readonly security: 'none' | 'tls' | 'start-tls';
  readonly tls?: ConnectionOptions;
  /** Time for connecting, for TLS, and between messages while an answer is due, in ms; 0 for no limit. */
  readonly timeoutMs: number;
  readonly limits?: Partial<AnswerLimits>;
  /** Called once, when the connection is lost after it was open; not after `close`. */
  readonly lost?: (error: LdapClientError) => void;
}

/** Name and password; undefined lets the server derive the identity (SASL EXTERNAL, RFC 4422 appendix A). */
export type Login = { readonly dn: string; readonly password: string } | undefined;

export class LdapClient {
  readonly #options: LdapClientOptions;
  readonly #limits: AnswerLimits;
  #socket: Socket;
  readonly #frames: AnswerFrames;
  readonly #writer = new BerWriter();
  readonly #exchanges = new Map<number, Exchange>();
  #lastId = 0;
  #watchCount = 0;
  #isFlushDue = false;
  #strays = 0;
  #timeoutMs: number;
  #silence: Deadline;
  #failure: LdapClientError | undefined;
  #isOpen = false;

  /** Connects and secures the connection, anonymously. Rejects with LdapClientError. */
  static async open(options: LdapClientOptions): Promise<LdapClient> {
    const { place, security, tls = {}, timeoutMs } = options;
    const plain = await connectSocket(place, timeoutMs);
    const socket = security === 'tls' ? await secureSocket(plain, place, tls, timeoutMs) : plain;
    const client = new LdapClient(socket, options);
    if (security === 'start-tls') await client.#startTls(tls);
    client.#isOpen = true;
    return client;
  }

  private constructor(socket: Socket, options: LdapClientOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_ANSWER_LIMITS, ...options.limits };
    this.#frames = new AnswerFrames(this.#limits.messageOctetsMax);
    this.#timeoutMs = options.timeoutMs;
    this.#silence = this.#makeSilence();
    this.#socket = socket;
    this.#hear();
  }

  /** Changes the time between messages while an answer is due, in ms; 0 for no limit. */
  set timeoutMs(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
    this.#silence.close();
    this.#silence = this.#makeSilence();
    this.#awaitAnswer();
  }

  /** The TLS socket, to inspect certificates; undefined without TLS. */
  get secured(): TLSSocket | undefined {
    return this.#socket instanceof TLSSocket ? this.#socket : undefined;
  }

  /** Number of requests without an answer, except those of `watch`. */
  get waitingCount(): number {
    return this.#exchanges.size - this.#watchCount;
  }

  /** Binds. Returns the answer, whatever its result code. Rejects with LdapClientError. */
  bind(login: Login): Promise<Answer> {
    const authentication =
      login === undefined
        ? ({ type: 'sasl', mechanism: 'EXTERNAL', credentials: undefined } as const)
        : ({ type: 'simple', password: login.password } as const);
    return this.ask({ type: 'bindRequest', version: LDAP_VERSION, name: login?.dn ?? '', authentication });
  }

  /** Sends a request. Returns its answer, whatever its result code, with the entries. Rejects with LdapClientError. */
  ask(request: OneAnswered, controls: readonly Control[] = []): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    this.send(request, controls, { answered: resolve, failed: reject });
    return promise;
  }

  /**
   * Sends a request. Requests are written together, at the end of the turn or when there are many. Exactly one of
   * `answered` and `failed` is called, never before this function returns.
   */
  send(request: OneAnswered, controls: readonly Control[], listener: Listener): void {
    const failure = this.#failure;
    if (failure !== undefined) {
      process.nextTick(() => listener.failed(failure));
      return;
    }
    this.#lastId += 1;
    const exchange = new Exchange(request, listener, this.#limits);
    this.#exchanges.set(this.#lastId, exchange);
    if (!exchange.isWaitedFor) this.#watchCount += 1;
    this.#writer.makeRoom();
    writeRequestMessage(this.#writer, { id: this.#lastId, operation: request, controls });
    if (!this.#silence.isRunning) this.#awaitAnswer();
    if (this.#writer.length >= WRITE_OCTETS) this.#flush();
    else this.#flushSoon();
  }

  close(): void {
    this.#end(new LdapClientError('closed', 'the connection was closed here'));
  }

  #flushSoon(): void {
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    process.nextTick(() => {
      this.#isFlushDue = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#writer.length > 0 && this.#failure === undefined) this.#socket.write(this.#writer.take());
  }

  #hear(): void {
    const socket = this.#socket;
    socket.on('data', (piece: Buffer) => this.#read(piece));
    socket.on('error', (error) => this.#end(new LdapClientError('lost', error.message, { cause: error })));
    socket.on('close', () => this.#end(new LdapClientError('lost', '')));
  }

  #read(piece: Buffer): void {
    if (this.#silence.isRunning) this.#silence.begin();
    try {
      for (const { message, octets } of this.#frames.take(piece)) {
        this.#take(message, octets);
        if (this.#failure !== undefined) return;
      }
    } catch (error) {
      this.#end(problemOf(error));
    }
  }

  /** Passes a message to its request. Throws LdapClientError if it answers none, or exceeds the limits. */
  #take(message: ResponseMessage, octets: number): void {
    const exchange = this.#exchanges.get(message.id);
    if (exchange === undefined) return this.#takeStray(message);
    exchange.spend(costOf(message.operation, octets));
    if (!exchange.take(message)) return;
    this.#exchanges.delete(message.id);
    if (!exchange.isWaitedFor) this.#watchCount -= 1;
    if (this.waitingCount === 0) this.#silence.end();
  }

  /** Handles a notice (RFC 4511 §4.4) or an unrequested answer. A notice of disconnection does not close the socket yet. */
  #takeStray({ id, operation }: ResponseMessage): void {
    const isEnd =
      id === NOTICE_ID &&
      operation.type === 'extendedResponse' &&
      operation.oid !== Oid.abortedTransactionNotice;
    if (isEnd) {
      const { diagnosticMessage, code } = operation;
      throw new LdapClientError('lost', diagnosticMessage || nameOfResultCode(code));
    }
    this.#strays += 1;
    if (this.#strays <= this.#limits.strayMessagesMax) return;
    throw new LdapClientError(
      'too-much',
      `it has sent more than ${this.#limits.strayMessagesMax} messages that answer nothing`,
    );
  }

  #makeSilence(): Deadline {
    const timeoutMs = this.#timeoutMs;
    return new Deadline(timeoutMs, () =>
      this.#end(new LdapClientError('silent', `it has not answered for ${timeoutMs} ms`)),
    );
  }

  /** Starts the time limit, if an answer is due. */
  #awaitAnswer(): void {
    if (this.#timeoutMs > 0 && this.#failure === undefined && this.waitingCount > 0) this.#silence.begin();
  }

  #end(error: LdapClientError): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#silence.close();
    this.#socket.destroy();
    const exchanges = [...this.#exchanges.values()];
    this.#exchanges.clear();
    for (const exchange of exchanges) exchange.fail(error);
    if (this.#isOpen && error.problem !== 'closed') this.#options.lost?.(error);
  }

  /** Starts TLS (RFC 4511 §4.14). Octets in clear after the answer were inserted by an attacker. */
  async #startTls(tls: ConnectionOptions): Promise<void> {
    const request = { type: 'extendedRequest', oid: Oid.startTls, value: undefined } as const;
    const { result } = await this.ask(request);
    if (result.code !== ResultCode.success) {
      this.close();
      throw new LdapClientError('no-tls', result.diagnosticMessage || nameOfResultCode(result.code));
    }
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#frames.isInMessage || this.#strays > 0) {
      this.close();
      throw new LdapClientError('wrong-answer', 'clear text follows its answer to StartTLS');
    }
    const plain = this.#socket;
    plain.removeAllListeners('data').removeAllListeners('close').removeAllListeners('error');
    plain.on('error', () => {});
    this.#socket = await secureSocket(plain, this.#options.place, tls, this.#timeoutMs);
    this.#hear();
  }
}

/** Returns the LdapClientError for an error thrown while a message is read. */
function problemOf(error: unknown): LdapClientError {
  if (error instanceof LdapClientError) return error;
  const reason = messageOf(error);
  const what = error instanceof LdapError ? 'what it says is no LDAP' : 'what it says cannot be used';
  return new LdapClientError('wrong-answer', `${what}: ${reason}`, { cause: error });
}
