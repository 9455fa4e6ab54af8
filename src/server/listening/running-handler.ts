// One enabled connection handler: its listener, and what it checks of clients before they become sessions. Some properties
// may change while it runs, for later connections.

import type { Socket } from 'node:net';
import type { FilterLimits } from '../../codec/filter-ber.ts';
import type { Decoded } from '../../config/object-definition.ts';
import type { ldapConnectionHandler } from '../../config/objects/ldap-connection-handler.ts';
import type { ldapiConnectionHandler } from '../../config/objects/ldapi-connection-handler.ts';
import type { OctetBudget } from '../../directory/octet-budget.ts';
import { messageOf } from '../../files/file-error.ts';
import type { Log } from '../../files/log.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import type { AccessLog } from '../../operations/access-log.ts';
import { CLEAR_TEXT, type ConnectionSecurity, localSecurity } from '../../operations/connection-security.ts';
import { dispatcher } from '../../operations/dispatch.ts';
import { HandlerFigures } from '../../operations/handler-figures.ts';
import { type ConnectionLimits, DEFAULT_LIMITS } from '../../operations/limits.ts';
import type { Dispatch, Services } from '../../operations/operation.ts';
import { Session } from '../../operations/session.ts';
import type { Turns } from '../../operations/turns.ts';
import { type Digest, type Facts, factsOf } from '../../runtime/description.ts';
import type { TlsProviders } from '../../runtime/tls-identity.ts';
import { AddressCounts } from '../connection/address-counts.ts';
import { Connection } from '../connection/connection.ts';
import type { SocketStartTls } from '../connection/connection-options.ts';
import { ConnectionPlaces, type ConnectionSlot } from '../connection/connection-places.ts';
import type { Outbox } from '../connection/outbox.ts';
import type { ReadBuffer } from '../connection/read-buffer.ts';
import { TlsAcceptor, type TlsSettings } from '../connection/tls-acceptor.ts';
import type { UnsentAnswers } from '../connection/unsent-answers.ts';
import { Listener } from './listener.ts';
import type { ListeningAddresses } from './listening-places.ts';

export type NetworkHandler = Decoded<typeof ldapConnectionHandler>;
export type LocalHandler = Decoded<typeof ldapiConnectionHandler>;
export type Handler = NetworkHandler | LocalHandler;

/** Shared by all handlers of a server. */
export interface HandlerContext {
  readonly services: Omit<Services, 'limits'>;
  readonly tls: TlsProviders;
  readonly accessLog: AccessLog;
  readonly log: Log;
  readonly readBuffer: ReadBuffer;
  readonly outbox: Outbox;
  readonly turns: Turns;
  readonly unsent: UnsentAnswers;
  readonly sessions: Set<Session>;
  /** Limits the memory of all requests. */
  readonly budget: OctetBudget;
  readonly places: ListeningAddresses;
  /** While the server starts, a handler accepts problems for which a change would be refused. */
  readonly isStarting: () => boolean;
  readonly nextConnectionId: () => number;
}

export class RunningHandler {
  readonly figures = new HandlerFigures();
  readonly #context: HandlerContext;
  readonly #handshakes = new Set<Socket>();
  readonly #acceptor: TlsAcceptor | undefined;
  readonly #isSecureFromStart: boolean;
  #handler: Handler;
  #limits: ConnectionLimits;
  readonly #filterLimits: FilterLimits;
  readonly #addresses = new AddressCounts();
  readonly #places: ConnectionPlaces;
  #dispatch: Dispatch;
  #localSecurity = localSecurity(0o777);
  #listener: Listener | undefined;
  #isOpen = false;
  /** Clients that connected before `open`. */
  readonly #early = new Set<Socket>();

  private constructor(handler: Handler, context: HandlerContext) {
    this.#context = context;
    this.#handler = handler;
    this.#limits = limitsOf(handler);
    this.#places = new ConnectionPlaces(handler.maxConnections);
    this.#filterLimits = { depthMax: handler.maxFilterDepth, partsMax: handler.maxFilterSize };
    this.#dispatch = dispatcher({ ...context.services, limits: this.#limits });
    this.#isSecureFromStart = isNetworkHandler(handler) && handler.useSsl;
    if (isNetworkHandler(handler))
      this.#acceptor = new TlsAcceptor(tlsSettingsOf(handler, context), context.tls);
  }

  /**
   * Opens the ports or the socket file, except those that another handler still has. Clients wait until `open`. Throws
   * LdapError if that is impossible; `check` tests TLS.
   * @param key of the name of the handler.
   */
  static async start(key: string, handler: Handler, context: HandlerContext): Promise<RunningHandler> {
    const running = new RunningHandler(handler, context);
    running.#listener = await running.#listen(key);
    return running;
  }

  /** Serves clients. */
  open(): void {
    this.#isOpen = true;
    for (const socket of this.#early) if (!socket.destroyed) this.#accept(socket, true);
    this.#early.clear();
  }

  /** Opens what another handler left in the same commit (Listener.openRest). */
  openRest(): Promise<unknown> | undefined {
    return this.#listener?.openRest();
  }

  get name(): string {
    return this.#handler.dn.name;
  }

  get dn(): string {
    return this.#handler.dn.toString();
  }

  get protocol(): string {
    if (!isNetworkHandler(this.#handler)) return 'LDAPI';
    return this.#isSecureFromStart ? 'LDAPS' : 'LDAP';
  }

  get urls(): readonly string[] {
    return this.#listener?.urls ?? [];
  }

  /** Resolves to true if clients can connect, also with TLS if it is configured. */
  async isServing(): Promise<boolean> {
    if (this.#listener?.isListening !== true) return false;
    return !usesTls(this.#handler) || (await this.#acceptor?.canShakeHands()) === true;
  }

  /** Describes the settings for new connections. */
  async describe(digest: Digest): Promise<Facts> {
    const handler = this.#handler;
    const facts = {
      name: handler.name,
      protocol: this.protocol,
      listener: this.#listener?.describe(),
      limits: factsOf(this.#limits, digest),
      filterLimits: factsOf(this.#filterLimits, digest),
    };
    if (!isNetworkHandler(handler)) return { ...facts, socket: factsOf(this.#localSecurity, digest) };
    const { allowedClient, deniedClient, allowStartTls, maxConnectionsPerAddress } = handler;
    const hasTls = this.#isSecureFromStart || allowStartTls;
    return {
      ...facts,
      maxConnectionsPerAddress,
      allowStartTls,
      allowed: allowedClient.map(({ text }) => text),
      denied: deniedClient.map(({ text }) => text),
      tls: hasTls ? await this.#acceptor?.describe(digest) : undefined,
    };
  }

  /**
   * Checks whether it can continue with other properties, with what is prepared, and start with the stored ones. Throws
   * LdapError if TLS would not be possible.
   */
  async check(handler: Handler, written: Handler): Promise<void> {
    const settings = this.#changeableTls(handler);
    if (settings !== undefined && usesTls(handler)) await this.#checkTls(settings, '');
    if (!isNetworkHandler(written) || !usesTls(written)) return;
    const atStart = tlsSettingsOf(written, this.#context);
    if (settings === undefined || !usesTls(handler) || JSON.stringify(settings) !== JSON.stringify(atStart))
      await this.#checkTls(atStart, 'With the stored values, from the next start on: ');
  }

  /** Applies the properties that may change while it runs. */
  use(handler: Handler): void {
    const settings = this.#changeableTls(handler);
    this.#handler = handler;
    if (settings !== undefined) this.#acceptor?.use(settings);
    const { isClearTextPasswordAllowed } = limitsOf(handler);
    this.#limits = { ...this.#limits, isClearTextPasswordAllowed };
  }

  /** Accepts no more connections; open sessions continue. */
  stop(): void {
    this.#listener?.stop();
    for (const socket of [...this.#handshakes, ...this.#early]) socket.destroy();
  }

  /** Returns TLS settings with the values of the start for properties that need a restart of the handler. */
  #changeableTls(handler: Handler): TlsSettings | undefined {
    if (!isNetworkHandler(handler)) return undefined;
    const { keyManager, trustManager, protocols, ciphers } = tlsSettingsOf(handler, this.#context);
    return this.#acceptor && { ...this.#acceptor.settings, keyManager, trustManager, protocols, ciphers };
  }

  async #checkTls(settings: TlsSettings, when: string): Promise<void> {
    try {
      await new TlsAcceptor(settings, this.#context.tls).prepare();
    } catch (error) {
      if (!(error instanceof LdapError)) throw error;
      const handler = this.#handler.dn.toString();
      if (!this.#context.isStarting()) {
        throw new LdapError('unwillingToPerform', `${handler}: ${when}${error.message}`, {
          cause: error,
        });
      }
      this.#context.log.error({ handler, problem: error.message }, 'TLS is not possible');
    }
  }

  #listen(key: string): Promise<Listener> {
    const handler = this.#handler;
    const { places } = this.#context;
    const options = {
      backlog: handler.acceptBacklog,
      accept: (socket: Socket) => {
        if (this.#isOpen) this.#accept(socket, false);
        else this.#keepWaiting(socket);
      },
      failed: (error: Error) => this.#context.log.error({ err: error }, 'a listener failed'),
    };
    if (!isNetworkHandler(handler))
      this.#localSecurity = localSecurity(Number.parseInt(handler.socketFileMode, 8));
    return Listener.start(places.placesOf(handler), options, places.keeper(key));
  }

  /** Lets a client wait: a handler that is not stored yet serves nobody. */
  #keepWaiting(socket: Socket): void {
    if (this.#early.size >= this.#handler.maxConnections) {
      socket.destroy();
      return;
    }
    this.#early.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => this.#early.delete(socket));
  }

  #accept(accepted: Socket, hasWaited: boolean): void {
    const handler = this.#handler;
    // Octets that were read already, or that a handshake has not read yet, must not be in the shared buffer.
    const socket = this.#isSecureFromStart || hasWaited ? accepted : this.#context.readBuffer.adopt(accepted);
    this.figures.opened(socket);
    const problem = this.#problemWith(socket);
    if (problem !== undefined) {
      this.#refuse(socket, problem);
      return;
    }
    const place = this.#places.take({ evict: () => socket.destroy() });
    if (place === undefined) {
      this.#refuse(socket, 'all connections are taken by clients that have logged in');
      return;
    }
    socket.once('close', () => place.leave());
    if (!isNetworkHandler(handler)) this.#open(socket, place, this.#localSecurity, undefined);
    else if (this.#isSecureFromStart) this.#shakeHands(socket, place);
    else this.#open(socket, place, CLEAR_TEXT, handler.allowStartTls ? this.#startTls(socket) : undefined);
  }

  #problemWith(socket: Socket): string | undefined {
    const handler = this.#handler;
    if (!isNetworkHandler(handler)) return undefined;
    if (!isWelcome(handler, socket.remoteAddress ?? '')) return 'its address';
    const isAdmitted = this.#addresses.admit(socket, handler.maxConnectionsPerAddress);
    return isAdmitted ? undefined : 'its address has as many connections as it may';
  }

  #refuse(socket: Socket, problem: string): void {
    this.#context.log.info({ from: socket.remoteAddress, problem }, 'client refused');
    socket.destroy();
  }

  #shakeHands(socket: Socket, place: ConnectionSlot): void {
    const from = socket.remoteAddress;
    this.#handshakes.add(socket);
    // The handshake notices that the socket is gone.
    socket.on('error', () => {});
    this.#acceptor
      ?.secure(socket)
      .finally(() => this.#handshakes.delete(socket))
      .then(
        (secured) => this.#open(secured.socket, place, secured.security, undefined),
        (error: unknown) => this.#tellFailed(from, error),
      );
  }

  /** Returns the way to start TLS; failures are logged. */
  #startTls({ remoteAddress }: Socket): SocketStartTls | undefined {
    const acceptor = this.#acceptor;
    if (acceptor === undefined) return undefined;
    return {
      prepare: () => acceptor.prepare(),
      secure: async (socket) => {
        try {
          return await acceptor.secure(socket);
        } catch (error) {
          this.#tellFailed(remoteAddress, error);
          throw error;
        }
      },
    };
  }

  #tellFailed(from: string | undefined, error: unknown): void {
    this.#context.log.info({ from, problem: handshakeProblem(error) }, 'TLS handshake failed');
  }

  #open(
    socket: Socket,
    place: ConnectionSlot,
    security: ConnectionSecurity,
    startTls: SocketStartTls | undefined,
  ): void {
    const { outbox, turns, unsent, sessions, accessLog, budget, nextConnectionId } = this.#context;
    const connection = new Connection({
      id: nextConnectionId(),
      socket,
      outbox,
      turns,
      unsent,
      limits: this.#limits,
      filterLimits: this.#filterLimits,
      security,
      startTls,
    });
    const session = new Session({
      connection,
      accessLog,
      dispatch: this.#dispatch,
      figures: this.figures,
      place,
      budget,
      requestsMax: this.#limits.requestsMax,
    });
    sessions.add(session);
    socket.once('close', () => sessions.delete(session));
    session.open();
  }
}

function isNetworkHandler(handler: Handler): handler is NetworkHandler {
  return handler.kind === 'ldap-connection-handler';
}

function usesTls(handler: Handler): boolean {
  return isNetworkHandler(handler) && (handler.useSsl || handler.allowStartTls);
}

function isWelcome({ allowedClient, deniedClient }: NetworkHandler, address: string): boolean {
  if (deniedClient.some((mask) => mask.matches(address))) return false;
  return allowedClient.length === 0 || allowedClient.some((mask) => mask.matches(address));
}

function tlsSettingsOf(handler: NetworkHandler, { services: { keyOf } }: HandlerContext): TlsSettings {
  const { keyManagerProvider, trustManagerProvider, sslClientAuthPolicy } = handler;
  const isAsked = trustManagerProvider !== undefined && sslClientAuthPolicy !== 'disabled';
  return {
    keyManager: keyManagerProvider && keyOf(keyManagerProvider.toString()),
    trustManager: isAsked ? keyOf(trustManagerProvider.toString()) : undefined,
    aliases: handler.sslCertNickname,
    protocols: handler.sslProtocol,
    ciphers: handler.sslCipherSuite.map(({ opensslName }) => opensslName),
    mustHaveCertificate: sslClientAuthPolicy === 'required',
    handshakeTimeMs: handler.tlsHandshakeTimeLimit,
  };
}

function limitsOf(handler: Handler): ConnectionLimits {
  return {
    ...DEFAULT_LIMITS,
    messageOctetsMax: handler.maxRequestSize,
    messageOctetsBeforeBindMax: handler.maxRequestSizeBeforeBind,
    requestsMax: handler.maxPendingRequests,
    entriesMax: handler.maxSearchResults,
    searchMs: handler.searchTimeLimit,
    pendingWriteOctetsMax: handler.maxPendingAnswerSize,
    pendingWriteOctetsBeforeBindMax: handler.maxPendingAnswerSizeBeforeBind,
    timeBeforeBindMs: orNever(handler.timeLimitBeforeBind),
    blockedReadTimeMs: handler.maxBlockedReadTimeLimit,
    idleTimeMs: orNever(handler.idleTimeLimit),
    blockedWriteTimeMs: handler.maxBlockedWriteTimeLimit,
    isClearTextPasswordAllowed: isNetworkHandler(handler) && handler.allowClearTextPassword,
  };
}

/** Returns a time, 0 meaning no limit. */
function orNever(timeMs: number): number {
  return Number.isFinite(timeMs) ? timeMs : 0;
}

/** Returns the reason in an OpenSSL error, a long line that ends with a place in its source. */
function handshakeProblem(error: unknown): string {
  const hasReason = error instanceof Error && 'reason' in error && typeof error.reason === 'string';
  return hasReason ? String(error.reason) : messageOf(error);
}
