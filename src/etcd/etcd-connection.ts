// One HTTP/2 connection to a member of etcd, with gRPC's calls on it. It knows when a request had certainly no effect.
//
// There are no pings of HTTP/2: a member ends connections that ping without a stream, or more often than it likes. Each call has a
// deadline, and streams ask for signs of life by messages of etcd.

import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import type { SecureContextOptions } from 'node:tls';
import { Deadline, livingTimer } from '../time/deadline.ts';
import { connectionReason } from './connection-reason.ts';
import { EtcdError } from './etcd-error.ts';
import { frameOf, GrpcFrames } from './grpc-frames.ts';
import { errorOfStatus } from './grpc-status.ts';
import { GrpcStream } from './grpc-stream.ts';

const WINDOW_OCTETS = 1024 * 1024;
/** Node.js counts what streams hold in units of a megabyte. */
const SESSION_MEGABYTES_MAX = 128;

export class EtcdConnection {
  readonly url: string;
  readonly #session: ClientHttp2Session;
  /** Text of the last login; undefined without one. */
  token: string | undefined;
  #streams = 0;
  #isRetired = false;
  #lost: unknown;

  private constructor(url: string, session: ClientHttp2Session) {
    this.url = url;
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
      const session = connect(url, {
        ...tls,
        settings: { enablePush: false, initialWindowSize: WINDOW_OCTETS },
        maxSessionMemory: SESSION_MEGABYTES_MAX,
      });
      const connection = new EtcdConnection(url, session);
      const fail = (reason: string, cause?: unknown) => {
        deadline.close();
        session.destroy();
        const message = `The etcd member ${url} cannot be reached: ${reason}.`;
        reject(new EtcdError('unavailable', message, { hadNoEffect: true, cause }));
      };
      const deadline = new Deadline(ms, () => fail(`it did not answer within ${ms / 1000} s`), livingTimer);
      session.once('error', (error) => fail(connectionReason(error), error));
      session.once('close', () => fail('it ended the connection'));
      session.once('remoteSettings', () => {
        deadline.close();
        session.unref();
        session.removeAllListeners('close');
        resolve(connection);
      });
      deadline.begin();
    });
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
        else reject(this.failure('it ended the request without an answer', stream));
      };
      const deadline = new Deadline(
        ms,
        () => end(this.failure(`it did not answer within ${ms / 1000} s`, stream)),
        livingTimer,
      );
      stream.on('response', (headers) => {
        refusal = this.refusalOf(headers);
      });
      stream.on('trailers', (headers) => {
        refusal ??= this.refusalOf(headers, true);
        isWhole = true;
      });
      stream.on('data', (piece: Buffer) => {
        try {
          for (const one of frames.take(piece)) answer ??= one;
        } catch (error) {
          end(error instanceof EtcdError ? this.named(error) : this.failure(connectionReason(error), stream));
        }
      });
      stream.once('error', (error) =>
        end(this.failure(connectionReason(this.#lost ?? error), stream, error)),
      );
      stream.once('close', () => end(refusal));
      deadline.begin();
      stream.end(frameOf(message));
    });
  }

  /** Opens a call with many requests and answers. Throws EtcdError (`unavailable`). */
  stream(path: string): GrpcStream {
    return new GrpcStream(this, this.#open(path, {}));
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

  /** Returns the error that headers report: a status of gRPC or HTTP. In trailers a status is required. */
  refusalOf(
    headers: Readonly<Record<string, string | string[] | number | undefined>>,
    areTrailers = false,
  ): EtcdError | undefined {
    const status = headers[':status'];
    if (status !== undefined && status !== 200) {
      return this.failure(`it answers with the HTTP status ${status}, which etcd does not`);
    }
    const code = headers['grpc-status'];
    if (code === undefined) return areTrailers ? this.failure('it answers without a status') : undefined;
    return errorOfStatus(
      { 'grpc-status': String(code), 'grpc-message': textOf(headers['grpc-message']) },
      this.url,
    );
  }

  /** Returns the error for a request that gets no answer. */
  failure(reason: string, stream?: ClientHttp2Stream, cause?: unknown): EtcdError {
    const hadNoEffect = stream?.rstCode === constants.NGHTTP2_REFUSED_STREAM;
    const message = `The etcd member ${this.url} cannot serve a request: ${reason}.`;
    return new EtcdError('unavailable', message, { hadNoEffect, cause });
  }

  /** Returns an error of decoding with the URL of the member. */
  named(error: EtcdError): EtcdError {
    return new EtcdError(
      error.problem,
      `The etcd member ${this.url} cannot be understood: ${error.message}`,
      {
        cause: error,
      },
    );
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
      const message = `The etcd member ${this.url} cannot be reached: ${connectionReason(this.#lost ?? error)}.`;
      throw new EtcdError('unavailable', message, { hadNoEffect: true, cause: error });
    }
  }

  /** A frozen member never ends its half of a connection, so it is not waited for. */
  #endIfUnused(): void {
    if (this.#isRetired && this.#streams === 0) this.#session.destroy();
  }
}

function textOf(header: string | string[] | number | undefined): string {
  return typeof header === 'string' ? header : '';
}
