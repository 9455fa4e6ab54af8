// The connection handlers of the configuration as they run: components of the runtime. Enabling a handler opens its
// ports or its socket file, disabling it closes them; the sessions that are open live on until the server stops.

import { ResultCode } from '../ldap/result-code.ts';
import type { Component, ObjectDifference, Prepared } from '../runtime/component.ts';
import type { Digest, RunningPart } from '../runtime/description.ts';
import type { WatchedHandler, WatchedServer } from './connection-monitor.ts';
import { Outbox } from './outbox.ts';
import { ReadBuffer } from './read-buffer.ts';
import { type Handler, type HandlerContext, RunningHandler } from './running-handler.ts';
import type { Session } from './session.ts';
import { Turns } from './turns.ts';

export type LdapServerOptions = Omit<
  HandlerContext,
  'readBuffer' | 'outbox' | 'turns' | 'sessions' | 'nextConnectionId'
>;

export class LdapServer implements WatchedServer {
  readonly components: readonly Component[];
  readonly #context: HandlerContext;
  /** By their kinds and the keys of their names. */
  readonly #running = new Map<string, RunningHandler>();
  readonly #sessions = new Set<Session>();
  #connectionCount = 0;
  #connectionsMost = 0;

  constructor(options: LdapServerOptions) {
    this.#context = {
      ...options,
      readBuffer: new ReadBuffer(),
      outbox: new Outbox(),
      turns: new Turns(),
      sessions: this.#sessions,
      nextConnectionId: () => {
        this.#connectionCount += 1;
        // The session of this connection is about to join them.
        this.#connectionsMost = Math.max(this.#connectionsMost, this.#sessions.size + 1);
        return this.#connectionCount;
      },
    };
    this.components = (['ldap-connection-handler', 'ldapi-connection-handler'] as const).map((kind) => ({
      kind,
      prepare: (difference: ObjectDifference) => this.#prepare(kind, difference),
      describe: (digest: Digest) => this.#describe(kind, digest),
      runs: (key: string) => this.#running.get(placeOf(kind, key))?.isListening === true,
    }));
  }

  /** Where clients reach the server now. */
  get urls(): string[] {
    return [...this.#running.values()].flatMap(({ urls }) => urls);
  }

  /** The connection handlers that are enabled. */
  get handlers(): Iterable<WatchedHandler> {
    return this.#running.values();
  }

  get connections(): WatchedServer['connections'] {
    return { open: this.#sessions.size, most: this.#connectionsMost, total: this.#connectionCount };
  }

  /** Closes every port and every connection, with a notice to each client. */
  stop(): void {
    for (const handler of this.#running.values()) handler.stop();
    this.#running.clear();
    for (const session of this.#sessions) session.close(ResultCode.unavailable, 'The server is stopping.');
  }

  /** An entry may become a handler of the other kind: then one component closes it and the other one opens it. */
  async #prepare(
    kind: Handler['kind'],
    { key, before, after }: ObjectDifference,
  ): Promise<Prepared | undefined> {
    const place = placeOf(kind, key);
    const wasEnabled = isEnabledHandler(before, kind);
    if (!isEnabledHandler(after, kind)) return wasEnabled ? this.#stopping(place) : undefined;
    if (!wasEnabled) return this.#starting(place, after);
    await this.#running.get(place)?.check(after);
    return { commit: () => this.#running.get(place)?.use(after), abort: () => {} };
  }

  async #describe(kind: Handler['kind'], digest: Digest): Promise<readonly RunningPart[]> {
    const start = placeOf(kind, '');
    const mine = [...this.#running].filter(([place]) => place.startsWith(start));
    return Promise.all(
      mine.map(async ([place, handler]) => ({
        key: place.slice(start.length),
        facts: await handler.describe(digest),
      })),
    );
  }

  async #starting(place: string, handler: Handler): Promise<Prepared> {
    const running = await RunningHandler.start(handler, this.#context);
    return {
      commit: () => {
        this.#running.set(place, running);
      },
      abort: () => running.stop(),
    };
  }

  #stopping(place: string): Prepared {
    return {
      commit: () => {
        this.#running.get(place)?.stop();
        this.#running.delete(place);
      },
      abort: () => {},
    };
  }
}

function placeOf(kind: Handler['kind'], key: string): string {
  return `${kind} ${key}`;
}

function isEnabledHandler(object: ObjectDifference['after'], kind: Handler['kind']): object is Handler {
  const isHandler = object?.kind === 'ldap-connection-handler' || object?.kind === 'ldapi-connection-handler';
  return isHandler && object.kind === kind && object.enabled;
}
