// A call of gRPC with many requests and answers: a watch, or leases that are kept alive.

import { type ClientHttp2Stream, constants } from 'node:http2';
import { connectionReason } from './connection-reason.ts';
import type { EtcdConnection } from './etcd-connection.ts';
import { EtcdError } from './etcd-error.ts';
import { frameOf, GrpcFrames } from './grpc-frames.ts';

export class GrpcStream {
  readonly connection: EtcdConnection;
  readonly #stream: ClientHttp2Stream;
  #refusal: EtcdError | undefined;
  #ending: EtcdError | undefined;

  constructor(connection: EtcdConnection, stream: ClientHttp2Stream) {
    this.connection = connection;
    this.#stream = stream;
    stream.on('response', (headers) => {
      this.#refusal = connection.refusalOf(headers);
    });
    stream.on('trailers', (headers) => {
      this.#refusal ??= connection.refusalOf(headers);
    });
    // `messages` reports it; before it is called nobody listens.
    stream.on('error', () => {});
  }

  send(message: Uint8Array): void {
    if (!this.#stream.destroyed && this.#stream.writable) this.#stream.write(frameOf(message));
  }

  /**
   * Yields the answers. What the consumer does not take stays with the member, apart from a window of HTTP/2. Always ends with an
   * EtcdError: a stream has no end of its own.
   */
  async *messages(): AsyncGenerator<Uint8Array, void> {
    const frames = new GrpcFrames();
    try {
      for await (const piece of this.#stream) {
        for (const message of frames.take(piece)) yield message;
      }
    } catch (error) {
      if (error instanceof EtcdError) throw this.connection.named(error);
      throw (
        this.#ending ?? this.#refusal ?? this.connection.failure(connectionReason(error), this.#stream, error)
      );
    } finally {
      this.#stream.close(constants.NGHTTP2_CANCEL);
    }
    throw this.#ending ?? this.#refusal ?? this.connection.failure('it ended a stream', this.#stream);
  }

  /** Ends the stream; `messages` throws this error. */
  end(error: EtcdError): void {
    this.#ending ??= error;
    this.#stream.destroy();
  }
}
