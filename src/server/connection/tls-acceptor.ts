// The server's side of TLS for one connection handler: handshakes with the keys, authorities, protocols and ciphers of
// the moment. Connections that are established keep what they have.

import type { Socket } from 'node:net';
import { createServer, type SecureVersion, type Server, type TLSSocket, type TlsOptions } from 'node:tls';
import { messageOf } from '../../files/file-error.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import { type ConnectionSecurity, securityOf } from '../../operations/connection-security.ts';
import { clientCertificateProblem } from '../../runtime/client-certificate.ts';
import { type Digest, type Facts, factsOf } from '../../runtime/description.ts';
import {
  TlsIdentity,
  type TlsMaterial,
  type TlsNames,
  type TlsProviders,
} from '../../runtime/tls-identity.ts';

export interface TlsSettings extends TlsNames {
  /** Empty: all there are. */
  readonly protocols: readonly SecureVersion[];
  /** OpenSSL's names; empty: the runtime's choice. */
  readonly ciphers: readonly string[];
  readonly mustHaveCertificate: boolean;
  readonly handshakeTimeMs: number;
}

export interface SecuredSocket {
  readonly socket: TLSSocket;
  readonly security: ConnectionSecurity;
}

/** What handshakes are made with; another one when anything of it changes. */
interface Context {
  readonly settings: TlsSettings;
  readonly material: TlsMaterial;
  readonly server: Server;
}

const VERSIONS: readonly SecureVersion[] = ['TLSv1.2', 'TLSv1.3'];

/** How long a client may send nothing at all. What follows may take longer: somebody may be reading a certificate. */
const CLIENT_HELLO_MS = 10_000;

/** Handshakes that begin in one turn of the event loop: each costs some tenths of a millisecond. */
const HANDSHAKES_PER_TURN = 8;

export class TlsAcceptor {
  readonly #providers: TlsProviders;
  readonly #handshakes = new Map<string, PromiseWithResolvers<TLSSocket>>();
  #settings: TlsSettings;
  #identity: TlsIdentity;
  #context: Context | undefined;
  #begunThisTurn = 0;
  #nextTurn: Promise<void> | undefined;

  constructor(settings: TlsSettings, providers: TlsProviders) {
    this.#providers = providers;
    this.#settings = settings;
    this.#identity = new TlsIdentity(settings, providers);
  }

  get settings(): TlsSettings {
    return this.#settings;
  }

  /** Whether there is all that a handshake of now needs. */
  async canShakeHands(): Promise<boolean> {
    try {
      await this.#freshContext();
      return true;
    } catch (error) {
      if (error instanceof LdapError) return false;
      throw error;
    }
  }

  /** What a handshake of now is made with. */
  async describe(digest: Digest): Promise<Facts> {
    return { settings: factsOf(this.#settings, digest), identity: await this.#identity.describe() };
  }

  /** For the handshakes that begin from now on. */
  use(settings: TlsSettings): void {
    this.#settings = settings;
    this.#identity = new TlsIdentity(settings, this.#providers);
  }

  /** Throws unavailable (52), with the reason, when there will be no key to be used. */
  async prepare(): Promise<void> {
    const settings = this.#settings;
    this.#createServer(settings, await this.#identity.prepared());
  }

  /** Makes the handshake. Rejects when it fails or takes too long; the socket is gone then. */
  async secure(socket: Socket): Promise<SecuredSocket> {
    try {
      const { server, material, settings } = await this.#freshContext();
      await this.#turn();
      if (socket.destroyed) throw clientGone();
      const secured = await this.#handshake(socket, server, settings.handshakeTimeMs);
      const security = securityOf(secured, material.authorities === 'blind', (code) =>
        clientCertificateProblem(code, material, this.#providers.now(), secured),
      );
      if (settings.mustHaveCertificate && security.peerCertificate === undefined) {
        throw new Error(
          security.peerCertificateProblem ?? 'the client has shown no certificate that is trusted',
        );
      }
      return { socket: secured, security };
    } catch (error) {
      socket.destroy();
      throw error;
    }
  }

  #handshake(socket: Socket, server: Server, timeMs: number): Promise<TLSSocket> {
    const key = endsOf(socket);
    const handshake = Promise.withResolvers<TLSSocket>();
    this.#handshakes.set(key, handshake);
    const helloMs = Math.min(CLIENT_HELLO_MS, timeMs);
    const [octetsBefore, hasBegun] = [socket.bytesRead, socket.readableLength > 0];
    const timer = setTimeout(() => {
      if (hasBegun || socket.bytesRead > octetsBefore) return;
      handshake.reject(new Error(`the client sent no ClientHello within ${helloMs / 1000} s`));
      socket.destroy();
    }, helloMs);
    socket.once('close', () => {
      clearTimeout(timer);
      if (this.#handshakes.get(key) !== handshake) return;
      this.#handshakes.delete(key);
      handshake.reject(clientGone());
    });
    // Who closes its side in the middle of it is gone; afterwards it may still wait for answers.
    socket.allowHalfOpen = false;
    // The documented way to hand a TLS server a socket that somebody else has accepted.
    server.emit('connection', socket);
    return handshake.promise;
  }

  /** Waits when many handshakes begin together, so that whoever is connected already has its turn between them. */
  async #turn(): Promise<void> {
    while (this.#begunThisTurn >= HANDSHAKES_PER_TURN) await this.#nextTurn;
    this.#begunThisTurn += 1;
    this.#nextTurn ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#begunThisTurn = 0;
        this.#nextTurn = undefined;
        resolve();
      });
    });
  }

  async #freshContext(): Promise<Context> {
    const settings = this.#settings;
    const material = await this.#identity.current();
    if (this.#context?.settings !== settings || this.#context.material !== material) {
      this.#context = { settings, material, server: this.#createServer(settings, material) };
    }
    return this.#context;
  }

  #createServer(settings: TlsSettings, material: TlsMaterial): Server {
    const { keys, certificates, authorities } = material;
    const { ciphers, mustHaveCertificate, handshakeTimeMs } = settings;
    const [minVersion, maxVersion = minVersion] = versionsOf(settings);
    const server = createTlsServer({
      key: [...keys],
      cert: [...certificates],
      minVersion,
      maxVersion,
      ...(ciphers.length === 0 ? {} : { ciphers: ciphers.join(':') }),
      ...(typeof authorities === 'object' ? { ca: [...authorities] } : {}),
      requestCert: authorities !== undefined,
      rejectUnauthorized: mustHaveCertificate && authorities !== 'blind',
      handshakeTimeout: handshakeTimeMs,
    });
    server.on('secureConnection', (socket) => {
      socket.allowHalfOpen = true;
      this.#settle(socket, ({ resolve }) => resolve(socket));
    });
    server.on('tlsClientError', (error, socket) => {
      this.#settle(socket, ({ reject }) => reject(inWords(error, handshakeTimeMs)));
      socket.destroy();
    });
    return server;
  }

  #settle(socket: TLSSocket, settle: (handshake: PromiseWithResolvers<TLSSocket>) => void): void {
    const key = endsOf(socket);
    const handshake = this.#handshakes.get(key);
    this.#handshakes.delete(key);
    if (handshake === undefined) socket.destroy();
    else settle(handshake);
  }
}

/** Those of the protocols that a cipher suite belongs to, the lowest first. Throws unavailable (52) when there is none. */
function versionsOf({ protocols, ciphers }: TlsSettings): [SecureVersion, ...SecureVersion[]] {
  const [lowest, ...others] = VERSIONS.filter((version) => {
    const isSpoken = protocols.length === 0 || protocols.includes(version);
    // OpenSSL calls the suites of TLS 1.3, and no others, as IANA does.
    const has = (cipher: string) => cipher.startsWith('TLS_') === (version === 'TLSv1.3');
    return isSpoken && (ciphers.length === 0 || ciphers.some(has));
  });
  if (lowest !== undefined) return [lowest, ...others];
  throw new LdapError(
    'unavailable',
    'TLS is not possible: no suite of ssl-cipher-suite belongs to a version of ssl-protocol.',
  );
}

/** Throws unavailable (52) when OpenSSL does not take keys, protocols and ciphers together. */
function createTlsServer(options: TlsOptions): Server {
  try {
    return createServer(options);
  } catch (error) {
    const reason = messageOf(error);
    const text = `TLS is not possible now. OpenSSL refuses the key or the cipher suites: ${reason}.`;
    throw new LdapError('unavailable', text, { cause: error });
  }
}

/** What the runtime says of a failed handshake, with the property that it is about. */
function inWords(error: Error, timeMs: number): Error {
  if (!('code' in error) || error.code !== 'ERR_TLS_HANDSHAKE_TIMEOUT') return error;
  const text = `the client did not finish the handshake within ${timeMs / 1000} s (tls-handshake-time-limit)`;
  return new Error(text, { cause: error });
}

/** Both ends of a connection, which no other connection has at the same time. */
function endsOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}

function clientGone(): Error {
  return new Error('the client has gone');
}
