// The answers of HTTP connection handlers: metrics for Prometheus, liveness and readiness. Without a login they name no object.
// An account that logs in (RFC 7617) gets what it may read below cn=monitor. Answers without a login are reused for a moment, so
// that frequent requests do not slow down LDAP clients.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../files/log.ts';
import { decodeUtf8 } from '../files/text.ts';
import type { Monitor } from '../monitor/monitor.ts';
import type { HealthChecks } from '../monitor/server-monitor.ts';
import { formatMetrics, type MonitorDefinitions, type SightOfItem } from './metrics.ts';

/** Rights of somebody who asks. */
export interface HttpReader {
  readonly sightOf: SightOfItem;
  /** True if it may read everything below cn=monitor, and so why the server is not well. */
  readonly seesAll: boolean;
}

/** A login that is refused. */
export interface HttpRefusal {
  /** A sentence. */
  readonly refusal: string;
  /** Seconds after which it may be tried again, where other logins are the reason. */
  readonly retryAfter?: number;
  /** 401 if there is none: it depends on the login itself. */
  readonly status?: 429 | 503;
}

/** Logs somebody in, or refuses it. */
export type HttpLogin = (
  name: string,
  password: string,
  from: { readonly address: string; readonly port: number | undefined },
) => Promise<HttpReader | HttpRefusal>;

export interface HttpAnswersOptions {
  readonly monitor: Monitor;
  readonly definitions: MonitorDefinitions;
  readonly health: HealthChecks;
  readonly login: HttpLogin;
  /** A monotonic clock, in ms. */
  readonly clockMs: () => number;
  readonly log: Pick<Log, 'error'>;
}

const NOBODY: HttpReader = { sightOf: () => () => false, seesAll: false };
const BASIC = /^Basic +([A-Za-z0-9+/]+={0,2})$/i;
const UNWELL =
  'The server does not do all of its work. Its log and cn=monitor say why, and so does this page for an account with monitor-read.';
const CHALLENGE = { 'WWW-Authenticate': 'Basic realm="confdit", charset="UTF-8"' };

/** Maximum age of reused metrics. */
const METRICS_AGE_MAX_MS = 1000;
const TEXT = 'text/plain; charset=utf-8';
/** The content type of Prometheus's text format. */
const METRICS_TEXT = 'text/plain; version=0.0.4; charset=utf-8';

interface HttpAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export class HttpAnswers {
  readonly #options: HttpAnswersOptions;
  #metrics: { readonly text: Promise<string>; readonly atMs: number } | undefined;

  constructor(options: HttpAnswersOptions) {
    this.#options = options;
  }

  /** Answers a request; never rejects. */
  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let answer: HttpAnswer;
    try {
      answer = await this.#answerTo(request);
    } catch (error) {
      this.#options.log.error({ err: error, path: request.url }, 'an HTTP request failed unexpectedly');
      answer = { status: 500, type: TEXT, body: 'The server failed on this request; its log says more.\n' };
    }
    const { status, type, body, headers } = answer;
    const octets = Buffer.from(body);
    response.writeHead(status, {
      'Content-Type': type,
      'Content-Length': octets.length,
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
      ...headers,
    });
    response.end(request.method === 'HEAD' ? undefined : octets);
  }

  async #answerTo(request: IncomingMessage): Promise<HttpAnswer> {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      const headers = { Allow: 'GET, HEAD', Connection: 'close' };
      return { status: 405, type: TEXT, body: 'Only GET and HEAD are answered here.\n', headers };
    }
    if (hasBody(request)) {
      const headers = { Connection: 'close' };
      return { status: 413, type: TEXT, body: 'A request has no body here.\n', headers };
    }
    const { alive, healthy, degraded } = this.#options.health;
    const reader = await this.#readerOf(request);
    if ('refusal' in reader) return refusalAnswer(reader);
    switch (request.url?.split('?', 1)[0]) {
      case '/metrics':
        return { status: 200, type: METRICS_TEXT, body: await this.#metricsFor(reader) };
      case '/healthz':
        return healthAnswer(alive(), reader);
      case '/readyz':
        return healthAnswer([...alive(), ...healthy()], reader, degraded());
      default:
        return { status: 404, type: TEXT, body: 'There is /metrics, /healthz and /readyz.\n' };
    }
  }

  async #readerOf({ headers, socket }: IncomingMessage): ReturnType<HttpLogin> {
    const { authorization } = headers;
    if (authorization === undefined) return NOBODY;
    const credentials = readBasicCredentials(authorization);
    if (credentials === undefined)
      return { refusal: 'Log in with Basic: the DN of an account, and its password.' };
    const from = { address: socket.remoteAddress ?? '', port: socket.localPort };
    return this.#options.login(credentials.name, credentials.password, from);
  }

  #metricsFor(reader: HttpReader): Promise<string> {
    const { monitor, definitions, clockMs } = this.#options;
    if (reader !== NOBODY) return formatMetrics(monitor, definitions, reader.sightOf);
    const now = clockMs();
    if (this.#metrics === undefined || now - this.#metrics.atMs > METRICS_AGE_MAX_MS)
      this.#metrics = { text: formatMetrics(monitor, definitions, reader.sightOf), atMs: now };
    return this.#metrics.text;
  }
}

function refusalAnswer({ refusal, status, retryAfter }: HttpRefusal): HttpAnswer {
  const body = `${refusal}\n`;
  if (status === undefined) return { status: 401, type: TEXT, body, headers: CHALLENGE };
  return { status, type: TEXT, body, headers: { 'Retry-After': String(retryAfter ?? 1) } };
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0;
}

/**
 * Says what is wrong to those who may know it: problems name objects, files and addresses.
 * @param notes what does not work, while requests are served all the same
 */
function healthAnswer(
  problems: readonly string[],
  { seesAll }: HttpReader,
  notes: readonly string[] = [],
): HttpAnswer {
  if (problems.length === 0)
    return { status: 200, type: TEXT, body: `${['ok', ...(seesAll ? notes : [])].join('\n')}\n` };
  const said = seesAll ? problems : [UNWELL];
  return { status: 503, type: TEXT, body: `${said.join('\n')}\n` };
}

/**
 * Returns the credentials in an Authorization header (RFC 7617): `Basic` with the base64 of `name:password`, where the name has no
 * colon. Undefined if it is of another scheme, or is not well-formed.
 */
function readBasicCredentials(
  header: string,
): { readonly name: string; readonly password: string } | undefined {
  const [, encoded] = BASIC.exec(header) ?? [];
  const text = encoded === undefined ? undefined : decodeUtf8(Buffer.from(encoded, 'base64'));
  const colon = text?.indexOf(':') ?? -1;
  if (text === undefined || colon < 1 || colon === text.length - 1) return undefined;
  return { name: text.slice(0, colon), password: text.slice(colon + 1) };
}
