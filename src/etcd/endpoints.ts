// The members of etcd that this server may use: one connection at a time, to the member that answers. A member that fails is left
// for the next in the list. Files of TLS and the password are read for each connection, so that new ones need no restart.

import type { SecureContextOptions } from 'node:tls';
import { messageOf } from '../files/file-error.ts';
import type { FileReader } from '../files/file-reader.ts';
import { decodeLogin } from './decode.ts';
import { encodeLogin } from './encode.ts';
import { EtcdConnection } from './etcd-connection.ts';
import { EtcdError } from './etcd-error.ts';

export interface EndpointsOptions {
  /** URLs of members, such as `https://e1:2379`; at least one. */
  readonly urls: readonly string[];
  readonly files: FileReader;
  /** PEM file of the authorities that members are trusted by; the system's authorities if undefined. */
  readonly authorityFile?: string | undefined;
  /** PEM files of the certificate and key of this server; both or none. */
  readonly certificateFile?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly login?: { readonly user: string; readonly passwordFile: string } | undefined;
  /** Milliseconds until a member must have accepted a connection. */
  readonly connectMs?: number;
  /** Milliseconds until a member must have answered. */
  readonly callMs?: number;
}

const PEM_OCTETS_MAX = 1024 * 1024;
const PASSWORD_OCTETS_MAX = 4096;
const CONNECT_MS = 2000;
const CALL_MS = 4000;

export class Endpoints {
  readonly urls: readonly string[];
  readonly callMs: number;
  readonly #options: EndpointsOptions;
  /** Index of the member to try next, or in use. */
  #at = 0;
  #current: EtcdConnection | undefined;
  #opening: Promise<EtcdConnection> | undefined;
  #isClosed = false;

  constructor(options: EndpointsOptions) {
    this.#options = options;
    this.urls = options.urls;
    this.callMs = options.callMs ?? CALL_MS;
  }

  get hasLogin(): boolean {
    return this.#options.login !== undefined;
  }

  /** Returns the connection in use, or opens one to the first member that answers. Throws EtcdError. */
  async connection(): Promise<EtcdConnection> {
    if (this.#isClosed) throw closed();
    if (this.#current?.isUsable === true) return this.#current;
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  /** Leaves a member that has failed: the next call goes to another one. */
  leave(connection: EtcdConnection): void {
    if (this.#current === connection) {
      this.#current = undefined;
      this.#at += 1;
    }
    connection.retire();
  }

  /** Logs in again on a connection whose token is no longer accepted. Throws EtcdError. */
  async renewLogin(connection: EtcdConnection): Promise<void> {
    const { login, files } = this.#options;
    if (login === undefined) return;
    const { octets } = await files.read(login.passwordFile, PASSWORD_OCTETS_MAX).catch(refuseFile);
    const password = octets.toString('utf8').replace(/\r?\n$/, '');
    connection.token = undefined;
    try {
      const path = '/etcdserverpb.Auth/Authenticate';
      const answer = await connection.call(path, encodeLogin(login.user, password), this.callMs);
      connection.token = decodeLogin(answer);
    } catch (error) {
      // Without authentication in the cluster, every call is allowed.
      if (error instanceof EtcdError && error.message.includes('authentication is not enabled')) return;
      throw error;
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#current?.close();
    this.#current = undefined;
  }

  async #open(): Promise<EtcdConnection> {
    const failures: EtcdError[] = [];
    for (const _ of this.urls) {
      const url = this.urls[this.#at % this.urls.length] ?? '';
      let connection: EtcdConnection | undefined;
      try {
        const tls = url.startsWith('https:') ? await this.#tls() : {};
        connection = await EtcdConnection.open(url, tls, this.#options.connectMs ?? CONNECT_MS);
        await this.renewLogin(connection);
        if (this.#isClosed) throw closed();
        this.#current = connection;
        return connection;
      } catch (error) {
        connection?.close();
        if (!(error instanceof EtcdError) || error.problem !== 'unavailable') throw error;
        failures.push(error);
        this.#at += 1;
      }
    }
    const message = failures.map((one) => one.message).join(' ');
    throw new EtcdError('unavailable', message, { hadNoEffect: true, cause: failures[0] });
  }

  async #tls(): Promise<SecureContextOptions> {
    const { authorityFile, certificateFile, keyFile } = this.#options;
    const read = async (path: string | undefined) =>
      path === undefined
        ? undefined
        : (await this.#options.files.read(path, PEM_OCTETS_MAX).catch(refuseFile)).octets;
    const [ca, cert, key] = await Promise.all([read(authorityFile), read(certificateFile), read(keyFile)]);
    return {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    };
  }
}

function refuseFile(error: unknown): never {
  throw new EtcdError('invalid', messageOf(error), { hadNoEffect: true, cause: error });
}

/** Returns the error of a closed client. */
export function closed(): EtcdError {
  return new EtcdError('closed', 'The client of etcd is closed.', { hadNoEffect: true });
}
