// The HTTP connection handlers of the configuration as they run: a component of the runtime, like the LDAP ones.
// Enabling a handler opens its port, disabling it closes that and all its connections.

import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Decoded } from '../config/object-definition.ts';
import type { httpConnectionHandler } from '../config/objects/http-connection-handler.ts';
import type { Log } from '../files/log.ts';
import type { MonitorItem } from '../monitor/monitor.ts';
import type { Component, NewKeys, ObjectDifference, Prepared } from '../runtime/component.ts';
import type { Facts, RunningPart } from '../runtime/description.ts';
import { PreparedMap } from '../runtime/prepared-map.ts';
import { Listener } from '../server/listening/listener.ts';
import type { ListeningAddresses } from '../server/listening/listening-places.ts';
import type { HttpAnswers } from './http-answers.ts';

export type HttpHandler = Decoded<typeof httpConnectionHandler>;

export interface HttpServerOptions {
  readonly answers: HttpAnswers;
  readonly places: ListeningAddresses;
  readonly log: Log;
}

/** Time that an idle connection is kept, in ms. */
const KEEP_ALIVE_MS = 5000;
const HEADERS_MAX = 100;

export class HttpServer implements Component {
  readonly kind = 'http-connection-handler';
  readonly #options: HttpServerOptions;
  readonly #running = new PreparedMap<RunningHttpHandler>();

  constructor(options: HttpServerOptions) {
    this.#options = options;
  }

  get urls(): string[] {
    return [...this.#running.values()].flatMap(({ urls }) => urls);
  }

  /** Entries for cn=monitor. */
  get items(): readonly MonitorItem[] {
    return [...this.#running.values()].map((handler) => handler.monitorItem);
  }

  /** Closes every port and every connection. */
  stop(): void {
    for (const handler of this.#running.prepared().values()) handler.stop();
  }

  renamed(keys: NewKeys): Prepared {
    return this.#running.rename(keys);
  }

  prepare({ key, before, after }: ObjectDifference): Promise<Prepared> | Prepared | undefined {
    const wasEnabled = isEnabledHandler(before);
    if (!isEnabledHandler(after)) return wasEnabled ? this.#stopping(key) : undefined;
    if (!wasEnabled) return this.#starting(key, after);
    const running = this.#running.findPrepared(key);
    return { commit: () => running?.use(after), abort: () => {} };
  }

  *describe(): Generator<RunningPart> {
    for (const [key, handler] of this.#running.entries()) yield { key, facts: handler.describe() };
  }

  runs(key: string): boolean {
    return this.#running.find(key)?.isListening === true;
  }

  async #starting(key: string, handler: HttpHandler): Promise<Prepared> {
    const running = await RunningHttpHandler.start(key, handler, this.#options);
    const staged = this.#running.stage(key, running);
    return {
      commit: () => staged.commit(),
      settled: () => running.openRest(),
      abort: () => {
        staged.abort();
        running.stop();
      },
    };
  }

  #stopping(key: string): Prepared {
    const running = this.#running.findPrepared(key);
    const staged = this.#running.stage(key, undefined);
    return {
      commit: () => {
        staged.commit();
        running?.stop();
      },
      abort: () => staged.abort(),
    };
  }
}

class RunningHttpHandler {
  readonly #options: HttpServerOptions;
  readonly #servers: Server[] = [];
  readonly #maxHeaderSize: number;
  readonly #counts = { open: 0, connections: 0, requests: 0 };
  #handler: HttpHandler;
  #listener: Listener | undefined;

  private constructor(handler: HttpHandler, options: HttpServerOptions) {
    this.#handler = handler;
    this.#maxHeaderSize = handler.maxHeaderSize;
    this.#options = options;
  }

  /** Throws LdapError when a port cannot be opened. */
  static async start(
    key: string,
    handler: HttpHandler,
    options: HttpServerOptions,
  ): Promise<RunningHttpHandler> {
    const running = new RunningHttpHandler(handler, options);
    running.#listener = await Listener.start(
      options.places.placesOf(handler),
      {
        backlog: handler.acceptBacklog,
        connectionsMax: handler.maxConnections,
        accept: (socket) => running.#accept(socket),
        makeServer: () => running.#makeServer(),
        failed: (error) => options.log.error({ err: error }, 'a listener failed'),
      },
      options.places.keeper(key),
    );
    return running;
  }

  /** See Listener.openRest. */
  openRest(): Promise<unknown> | undefined {
    return this.#listener?.openRest();
  }

  get urls(): readonly string[] {
    return this.#listener?.urls ?? [];
  }

  get isListening(): boolean {
    return this.#listener?.isListening === true;
  }

  describe(): Facts {
    const { name, allowedClient, deniedClient } = this.#handler;
    const limits = this.#servers.map(({ headersTimeout, requestTimeout, maxHeadersCount, timeout }) => ({
      headersTimeout,
      requestTimeout,
      maxHeadersCount: maxHeadersCount ?? 0,
      timeout,
    }));
    const clients = {
      allowed: allowedClient.map(({ text }) => text),
      denied: deniedClient.map(({ text }) => text),
    };
    return {
      name,
      listener: this.#listener?.describe(),
      limits,
      maxHeaderSize: this.#maxHeaderSize,
      ...clients,
    };
  }

  get monitorItem(): MonitorItem {
    const { open, connections, requests } = this.#counts;
    return {
      name: this.#handler.name,
      objectClass: 'ds-monitor-http-connection-handler',
      figures: () => ({
        'ds-mon-config-dn': this.#handler.dn.toString(),
        'ds-mon-listen-address': this.urls,
        'ds-mon-protocol': 'HTTP',
        'ds-mon-active-connections-count': open,
        'ds-mon-connections': connections,
        'ds-mon-requests-get': requests,
      }),
    };
  }

  /** Applies new access rules to later connections. */
  use(handler: HttpHandler): void {
    this.#handler = handler;
  }

  stop(): void {
    this.#listener?.stop();
    for (const server of this.#servers) server.closeAllConnections();
  }

  #makeServer(): Server {
    const { requestTimeLimit } = this.#handler;
    const server = createServer(
      {
        maxHeaderSize: this.#maxHeaderSize,
        headersTimeout: requestTimeLimit,
        requestTimeout: requestTimeLimit,
        connectionsCheckingInterval: Math.max(requestTimeLimit / 4, 50),
        keepAliveTimeout: KEEP_ALIVE_MS,
        noDelay: true,
        keepAlive: true,
      },
      (request, response) => {
        this.#counts.requests += 1;
        void this.#options.answers.answer(request, response);
      },
    );
    server.maxHeadersCount = HEADERS_MAX;
    // For a client that does not read its answer.
    server.setTimeout(requestTimeLimit + KEEP_ALIVE_MS);
    this.#servers.push(server);
    return server;
  }

  #accept(socket: Socket): void {
    const { allowedClient, deniedClient } = this.#handler;
    const address = socket.remoteAddress ?? '';
    const isDenied = deniedClient.some((mask) => mask.matches(address));
    const isAllowed = allowedClient.length === 0 || allowedClient.some((mask) => mask.matches(address));
    if (isDenied || !isAllowed) {
      this.#options.log.info({ from: socket.remoteAddress }, 'client refused');
      socket.destroy();
      return;
    }
    this.#counts.connections += 1;
    this.#counts.open += 1;
    socket.once('close', () => {
      this.#counts.open -= 1;
    });
  }
}

function isEnabledHandler(object: ObjectDifference['after']): object is HttpHandler {
  return object?.kind === 'http-connection-handler' && object.enabled;
}
