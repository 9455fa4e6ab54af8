// The answers of HTTP connection handlers: metrics for Prometheus, liveness and readiness. Answers are reused for a moment,
// so that frequent requests do not slow down LDAP clients.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../files/log.ts';
import type { Monitor } from '../monitor/monitor.ts';
import type { HealthChecks } from '../monitor/server-monitor.ts';
import { formatMetrics, type MonitorDefinitions } from './metrics.ts';

export interface HttpAnswersOptions {
  readonly monitor: Monitor;
  readonly definitions: MonitorDefinitions;
  readonly health: HealthChecks;
  /** A monotonic clock, in ms. */
  readonly clockMs: () => number;
  readonly log: Pick<Log, 'error'>;
}

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
    const { alive, healthy } = this.#options.health;
    switch (request.url?.split('?', 1)[0]) {
      case '/metrics':
        return { status: 200, type: METRICS_TEXT, body: await this.#recentMetrics() };
      case '/healthz':
        return healthAnswer(alive());
      case '/readyz':
        return healthAnswer([...alive(), ...healthy()]);
      default:
        return { status: 404, type: TEXT, body: 'There is /metrics, /healthz and /readyz.\n' };
    }
  }

  #recentMetrics(): Promise<string> {
    const { monitor, definitions, clockMs } = this.#options;
    const now = clockMs();
    if (this.#metrics === undefined || now - this.#metrics.atMs > METRICS_AGE_MAX_MS)
      this.#metrics = { text: formatMetrics(monitor, definitions), atMs: now };
    return this.#metrics.text;
  }
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0;
}

function healthAnswer(problems: readonly string[]): HttpAnswer {
  if (problems.length === 0) return { status: 200, type: TEXT, body: 'ok\n' };
  return { status: 503, type: TEXT, body: `${problems.join('\n')}\n` };
}
