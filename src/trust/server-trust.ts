// How this server, as a client, finds out whether another server is who it should be: what a trust manager believes as
// options for a TLS connection, and afterwards, when the connection was refused, the reason in words.

import type { X509Certificate } from 'node:crypto';
import type { PeerCertificate, SecureContext } from 'node:tls';
import { checkName } from './name-check.ts';
import { refusalOf } from './refusal.ts';
import { SecureContexts, type TlsSettings } from './secure-contexts.ts';
import type { Trust } from './trust.ts';
import type { TrustError } from './trust-error.ts';

/** The server that is connected to. */
export interface ServerName {
  /** As the administrator wrote it: a host name or an IP address. The certificate must be for it. */
  readonly host: string;
  /** False where a property says that a certificate for another name is good enough. */
  readonly checksHost: boolean;
}

/** For tls.connect, or for `tls` of nodemailer; all of it is needed. */
export interface TrustOptions {
  readonly secureContext: SecureContext;
  readonly rejectUnauthorized: boolean;
  readonly checkServerIdentity: (host: string, certificate: PeerCertificate) => Error | undefined;
}

export interface ServerTrustOptions {
  /** What messages call the trust manager: the name of its entry. */
  readonly name: string;
  readonly trust: Trust;
  readonly now: () => Date;
  /** Told once of every host that a blind trust manager is used for. */
  readonly unchecked?: (host: string) => void;
}

/** Hosts that were told of are remembered up to here; then they are told of again. */
const HOSTS_MAX = 1000;

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

  /** What messages call it. */
  get name(): string {
    return this.#name;
  }

  rename(name: string): void {
    this.#name = name;
  }

  /** Whether it believes whoever there is. */
  get isBlind(): boolean {
    return this.#trust.type === 'blind';
  }

  /**
   * What a connection that begins now needs. Certificates must lead to an authority, be valid today, and be for the host
   * (name or IP address), unless the trust manager is blind. Throws TrustError when the trust store cannot be read.
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
   * Why a server was not believed, and what to change, when that is why the connection failed; undefined for every other
   * error. Takes errors of tls.connect and of nodemailer.
   *
   * @param chain what the server sent, its own certificate first (`chainOf` of peer-chain.ts), where it is known: with it
   * the sentence has names and dates.
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

  /** The hosts that it was used for although it is blind. */
  get uncheckedHosts(): readonly string[] {
    return [...this.#toldOf];
  }

  #tell(host: string): void {
    if (this.#toldOf.has(host)) return;
    if (this.#toldOf.size >= HOSTS_MAX) this.#toldOf.clear();
    this.#toldOf.add(host);
    this.#unchecked(host);
  }

  /** Undefined: those of the runtime. */
  async #authorities(): Promise<readonly X509Certificate[] | undefined> {
    return this.#trust.type === 'authorities' ? this.#trust.certificates.current() : undefined;
  }
}
