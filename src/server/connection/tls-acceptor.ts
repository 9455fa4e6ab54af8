// The server's side of TLS for one connection handler: handshakes use the current keys, authorities, protocols and ciphers.
// Established connections keep theirs.

import type { Socket } from 'node:net';
import { createServer, type SecureVersion, type Server, type TLSSocket, type TlsOptions } from 'node:tls';
import { messageOf } from '../../files/file-error.ts';
import { Reason } from '../../files/program-error.ts';
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
import { Deadline } from '../../time/deadline.ts';

export interface TlsSettings extends TlsNames {
  /** Empty for all protocols. */
  readonly protocols: readonly SecureVersion[];
  /** OpenSSL's names; empty for the runtime's choice. */
  readonly ciphers: readonly string[];
  readonly mustHaveCertificate: boolean;
  readonly handshakeTimeMs: number;
}

export interface SecuredSocket {
  readonly socket: TLSSocket;
  readonly security: ConnectionSecurity;
}

/** The context of handshakes; replaced when a part of it changes. */
interface Context {
  readonly settings: TlsSettings;
  readonly material: TlsMaterial;
  readonly server: Server;
}

const VERSIONS: readonly SecureVersion[] = ['TLSv1.2', 'TLSv1.3'];

/** Time for the ClientHello, in ms. The rest may take longer: a person may be looking at a certificate. */
const CLIENT_HELLO_MS = 10_000;

/** The longest time of a timer: the runtime's own limit would also end handshakes whose next octets are here already. */
const NEVER_MS = 2 ** 31 - 1;

/** Number of handshakes started in one turn of the event loop: each costs some tenths of a millisecond. */
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

  /** Resolves to true if a handshake is possible now. */
  async canShakeHands(): Promise<boolean> {
    try {
      await this.#freshContext();
      return true;
    } catch (error) {
      if (error instanceof LdapError) return false;
      throw error;
    }
  }

  /** Describes the context of a handshake now. */
  async describe(digest: Digest): Promise<Facts> {
    return { settings: factsOf(this.#settings, digest), identity: await this.#identity.describe() };
  }

  /** Uses these settings for later handshakes. */
  use(settings: TlsSettings): void {
    this.#settings = settings;
    this.#identity = new TlsIdentity(settings, this.#providers);
  }

  /** Throws unavailable (52), with the reason, if there is no usable key. */
  async prepare(): Promise<void> {
    const settings = this.#settings;
    this.#createServer(settings, await this.#identity.prepared());
  }

  /** Makes the handshake. Rejects if it fails or takes too long; the socket is destroyed then. */
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
        throw new Reason(
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
    const late = (what: string) => {
      handshake.reject(new Reason(`the client ${what}`));
      socket.destroy();
    };
    const hello = new Deadline(helloMs, () => {
      if (!hasBegun && socket.bytesRead === octetsBefore)
        late(`sent no ClientHello within ${helloMs / 1000} s`);
    });
    const whole = new Deadline(timeMs, () =>
      late(`did not finish the handshake within ${timeMs / 1000} s (tls-handshake-time-limit)`),
    );
    hello.begin();
    whole.begin();
    const over = () => {
      hello.close();
      whole.close();
    };
    handshake.promise.then(over, over);
    socket.once('close', () => {
      // A socket that was gone before has no addresses, and shares its key with others that were.
      if (this.#handshakes.get(key) === handshake) this.#handshakes.delete(key);
      handshake.reject(clientGone());
    });
    // A client that ends its side during the handshake is gone; later it may still wait for answers.
    socket.allowHalfOpen = false;
    // The documented way to pass an accepted socket to a TLS server.
    server.emit('connection', socket);
    return handshake.promise;
  }

  /** Delays handshakes that start together, so that established connections are served between them. */
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
    const { ciphers, mustHaveCertificate } = settings;
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
      handshakeTimeout: NEVER_MS,
    });
    server.on('secureConnection', (socket) => {
      socket.allowHalfOpen = true;
      this.#settle(socket, ({ resolve }) => resolve(socket));
    });
    server.on('tlsClientError', (error, socket) => {
      this.#settle(socket, ({ reject }) => reject(error));
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

/** Returns the protocols that have a cipher suite, lowest first. Throws unavailable (52) if there is none. */
function versionsOf({ protocols, ciphers }: TlsSettings): [SecureVersion, ...SecureVersion[]] {
  const [lowest, ...others] = VERSIONS.filter((version) => {
    const isSpoken = protocols.length === 0 || protocols.includes(version);
    // OpenSSL uses IANA's names for the suites of TLS 1.3, and for no others.
    const has = (cipher: string) => cipher.startsWith('TLS_') === (version === 'TLSv1.3');
    return isSpoken && (ciphers.length === 0 || ciphers.some(has));
  });
  if (lowest !== undefined) return [lowest, ...others];
  throw new LdapError(
    'unavailable',
    'TLS is not possible: no suite of ssl-cipher-suite belongs to a version of ssl-protocol.',
  );
}

/** Throws unavailable (52) if OpenSSL does not accept the combination of keys, protocols and ciphers. */
function createTlsServer(options: TlsOptions): Server {
  try {
    return createServer(options);
  } catch (error) {
    const reason = messageOf(error);
    const text = `TLS is not possible now. OpenSSL refuses the key or the cipher suites: ${reason}.`;
    throw new LdapError('unavailable', text, { cause: error });
  }
}

/** Returns both ends of a connection: unique while it is open. */
function endsOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}

function clientGone(): Error {
  return new Reason('the client has gone');
}
