// Errors of one member of etcd: each names its URL.

import { type ClientHttp2Stream, constants } from 'node:http2';
import { connectionReason } from './connection-reason.ts';
import { EtcdError } from './etcd-error.ts';
import { errorOfStatus } from './grpc-status.ts';

type Headers = Readonly<Record<string, string | string[] | number | undefined>>;

const OK = 200;

export class MemberErrors {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  /** Returns the error of a member to which there is no connection. Nothing was sent. */
  unreachable(reason: string, cause?: unknown): EtcdError {
    const message = `The etcd member ${this.url} cannot be reached: ${reason}.`;
    return new EtcdError('unavailable', message, { hadNoEffect: true, cause });
  }

  /** Returns the error of a request without an answer. The member may have done it, unless it refused the stream. */
  unanswered(reason: string, stream?: ClientHttp2Stream, cause?: unknown): EtcdError {
    const hadNoEffect = stream?.rstCode === constants.NGHTTP2_REFUSED_STREAM;
    const message = `The etcd member ${this.url} cannot serve a request: ${reason}.`;
    return new EtcdError('unavailable', message, { hadNoEffect, cause });
  }

  /** Returns the error for something that was thrown while a stream was read. */
  broken(error: unknown, stream: ClientHttp2Stream): EtcdError {
    if (!(error instanceof EtcdError)) return this.unanswered(connectionReason(error), stream, error);
    const message = `The etcd member ${this.url} cannot be understood: ${error.message}`;
    return new EtcdError(error.problem, message, { cause: error });
  }

  /** Returns the error that headers report, as a status of gRPC or HTTP; undefined if they report none. */
  refusal(headers: Headers): EtcdError | undefined {
    const status = headers[':status'];
    if (status !== undefined && status !== OK) {
      return this.unanswered(`it answers with the HTTP status ${status}, which etcd does not`);
    }
    const code = headers['grpc-status'];
    if (code === undefined) return undefined;
    return errorOfStatus(Number(code), String(headers['grpc-message'] ?? ''), this.url);
  }
}
