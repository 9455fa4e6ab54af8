// One listening socket: a port of an address, or a socket file. Opens it, or tries whether that is possible.

import { access, constants, lstat, unlink } from 'node:fs/promises';
import { connect, createServer, isIPv6, type Server, type Socket } from 'node:net';
import { dirname, relative } from 'node:path';
import { LdapError } from '../../ldap/ldap-error.ts';

export interface NetworkAddress {
  readonly scheme: 'ldap' | 'ldaps' | 'http';
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
}

export interface SocketFile {
  readonly path: string;
  /** Permissions of the socket file. */
  readonly mode: number;
}

export type ListenAddress = NetworkAddress | SocketFile;

export interface ListenerOptions {
  readonly backlog: number;
  /** Maximum number of connections, enforced by Node.js; undefined if the handler decides. */
  readonly connectionsMax?: number;
  readonly accept: (socket: Socket) => void;
  /** Makes a server for a protocol that Node.js implements; its connections come after `accept`. */
  readonly makeServer?: () => Server;
  readonly failed: (error: Error) => void;
}

/** Limit of the kernel (Linux, without the NUL at the end). */
const PATH_OCTETS_MAX = 107;

/** Opens the socket and replaces a socket file left by an ended server. Throws unwillingToPerform with the reason. */
export async function openSocket(place: ListenAddress, options: ListenerOptions): Promise<Server> {
  const url = urlOf(place, undefined);
  if (!isLocal(place)) return listen({ host: place.host, port: place.port }, url, options);
  const { path, mode } = place;
  if (await isStale(path, url)) await unlink(path).catch(() => {});
  // Both calls run in one turn, so the file has its permissions from the start.
  const umask = process.umask(0o777 & ~mode);
  try {
    const listening = listen({ path: shorter(path, url) }, url, options);
    process.umask(umask);
    return await listening;
  } finally {
    process.umask(umask);
  }
}

/** Tries to open the socket, and leaves nothing behind. Throws unwillingToPerform with the reason. */
export async function tryAddress(place: ListenAddress): Promise<void> {
  const url = urlOf(place, undefined);
  if (isLocal(place) && (await isStale(place.path, url))) {
    shorter(place.path, url);
    await access(dirname(place.path), constants.W_OK).catch((error: NodeJS.ErrnoException) => {
      throw cannotListen(url, error);
    });
    return;
  }
  const accept = (socket: Socket) => void socket.destroy();
  const server = await openSocket(place, { backlog: 1, connectionsMax: 1, accept, failed: () => {} });
  await new Promise((resolve) => server.close(resolve));
}

/** Returns true for a socket file. */
export function isLocal(place: ListenAddress): place is SocketFile {
  return 'path' in place;
}

/** Returns the URL of a socket. @param port the chosen one, if any would do. */
export function urlOf(place: ListenAddress, port: number | undefined): string {
  if (isLocal(place)) return `ldapi://${encodeURIComponent(place.path)}`;
  const { scheme, host } = place;
  return `${scheme}://${isIPv6(host) ? `[${host}]` : host}:${port ?? place.port}`;
}

function listen(
  place: { readonly host: string; readonly port: number } | { readonly path: string },
  url: string,
  options: ListenerOptions,
): Promise<Server> {
  const { promise, resolve, reject } = Promise.withResolvers<Server>();
  const server =
    options.makeServer?.() ??
    createServer({ allowHalfOpen: true, keepAlive: true, noDelay: true, pauseOnConnect: false });
  if (options.connectionsMax !== undefined) server.maxConnections = options.connectionsMax;
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

/** The variables that the shipped configuration uses for ports. */
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

/** Returns the path, or the path relative to the working directory if only that is short enough. */
function shorter(path: string, url: string): string {
  const found = [path, relative('', path)].find((way) => Buffer.byteLength(way) <= PATH_OCTETS_MAX);
  if (found !== undefined) return found;
  const text = `the path of a socket file has at most ${PATH_OCTETS_MAX} octets; choose a shorter one (LDAPI_PATH)`;
  throw refusal(url, text, undefined);
}

/** Resolves to true if nobody listens on the socket file. Throws unwillingToPerform for any other file. */
async function isStale(path: string, url: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return false;
  if (!found.isSocket())
    throw refusal(url, 'something else is at that path; remove it, or choose another', undefined);
  if (!(await isServed(shorter(path, url)))) return true;
  const reason = 'another program is listening there; stop it, or choose another path (LDAPI_PATH)';
  throw refusal(url, reason, undefined);
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

/** Returns the error that refuses an address, in one sentence. */
export function refusal(url: string, reason: string, cause: unknown): LdapError {
  return new LdapError('unwillingToPerform', `Cannot listen on ${url}: ${reason}.`, { cause });
}
