// One GET request for JSON over HTTPS, or over HTTP to this machine. It follows no redirects, uses no proxy, and has limits
// for time and size. Nothing that the other side sends is in its errors: it may be a secret.

import { type IncomingMessage, request as requestHttp, STATUS_CODES } from 'node:http';
import { request as requestHttps } from 'node:https';
import { errorCode } from '../files/file-error.ts';
import { Deadline, livingTimer } from '../time/deadline.ts';
import type { TrustOptions } from '../trust/server-trust.ts';
import { parseAnswer } from './json-answer.ts';
import { SecretError } from './secret-error.ts';

export interface JsonRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Who is trusted, and the key of the client; undefined for a URL without TLS. */
  readonly tls: TrustOptions | undefined;
  /** Maximum time until the connection can be used, TLS included, in milliseconds. */
  readonly connectMs: number;
  /** Maximum time for everything, in milliseconds. */
  readonly requestMs: number;
  /** Maximum size of the body, in octets. */
  readonly octetsMax: number;
  /** Returns why the certificate of the server is not trusted, a sentence; undefined for other errors. */
  readonly explain: (error: unknown) => Promise<string | undefined>;
}

const OK = 200;

const REASONS: ReadonlyMap<string | undefined, string> = new Map([
  ['ECONNREFUSED', 'nothing listens on that port'],
  ['ENOTFOUND', 'its host name is not known'],
  ['EAI_AGAIN', 'its host name cannot be looked up now'],
  ['ECONNRESET', 'the connection was lost'],
  ['EPIPE', 'the connection was lost'],
  ['EHOSTUNREACH', 'there is no route to it'],
  ['ENETUNREACH', 'there is no route to it'],
  ['EPROTO', 'it does not answer as a server with TLS does'],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'it wants a certificate of this server, and gets none'],
  ['HPE_INVALID_CONSTANT', 'it does not answer as a server of HTTP does'],
]);

/** Resolves to the parsed answer. Rejects with SecretError. */
export async function fetchJson(asked: JsonRequest): Promise<unknown> {
  let octets: Buffer;
  try {
    octets = await fetchBody(asked);
  } catch (error) {
    if (error instanceof SecretError) throw error;
    const refusal = await asked.explain(error);
    if (refusal !== undefined)
      throw new SecretError(`is not trusted: ${refusal}`, { isAway: true, isPassing: false, cause: error });
    const code = errorCode(error);
    if (code === 'ERR_INVALID_CHAR')
      throw new SecretError('cannot be asked: the token has a character that no HTTP header has');
    const reason = REASONS.get(code) ?? `the error is ${code ?? 'not known'}`;
    throw new SecretError(`cannot be reached: ${reason}`, { isAway: true, cause: error });
  }
  return parseAnswer(octets);
}

function fetchBody(asked: JsonRequest): Promise<Buffer> {
  const { url, headers, tls, connectMs, requestMs } = asked;
  return new Promise((resolve, reject) => {
    const limit = (what: string, ms: number) =>
      new Deadline(
        ms,
        () => fail(new SecretError(`${what} within ${ms / 1000} s`, { isAway: true })),
        livingTimer,
      );
    const connecting = limit('could not be connected to', connectMs);
    const answering = limit('did not answer', requestMs);
    const end = () => {
      connecting.close();
      answering.close();
    };
    const fail = (error: unknown) => {
      end();
      reject(error);
      request.destroy();
    };
    const options = { method: 'GET', headers, agent: false };
    const request = tls === undefined ? requestHttp(url, options) : requestHttps(url, { ...options, ...tls });
    connecting.begin();
    answering.begin();
    request.once('socket', (socket) => {
      socket.once(tls === undefined ? 'connect' : 'secureConnect', () => connecting.close());
    });
    request.on('error', fail);
    request.once('response', (response) => {
      readBody(response, asked.octetsMax).then((octets) => {
        end();
        resolve(octets);
        request.destroy();
      }, fail);
    });
    request.end();
  });
}

async function readBody(response: IncomingMessage, octetsMax: number): Promise<Buffer> {
  const status = response.statusCode ?? 0;
  if (status !== OK) throw new SecretError(statusProblem(status), { isPassing: status >= 500 });
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of response) {
    const octets: Buffer = piece;
    size += octets.length;
    if (size > octetsMax) throw new SecretError(`answered with more than ${octetsMax} octets`);
    pieces.push(octets);
  }
  return Buffer.concat(pieces);
}

function statusProblem(status: number): string {
  const name = STATUS_CODES[status];
  const shown = name === undefined ? String(status) : `${status} (${name})`;
  return status >= 300 && status < 400
    ? `answered ${shown}; redirects are not followed`
    : `answered ${shown}`;
}
