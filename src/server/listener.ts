// The sockets of one connection handler, open between `start` and `stop`.

import { lstat, unlink } from 'node:fs/promises';
import { connect, createServer, isIPv6, type Server, type Socket } from 'node:net';
import { relative } from 'node:path';
import { LdapError } from '../ldap/ldap-error.ts';
import type { Facts } from '../runtime/description.ts';

export interface ListenerOptions {
  readonly backlog: number;
  readonly connectionsMax: number;
  readonly accept: (socket: Socket) => void;
  /** Makes what listens, of a protocol that Node.js speaks itself; it comes to its connections after `accept`. */
  readonly makeServer?: () => Server;
  readonly failed: (error: Error) => void;
}

export interface NetworkPlace {
  readonly scheme: 'ldap' | 'ldaps' | 'http';
  readonly addresses: readonly string[];
  /** 0: any that is free. */
  readonly port: number;
}

export interface LocalPlace {
  readonly path: string;
  /** The permissions of the socket file. */
  readonly mode: number;
}

/** What the kernel has room for (Linux, without the NUL at the end). */
const PATH_OCTETS_MAX = 107;

export class Listener {
  readonly urls: readonly string[];
  readonly #servers: readonly Server[];
  readonly #backlog: number;

  private constructor(servers: readonly Server[], urls: readonly string[], backlog: number) {
    this.#servers = servers;
    this.#backlog = backlog;
    this.urls = urls;
  }

  /** Binds every address; when one cannot be bound none stays bound, and the error says which and why. */
  static async start({ scheme, addresses, port }: NetworkPlace, options: ListenerOptions): Promise<Listener> {
    const servers: Server[] = [];
    const urls = addresses.map((address) => formatUrl(scheme, address, port));
    try {
      for (const [index, host] of addresses.entries()) {
        servers.push(await listen({ host, port }, urls[index] ?? '', options));
      }
    } catch (error) {
      for (const server of servers) server.close();
      throw error;
    }
    return new Listener(
      servers,
      addresses.map((address, index) => formatUrl(scheme, address, portOf(servers[index]) ?? port)),
      options.backlog,
    );
  }

  /** Makes the socket file; one that a server left behind which is no more is replaced. */
  static async startLocal({ path, mode }: LocalPlace, options: ListenerOptions): Promise<Listener> {
    const url = `ldapi://${encodeURIComponent(path)}`;
    await removeStale(path, url);
    // The permissions are there from the first moment on, because both calls are done before anything else runs.
    const umask = process.umask(0o777 & ~mode);
    try {
      const listening = listen({ path: shorter(path, url) }, url, options);
      process.umask(umask);
      return new Listener([await listening], [url], options.backlog);
    } finally {
      process.umask(umask);
    }
  }

  /** What the sockets are like that listen now. */
  describe(): Facts {
    const sockets = this.#servers.map(({ listening, maxConnections }) => ({ listening, maxConnections }));
    return { urls: this.urls, sockets, backlog: this.#backlog };
  }

  /** Whether all of its sockets listen. */
  get isListening(): boolean {
    return this.#servers.every(({ listening }) => listening);
  }

  /** Accepts nothing more; connections that are open stay. */
  stop(): void {
    for (const server of this.#servers) server.close();
  }
}

type Place = { readonly host: string; readonly port: number } | { readonly path: string };

function listen(place: Place, url: string, options: ListenerOptions): Promise<Server> {
  const { promise, resolve, reject } = Promise.withResolvers<Server>();
  const server =
    options.makeServer?.() ??
    createServer({ allowHalfOpen: true, keepAlive: true, noDelay: true, pauseOnConnect: false });
  server.maxConnections = options.connectionsMax;
  const refuse = (error: NodeJS.ErrnoException) => reject(cannotListen(url, error));
  server.once('error', refuse);
  server.prependListener('connection', options.accept);
  server.listen({ ...place, backlog: options.backlog }, () => {
    server.off('error', refuse);
    server.on('error', options.failed);
    resolve(server);
  });
  return promise;
}

function portOf(server: Server | undefined): number | undefined {
  const address = server?.address();
  return typeof address === 'object' ? address?.port : undefined;
}

/** The variables that the shipped configuration takes the ports from. */
const PORT_VARIABLES: Readonly<Record<string, string>> = { ldaps: 'LDAPS_PORT', http: 'HTTP_PORT' };

function cannotListen(url: string, error: NodeJS.ErrnoException): LdapError {
  const variable = PORT_VARIABLES[url.slice(0, url.indexOf(':'))] ?? 'LDAP_PORT';
  const nameless =
    'no address is known for that name; choose an address of this machine (LDAP_LISTEN_ADDRESS)';
  const reasons: Record<string, string> = {
    EADDRINUSE: `another program is listening there, or another connection handler of this server; stop it, or choose another port (${variable})`,
    ENOTFOUND: nameless,
    EAI_AGAIN: nameless,
    EACCES: url.startsWith('ldapi:')
      ? 'its folder is not there, or this user may not make a file in it; choose another one (LDAPI_PATH)'
      : `this user may not use that port; choose one above 1023 (${variable})`,
    EADDRNOTAVAIL: 'this machine has no such address; choose one it has (LDAP_LISTEN_ADDRESS)',
  };
  return refusal(url, reasons[error.code ?? ''] ?? error.message, error);
}

/** The path as it is, or as it is seen from the folder the server was started in, where only that is short enough. */
function shorter(path: string, url: string): string {
  const found = [path, relative('', path)].find((way) => Buffer.byteLength(way) <= PATH_OCTETS_MAX);
  if (found !== undefined) return found;
  const text = `the path of a socket file has at most ${PATH_OCTETS_MAX} octets; choose a shorter one (LDAPI_PATH)`;
  throw refusal(url, text, undefined);
}

/** Nothing but a socket that nobody listens on is removed. */
async function removeStale(path: string, url: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket())
    throw refusal(url, 'something else is at that path; remove it, or choose another', undefined);
  if (await isServed(shorter(path, url))) {
    throw refusal(
      url,
      'another program is listening there; stop it, or choose another path (LDAPI_PATH)',
      undefined,
    );
  }
  await unlink(path).catch(() => {});
}

function isServed(path: string): Promise<boolean> {
  const socket = connect({ path });
  return new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT'),
    );
  }).finally(() => socket.destroy());
}

function refusal(url: string, reason: string, cause: unknown): LdapError {
  return new LdapError('unwillingToPerform', `Cannot listen on ${url}: ${reason}.`, { cause });
}

function formatUrl(scheme: string, address: string, port: number): string {
  return `${scheme}://${isIPv6(address) ? `[${address}]` : address}:${port}`;
}
