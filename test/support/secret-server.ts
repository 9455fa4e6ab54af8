// A service that gives secrets over HTTPS, as HashiCorp Vault does with its KV engine, version 2: real TLS, a token, and
// answers that tests choose.

import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';

/** What is answered to one path; `silence` never answers. */
export type Answer =
  | { readonly status?: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  | 'silence';

export interface Asked {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
}

const servers = new Set<SecretServer>();

/** Closes all that were started. */
export async function endSecretServers(): Promise<void> {
  await Promise.all([...servers].map((server) => server.close()));
}

export class SecretServer {
  readonly answers = new Map<string, Answer>();
  readonly asked: Asked[] = [];
  /** Header and value that a request must have; otherwise the answer is 403. */
  token: readonly [header: string, value: string] | undefined;
  readonly port: number;
  readonly #server: Server;
  #isClosed = false;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
    server.on('request', (request: IncomingMessage, response: ServerResponse) =>
      this.#answer(request, response),
    );
  }

  /** With TLS options HTTPS, without them HTTP. */
  static async start(tls?: ServerOptions, port = 0): Promise<SecretServer> {
    const server: Server = tls === undefined ? createHttpServer() : createServer(tls);
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    const started = new SecretServer(server, (server.address() as AddressInfo).port);
    servers.add(started);
    return started;
  }

  /** Answers as the KV engine does: the values beside its metadata. */
  setKv(path: string, values: Readonly<Record<string, unknown>>): void {
    const body = JSON.stringify({ data: { data: values, metadata: { version: 1 } } });
    this.answers.set(`/v1/secret/data/${path}`, { body });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    servers.delete(this);
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? '';
    this.asked.push({ path, headers: request.headers });
    const isKnown =
      this.token === undefined || request.headers[this.token[0].toLowerCase()] === this.token[1];
    const answer: Answer = isKnown ? (this.answers.get(path) ?? { status: 404 }) : { status: 403 };
    if (answer === 'silence') return;
    response.writeHead(answer.status ?? 200, answer.headers);
    response.end(answer.body ?? '{"errors":["canary-answer"]}');
  }
}
