// The connection handlers of the configuration, as components of the runtime. Enabling a handler opens its ports or its
// socket file, disabling it closes them; open sessions continue until the server stops.

import { ResultCode } from '../ldap/result-code.ts';
import type { Session } from '../operations/session.ts';
import { Turns } from '../operations/turns.ts';
import type {
  Circumstances,
  Component,
  NewKeys,
  ObjectDifference,
  ObjectKinds,
  Prepared,
} from '../runtime/component.ts';
import type { Digest, RunningPart } from '../runtime/description.ts';
import { PreparedMap } from '../runtime/prepared-map.ts';
import { together } from '../runtime/renamed-keys.ts';
import { Outbox } from './connection/outbox.ts';
import { ReadBuffer } from './connection/read-buffer.ts';
import type { WatchedHandler, WatchedServer } from './connection-monitor.ts';
import { type Handler, type HandlerContext, RunningHandler } from './listening/running-handler.ts';

export type LdapServerOptions = Omit<
  HandlerContext,
  'readBuffer' | 'outbox' | 'turns' | 'sessions' | 'nextConnectionId'
>;

/** A handler to be enabled. */
interface Plan {
  readonly now: Handler;
  readonly written: Handler;
}

export class LdapServer implements WatchedServer {
  readonly components: readonly Component[];
  readonly #context: HandlerContext;
  /** By kind and by the keys of their names. */
  readonly #running = new PreparedMap<RunningHandler>();
  /** By the same keys: the effective values of each handler, and those of the next start. */
  readonly #plans = new PreparedMap<Plan>();
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
        // The session of this connection is counted in advance.
        this.#connectionsMost = Math.max(this.#connectionsMost, this.#sessions.size + 1);
        return this.#connectionCount;
      },
    };
    this.components = (['ldap-connection-handler', 'ldapi-connection-handler'] as const).map((kind) => ({
      kind,
      renamed: (keys: NewKeys) => this.#rename(kind, keys),
      announce: (difference: ObjectDifference) => this.#announce(kind, difference),
      prepare: (difference: ObjectDifference) => this.#prepare(kind, difference),
      describe: (digest: Digest) => this.#describe(kind, digest),
      runs: async (key: string) => (await this.#running.find(placeOf(kind, key))?.isServing()) === true,
      // Only handlers of this kind have TLS.
      ...(kind === 'ldap-connection-handler' ? { review: this.#review } : {}),
    }));
  }

  /** URLs that clients can use now. */
  get urls(): string[] {
    return [...this.#running.values()].flatMap(({ urls }) => urls);
  }

  /** The enabled connection handlers. */
  get handlers(): Iterable<WatchedHandler> {
    return this.#running.values();
  }

  get connections(): WatchedServer['connections'] {
    return { open: this.#sessions.size, most: this.#connectionsMost, total: this.#connectionCount };
  }

  /** Closes all ports and connections, with a notice to each client. */
  stop(): void {
    for (const handler of this.#running.prepared().values()) handler.stop();
    for (const session of this.#sessions) session.close(ResultCode.unavailable, 'The server is stopping.');
  }

  /** Renames a handler; its ports and connections stay open. */
  #rename(kind: Handler['kind'], keys: NewKeys): Prepared {
    const places = new Map(Array.from(keys, ([from, to]) => [placeOf(kind, from), placeOf(kind, to)]));
    const parts = [this.#running.rename(places), this.#plans.rename(places)];
    return together(parts);
  }

  /** Prepares a change. If an entry changes to the other kind of handler, one component closes it and the other opens it. */
  async #prepare(
    kind: Handler['kind'],
    { key, before, after }: ObjectDifference,
  ): Promise<Prepared | undefined> {
    const place = placeOf(kind, key);
    const wasEnabled = isEnabledHandler(before, kind);
    if (!isEnabledHandler(after, kind)) return wasEnabled ? this.#stopping(place) : undefined;
    if (!wasEnabled) return this.#starting(key, place, after);
    const running = this.#running.findPrepared(place);
    return { commit: () => running?.use(after), abort: () => {} };
  }

  #announce(kind: Handler['kind'], { key, after, written }: ObjectDifference): Prepared {
    const plan = isEnabledHandler(after, kind)
      ? { now: after, written: isEnabledHandler(written, kind) ? written : after }
      : undefined;
    return this.#plans.stage(placeOf(kind, key), plan);
  }

  /** Checks the handlers that change, or all of them if a key manager, trust manager or memory backend changes. */
  readonly #review = (
    differences: readonly ObjectDifference[],
    { isEverythingRead }: Circumstances,
  ): Promise<void> | undefined => {
    const isAsked = isEverythingRead || differences.some(({ kinds }) => isOfProvider(kinds));
    const changed = differences.flatMap(({ key, kinds }) =>
      kinds.after === 'ldap-connection-handler' ? [placeOf(kinds.after, key)] : [],
    );
    const asked = isAsked ? [...this.#plans.prepared().keys()] : changed;
    return asked.length === 0 ? undefined : this.#check(asked);
  };

  async #check(places: readonly string[]): Promise<void> {
    for (const place of places) {
      const plan = this.#plans.findPrepared(place);
      if (plan !== undefined) await this.#running.findPrepared(place)?.check(plan.now, plan.written);
    }
  }

  async #describe(kind: Handler['kind'], digest: Digest): Promise<readonly RunningPart[]> {
    const start = placeOf(kind, '');
    const mine = [...this.#running.entries()].filter(([place]) => place.startsWith(start));
    return Promise.all(
      mine.map(async ([place, handler]) => ({
        key: place.slice(start.length),
        facts: await handler.describe(digest),
      })),
    );
  }

  async #starting(key: string, place: string, handler: Handler): Promise<Prepared> {
    const running = await RunningHandler.start(key, handler, this.#context);
    const staged = this.#running.stage(place, running);
    return {
      commit: () => {
        staged.commit();
        running.open();
      },
      settled: () => running.openRest(),
      abort: () => {
        staged.abort();
        running.stop();
      },
    };
  }

  #stopping(place: string): Prepared {
    const running = this.#running.findPrepared(place);
    const staged = this.#running.stage(place, undefined);
    return {
      commit: () => {
        staged.commit();
        running?.stop();
      },
      abort: () => staged.abort(),
    };
  }
}

/** Returns true for objects that keys or authorities may come from; memory backends may contain certificates. */
function isOfProvider({ before, after }: ObjectKinds): boolean {
  return [before, after].some((kind) => kind !== undefined && PROVIDERS.test(kind));
}

const PROVIDERS = /-(?:key|trust)-manager-provider$|^memory-backend$/;

function placeOf(kind: Handler['kind'], key: string): string {
  return `${kind} ${key}`;
}

function isEnabledHandler(object: ObjectDifference['after'], kind: Handler['kind']): object is Handler {
  const isHandler = object?.kind === 'ldap-connection-handler' || object?.kind === 'ldapi-connection-handler';
  return isHandler && object.kind === kind && object.enabled;
}
