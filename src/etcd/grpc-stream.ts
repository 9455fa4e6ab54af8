// A call of gRPC with many requests and answers: a watch, or leases that are kept alive.

import { type ClientHttp2Stream, constants } from 'node:http2';
import type { EtcdError } from './etcd-error.ts';
import { frameOf, GrpcFrames } from './grpc-frames.ts';
import type { MemberErrors } from './member-errors.ts';

export class GrpcStream {
  readonly errors: MemberErrors;
  readonly #stream: ClientHttp2Stream;
  #refusal: EtcdError | undefined;
  #ending: EtcdError | undefined;

  constructor(errors: MemberErrors, stream: ClientHttp2Stream) {
    this.errors = errors;
    this.#stream = stream;
    stream.on('response', (headers) => {
      this.#refusal = errors.refusal(headers);
    });
    stream.on('trailers', (headers) => {
      this.#refusal ??= errors.refusal(headers);
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
      throw this.#ending ?? this.#refusal ?? this.errors.broken(error, this.#stream);
    } finally {
      this.#stream.close(constants.NGHTTP2_CANCEL);
    }
    throw this.#ending ?? this.#refusal ?? this.errors.unanswered('it ended a stream', this.#stream);
  }

  /** Ends the stream; `messages` throws this error. */
  end(error: EtcdError): void {
    this.#ending ??= error;
    this.#stream.destroy();
  }
}
