// One HTTP/2 connection to a member of etcd, with gRPC's calls on it. It knows when a request had certainly no effect.
//
// There are no pings of HTTP/2: a member ends connections that ping without a stream, or more often than it likes. Each call has a
// deadline, and streams ask for signs of life by messages of etcd.

import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import type { SecureContextOptions } from 'node:tls';
import { messageOf } from '../files/file-error.ts';
import { Deadline, livingTimer } from '../time/deadline.ts';
import { connectionReason } from './connection-reason.ts';
import type { EtcdError } from './etcd-error.ts';
import { frameOf, GrpcFrames } from './grpc-frames.ts';
import { GrpcStream } from './grpc-stream.ts';
import { MemberErrors } from './member-errors.ts';

/** Octets that a member may send before they are taken: on one stream, and on all of them. */
const WINDOW_OCTETS = 1024 * 1024;
const SESSION_WINDOW_OCTETS = 8 * WINDOW_OCTETS;
/** Node.js counts what streams hold in units of a megabyte. */
const SESSION_MEGABYTES_MAX = 128;

export class EtcdConnection {
  readonly #errors: MemberErrors;
  readonly #session: ClientHttp2Session;
  /** Text of the last login; undefined without one. */
  token: string | undefined;
  #streams = 0;
  #isRetired = false;
  #lost: unknown;

  private constructor(url: string, session: ClientHttp2Session) {
    this.#errors = new MemberErrors(url);
    this.#session = session;
    session.on('error', (error) => {
      this.#lost = error;
    });
  }

  /**
   * Opens a connection. Resolves when the member has answered with its settings. Rejects with EtcdError (`unavailable`).
   * @param ms milliseconds until that must be so
   */
  static open(url: string, tls: SecureContextOptions, ms: number): Promise<EtcdConnection> {
    return new Promise((resolve, reject) => {
      const session = openSession(url, tls);
      const connection = new EtcdConnection(url, session);
      const fail = (reason: string, cause?: unknown) => {
        deadline.close();
        session.destroy();
        reject(connection.#errors.unreachable(reason, cause));
      };
      const deadline = new Deadline(ms, () => fail(`it did not answer within ${ms / 1000} s`), livingTimer);
      const failed = (error: unknown) => fail(connectionReason(error), error);
      const ended = () => fail(`it ended the connection; ${hintFor(url)}`);
      session.once('error', failed);
      session.once('close', ended);
      // With TLS 1.3 a member refuses the certificate of its client after the handshake, and the session does not learn of it.
      session.once('connect', (_, socket) => socket.once('error', failed));
      session.once('remoteSettings', () => {
        deadline.close();
        session.setLocalWindowSize(SESSION_WINDOW_OCTETS);
        session.unref();
        session.off('close', ended);
        resolve(connection);
      });
      deadline.begin();
    });
  }

  get url(): string {
    return this.#errors.url;
  }

  /** True while new calls can be made. */
  get isUsable(): boolean {
    return !this.#isRetired && !this.#session.closed && !this.#session.destroyed;
  }

  /**
   * Makes a call with one request and one answer. Rejects with EtcdError; its problem is `unavailable` if there is no answer, and
   * `hadNoEffect` then says whether the request can have been done.
   * @param ms milliseconds until there must be an answer
   */
  call(path: string, message: Uint8Array, ms: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      const stream = this.#open(path, { 'grpc-timeout': `${Math.ceil(ms)}m` });
      const frames = new GrpcFrames();
      let answer: Uint8Array | undefined;
      let isWhole = false;
      let refusal: EtcdError | undefined;
      const end = (error: EtcdError | undefined) => {
        deadline.close();
        stream.close(error === undefined ? constants.NGHTTP2_NO_ERROR : constants.NGHTTP2_CANCEL);
        if (error !== undefined) reject(error);
        else if (answer !== undefined && isWhole) resolve(answer);
        else reject(this.#errors.unanswered('it ended the request without an answer', stream));
      };
      const deadline = new Deadline(
        ms,
        () => end(this.#errors.unanswered(`it did not answer within ${ms / 1000} s`, stream)),
        livingTimer,
      );
      stream.on('response', (headers) => {
        refusal = this.#errors.refusal(headers);
      });
      stream.on('trailers', (headers) => {
        refusal ??= this.#errors.refusal(headers);
        isWhole = headers['grpc-status'] !== undefined;
      });
      stream.on('data', (piece: Buffer) => {
        try {
          for (const one of frames.take(piece)) answer ??= one;
        } catch (error) {
          end(this.#errors.broken(error, stream));
        }
      });
      stream.once('error', (error) =>
        end(this.#errors.unanswered(connectionReason(this.#lost ?? error), stream, error)),
      );
      stream.once('close', () => end(refusal));
      deadline.begin();
      stream.end(frameOf(message));
    });
  }

  /** Opens a call with many requests and answers. Throws EtcdError (`unavailable`). */
  stream(path: string): GrpcStream {
    return new GrpcStream(this.#errors, this.#open(path, {}));
  }

  /** Makes no further calls on this connection, and ends it after its streams. */
  retire(): void {
    this.#isRetired = true;
    this.#endIfUnused();
  }

  /** Ends the connection with all calls on it. */
  close(): void {
    this.#isRetired = true;
    this.#session.destroy();
  }

  #open(path: string, more: Readonly<Record<string, string>>): ClientHttp2Stream {
    try {
      const stream = this.#session.request({
        ':method': 'POST',
        ':path': path,
        'content-type': 'application/grpc',
        te: 'trailers',
        // A member without a leader refuses the call, instead of keeping it.
        hasleader: 'true',
        ...(this.token === undefined ? {} : { token: this.token }),
        ...more,
      });
      this.#streams += 1;
      this.#session.ref();
      stream.once('close', () => {
        this.#streams -= 1;
        if (this.#streams === 0) this.#session.unref();
        this.#endIfUnused();
      });
      return stream;
    } catch (error) {
      throw this.#errors.unreachable(connectionReason(this.#lost ?? error), error);
    }
  }

  /** A frozen member never ends its half of a connection, so it is not waited for. */
  #endIfUnused(): void {
    if (this.#isRetired && this.#streams === 0) this.#session.destroy();
  }
}

function hintFor(url: string): string {
  return url.startsWith('https:')
    ? 'it may ask for a certificate of this server'
    : 'its URL may have to begin with https:';
}

/** Begins a connection. Throws EtcdError for a certificate or key that cannot be used, such as while one of both is replaced. */
function openSession(url: string, tls: SecureContextOptions): ClientHttp2Session {
  try {
    return connect(url, {
      ...tls,
      settings: { enablePush: false, initialWindowSize: WINDOW_OCTETS },
      maxSessionMemory: SESSION_MEGABYTES_MAX,
    });
  } catch (error) {
    const reason = `the certificate or the key for it cannot be used (${messageOf(error)})`;
    throw new MemberErrors(url).unreachable(reason, error);
  }
}
