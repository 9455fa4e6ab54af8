// Verifies other servers for this server as a client: gives the options of a trust manager for a TLS
// connection, and explains a failed one.

import type { X509Certificate } from 'node:crypto';
import type { PeerCertificate, SecureContext } from 'node:tls';
import { checkName } from './name-check.ts';
import { refusalOf } from './refusal.ts';
import { SecureContexts, type TlsSettings } from './secure-contexts.ts';
import type { Trust } from './trust.ts';
import type { TrustError } from './trust-error.ts';

/** The server to connect to. */
export interface ServerName {
  /** Host name or IP address as configured. The certificate must be for it. */
  readonly host: string;
  /** False if a property accepts certificates of other hosts. */
  readonly checksHost: boolean;
}

/** Options for tls.connect, or for `tls` of nodemailer. All of them are needed. */
export interface TrustOptions {
  readonly secureContext: SecureContext;
  readonly rejectUnauthorized: boolean;
  readonly checkServerIdentity: (host: string, certificate: PeerCertificate) => Error | undefined;
}

export interface ServerTrustOptions {
  /** Name of the trust manager in messages: the DN of its entry. */
  readonly name: string;
  readonly trust: Trust;
  readonly now: () => Date;
  /** Called once for every host that a blind trust manager is used for. */
  readonly unchecked?: (host: string) => void;
}

/** Maximum number of hosts that are remembered; then they are reported again. */
const HOSTS_MAX = 1000;

/** The trust of one trust manager in servers. */
export class ServerTrust {
  #name: string;
  readonly #trust: Trust;
  readonly #now: () => Date;
  readonly #unchecked: (host: string) => void;
  readonly #toldOf = new Set<string>();
  readonly #contexts = new SecureContexts();

  constructor({ name, trust, now, unchecked = () => {} }: ServerTrustOptions) {
    this.#name = name;
    this.#trust = trust;
    this.#now = now;
    this.#unchecked = unchecked;
  }

  /** Name in messages. */
  get name(): string {
    return this.#name;
  }

  rename(name: string): void {
    this.#name = name;
  }

  /** True if every certificate is trusted. */
  get isBlind(): boolean {
    return this.#trust.type === 'blind';
  }

  /**
   * Returns the options for a new connection. Certificates must lead to an authority, be valid now, and be for
   * the host (name or IP address), unless the trust manager is blind. Throws TrustError if the trust store
   * cannot be read.
   */
  async optionsFor(server: ServerName, settings: TlsSettings = {}): Promise<TrustOptions> {
    if (this.isBlind) this.#tell(server.host);
    return {
      secureContext: this.#contexts.get(await this.#authorities(), settings),
      rejectUnauthorized: !this.isBlind,
      checkServerIdentity: (_, certificate) =>
        this.isBlind || !server.checksHost ? undefined : checkName(server.host, certificate),
    };
  }

  /**
   * Explains why a server is not trusted, and what to change. Returns undefined for any other error. Takes
   * errors of tls.connect and of nodemailer.
   *
   * @param chain Certificates that the server has sent, its own first (`chainOf` of peer-chain.ts), if known.
   * They add names and dates to the message.
   */
  async explain(
    error: unknown,
    server: ServerName,
    chain: readonly X509Certificate[] = [],
  ): Promise<TrustError | undefined> {
    const authorities = await this.#authorities().catch(() => undefined);
    const { name } = this;
    const store =
      authorities === undefined
        ? {
            does: `${name} do`,
            add: (what: string) => `set trust-manager-provider to a trust manager that has ${what}`,
          }
        : { does: `${name} does`, add: (what: string) => `put ${what} into ${name}` };
    return refusalOf(error, { ...server, chain, authorities, store, storeName: name, now: this.#now() });
  }

  /** Hosts that were connected to without verification, because the trust manager is blind. */
  get uncheckedHosts(): readonly string[] {
    return [...this.#toldOf];
  }

  #tell(host: string): void {
    if (this.#toldOf.has(host)) return;
    if (this.#toldOf.size >= HOSTS_MAX) this.#toldOf.clear();
    this.#toldOf.add(host);
    this.#unchecked(host);
  }

  /** Returns the authorities; undefined for those of the runtime. */
  async #authorities(): Promise<readonly X509Certificate[] | undefined> {
    return this.#trust.type === 'authorities' ? this.#trust.certificates.current() : undefined;
  }
}
