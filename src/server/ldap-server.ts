// The LDAP connection handlers of the configuration as they run: a component of the runtime. Enabling a handler
// opens its ports, disabling it closes them; the sessions that are open live on until the server stops.

import type { Socket } from 'node:net';
import { DEFAULT_FILTER_LIMITS } from '../codec/filter-ber.ts';
import type { Decoded } from '../config/object-definition.ts';
import type { ldapConnectionHandler } from '../config/objects/ldap-connection-handler.ts';
import { ResultCode } from '../ldap/result-code.ts';
import type { Component, ObjectDifference, Prepared } from '../runtime/component.ts';
import type { AccessLog, Log } from './access-log.ts';
import { Connection, Outbox } from './connection.ts';
import { type DispatchOptions, dispatcher } from './dispatch.ts';
import { type ConnectionLimits, DEFAULT_LIMITS } from './limits.ts';
import { Listener } from './listener.ts';
import { Session } from './session.ts';

type Handler = Decoded<typeof ldapConnectionHandler>;

export type LdapServerOptions = Omit<DispatchOptions, 'limits'> & {
  readonly accessLog: AccessLog;
  readonly log: Log;
};

export class LdapServer implements Component {
  readonly kind = 'ldap-connection-handler';
  readonly #options: LdapServerOptions;
  readonly #outbox = new Outbox();
  readonly #listeners = new Map<string, Listener>();
  readonly #sessions = new Set<Session>();
  #connectionCount = 0;

  constructor(options: LdapServerOptions) {
    this.#options = options;
  }

  /** Where clients reach the server now. */
  get urls(): string[] {
    return [...this.#listeners.values()].flatMap(({ urls }) => urls);
  }

  async prepare({ key, before, after }: ObjectDifference): Promise<Prepared | undefined> {
    const wasEnabled = isEnabledHandler(before);
    if (!isEnabledHandler(after)) return wasEnabled ? this.#stopping(key) : undefined;
    // Ports and limits of an enabled handler change when it is disabled and enabled again, as its admin actions say.
    if (wasEnabled) return undefined;
    const listener = await this.#listen(after);
    return {
      commit: () => {
        this.#listeners.set(key, listener);
      },
      abort: () => listener.stop(),
    };
  }

  /** Closes every port and every connection, with a notice to each client. */
  stop(): void {
    for (const listener of this.#listeners.values()) listener.stop();
    this.#listeners.clear();
    for (const session of this.#sessions) session.close(ResultCode.unavailable, 'The server is stopping.');
  }

  #stopping(key: string): Prepared {
    return {
      commit: () => {
        this.#listeners.get(key)?.stop();
        this.#listeners.delete(key);
      },
      abort: () => {},
    };
  }

  #listen(handler: Handler): Promise<Listener> {
    const limits = limitsOf(handler);
    const dispatch = dispatcher({ ...this.#options, limits });
    return Listener.start({
      addresses: handler.listenAddress,
      port: handler.listenPort,
      backlog: handler.acceptBacklog,
      connectionsMax: handler.maxConnections,
      accept: (socket) => this.#accept(socket, limits, dispatch),
      failed: (error) => this.#options.log.error({ err: error }, 'a listener failed'),
    });
  }

  #accept(socket: Socket, limits: ConnectionLimits, dispatch: ReturnType<typeof dispatcher>): void {
    this.#connectionCount += 1;
    const connection = new Connection(
      this.#connectionCount,
      socket,
      this.#outbox,
      limits,
      DEFAULT_FILTER_LIMITS,
    );
    const session = new Session(connection, dispatch, this.#options.accessLog, limits.requestsMax);
    this.#sessions.add(session);
    socket.once('close', () => this.#sessions.delete(session));
    session.open();
  }
}

function isEnabledHandler(object: ObjectDifference['after']): object is Handler {
  return object?.kind === 'ldap-connection-handler' && object.enabled;
}

function limitsOf(handler: Handler): ConnectionLimits {
  return {
    ...DEFAULT_LIMITS,
    messageOctetsMax: handler.maxRequestSize,
    messageOctetsBeforeBindMax: handler.maxRequestSizeBeforeBind,
    requestsMax: handler.maxPendingRequests,
    pendingWriteOctetsMax: handler.maxPendingAnswerSize,
    idleTimeMs: Number.isFinite(handler.idleTimeLimit) ? handler.idleTimeLimit : 0,
    blockedWriteTimeMs: handler.maxBlockedWriteTimeLimit,
  };
}
