// One connection to confdit over ldapjs: secured, logged in, and from then on searches and one that goes on. What ldapjs
// gives does not leave this file. A connection that is lost is not opened again here.

import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import ldapjs from 'ldapjs';
import { Dn } from '../ldap/dn.ts';
import { Attribute, Entry } from '../ldap/entry.ts';
import { externalBind, type Filter, mendResults, persistentSearch, type WireClient } from './ldapjs-gaps.ts';
import { MailServerError, type MailServerProblem } from './mail-server-error.ts';
import type { DirectoryAddress } from './open-options.ts';

export interface Search {
  readonly base: string;
  readonly filter: Filter;
  readonly attributes: readonly string[];
}

const PROBLEM_BY_CODE: ReadonlyMap<number, MailServerProblem> = new Map([
  [48, 'credentials'],
  [49, 'credentials'],
  [50, 'access'],
]);

export class DirectoryConnection {
  readonly #client: WireClient;
  readonly #address: DirectoryAddress;
  readonly #lost: (error: MailServerError, connection: DirectoryConnection) => void;
  #isEnded = false;
  /** Why it ended, if it was lost: what ldapjs says of what was under way then is only that it was closed. */
  #reason: MailServerError | undefined;

  /**
   * Connects and logs in; rejects with MailServerError.
   *
   * @param lost called once, when a connection that was open is lost.
   */
  static async open(
    address: DirectoryAddress,
    lost: (error: MailServerError, connection: DirectoryConnection) => void,
  ): Promise<DirectoryConnection> {
    mendResults();
    const tls = address.ca === undefined ? {} : { ca: listOf(address.ca) };
    const connection = new DirectoryConnection(await connect(address, tls), address, lost);
    try {
      if (address.security === 'start-tls') await connection.#startTls(tls);
      await connection.#logIn(await address.password());
      return connection;
    } catch (error) {
      connection.close();
      throw connection.#problem(error);
    }
  }

  private constructor(
    client: WireClient,
    address: DirectoryAddress,
    lost: (error: MailServerError, connection: DirectoryConnection) => void,
  ) {
    this.#client = client;
    this.#address = address;
    this.#lost = lost;
    client.on('error', (error) => this.#end(error));
    client.on('close', () => this.#end(new Error('the connection was closed')));
  }

  /** Rejects with MailServerError; one that is not answered in time ends the connection. */
  async search(search: Search): Promise<Entry[]> {
    const entries: Entry[] = [];
    await this.#inTime((resolve, reject) =>
      this.#search(search, [], {
        found: (entry) => entries.push(entry),
        ended: (error) => (error === undefined ? resolve(undefined) : reject(error)),
      }),
    );
    return entries;
  }

  /** Calls `hear` for every entry that is found, now and after each change of it. */
  watch(search: Search, hear: () => void): void {
    this.#search(search, [persistentSearch()], {
      found: hear,
      ended: (error) => this.#end(error ?? new Error('confdit ended the search that tells of changes')),
    });
  }

  close(): void {
    this.#isEnded = true;
    this.#client.destroy();
  }

  #search(
    { base, filter, attributes }: Search,
    controls: ldapjs.Control[],
    heard: { found(entry: Entry): void; ended(error?: Error): void },
  ): void {
    const options: ldapjs.SearchOptions = {
      scope: 'sub',
      filter,
      attributes: [...attributes, 'entryDN'],
      paged: false,
    };
    this.#client.search(base, options, controls, (error, response) => {
      if (error !== null) return heard.ended(error);
      response.on('searchEntry', ({ pojo }) => {
        const made = pojo.attributes.map(({ type, values }) => new Attribute(type, values));
        // In names ldapjs loses the escape of a backslash; values are as they were sent.
        const name = made.find(({ key }) => key === 'entrydn')?.values[0] ?? pojo.objectName;
        heard.found(new Entry(Dn.parse(name), made));
      });
      response.on('error', (reason) => heard.ended(reason));
      response.on('end', () => heard.ended());
    });
  }

  async #logIn(password: string): Promise<void> {
    const { bindDn } = this.#address;
    if (bindDn !== undefined && password === '') {
      throw new MailServerError('options', `The password of ${bindDn} is empty.`);
    }
    await this.#inTime((resolve, reject) => {
      const answer = (error: Error | null) => (error === null ? resolve(undefined) : reject(error));
      if (bindDn === undefined) this.#client._send(externalBind(), [0], null, answer);
      else this.#client.bind(bindDn, password, [], answer);
    });
  }

  async #startTls(tls: ConnectionOptions): Promise<void> {
    const { host } = this.#address;
    const options = { ...tls, host, ...(isIP(host) === 0 ? { servername: host } : {}) };
    await this.#inTime((resolve, reject) =>
      this.#client.starttls(options, [], (error: Error | null) =>
        error === null ? resolve(undefined) : reject(error),
      ),
    );
  }

  async #inTime(
    start: (resolve: (nothing: undefined) => void, reject: (error: Error) => void) => void,
  ): Promise<void> {
    const { timeoutMs } = this.#address;
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => {
      const late = new Error(`it has not answered for ${timeoutMs} ms`);
      reject(late);
      this.#end(late);
    }, timeoutMs);
    try {
      start(resolve, reject);
      await promise;
    } catch (error) {
      throw this.#reason ?? this.#problem(error);
    } finally {
      clearTimeout(timer);
    }
  }

  #problem(error: unknown): MailServerError {
    return problemOf(error, this.#address);
  }

  #end(error: Error): void {
    if (this.#isEnded) return;
    this.#reason = this.#problem(error);
    this.close();
    this.#lost(this.#reason, this);
  }
}

function connect(address: DirectoryAddress, tls: ConnectionOptions): Promise<WireClient> {
  const { socketPath, url, host, timeoutMs } = address;
  const place = socketPath === undefined ? { url } : { url: '', socketPath };
  const client = ldapjs.createClient({ ...place, connectTimeout: timeoutMs, tlsOptions: tls }) as WireClient;
  // It keeps the brackets of an IPv6 address, and it connects a moment later.
  for (const server of client.urls) server.hostname = host;
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      client.destroy();
      reject(problemOf(error, address));
    };
    client.on('connectError', fail);
    client.on('connectTimeout', () => fail(new Error(`it has not answered for ${timeoutMs} ms`)));
    client.on('connectRefused', fail);
    client.on('error', fail);
    client.on('connect', () => {
      for (const event of ['connectError', 'connectTimeout', 'connectRefused', 'error'])
        client.removeListener(event, fail);
      resolve(client);
    });
  });
}

/** Certificates have many codes in Node.js, and all others begin with E. */
function isAboutTrust(error: Error): boolean {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return code === 'ERR_TLS_CERT_ALTNAME_INVALID' || /CERT|SIGNATURE|^UNABLE_TO_/.test(code);
}

function problemOf(error: unknown, { url, bindDn }: DirectoryAddress): MailServerError {
  if (error instanceof MailServerError) return error;
  const reason = error instanceof Error ? error : new Error(String(error));
  const text = reason.message.replace(/\.?$/, '.');
  if ('code' in reason && typeof reason.code === 'number') {
    const problem = PROBLEM_BY_CODE.get(reason.code) ?? 'refused';
    const who = bindDn ?? 'the account of this process';
    const does = problem === 'credentials' ? `does not let ${who} log in` : 'refuses';
    return new MailServerError(problem, `confdit at ${url} ${does}: ${text}`, { cause: reason });
  }
  if (isAboutTrust(reason)) {
    const message = `The certificate of confdit at ${url} is not believed: ${text} Name its authority in the option ca.`;
    return new MailServerError('untrusted', message, { cause: reason });
  }
  return new MailServerError('unreachable', `confdit at ${url} cannot be reached: ${text}`, {
    cause: reason,
  });
}

function listOf(certificates: NonNullable<DirectoryAddress['ca']>): (string | Buffer)[] {
  return typeof certificates === 'string' || Buffer.isBuffer(certificates)
    ? [certificates]
    : [...certificates];
}
