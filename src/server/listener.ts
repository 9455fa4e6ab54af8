// The sockets of one connection handler, open between `start` and `stop`.

import { createServer, isIPv6, type Server, type Socket } from 'node:net';
import { LdapError } from '../ldap/ldap-error.ts';

export interface ListenerOptions {
  readonly addresses: readonly string[];
  readonly port: number;
  readonly backlog: number;
  readonly connectionsMax: number;
  readonly accept: (socket: Socket) => void;
  readonly failed: (error: Error) => void;
}

export class Listener {
  readonly urls: readonly string[];
  readonly #servers: readonly Server[];

  private constructor(servers: readonly Server[], urls: readonly string[]) {
    this.#servers = servers;
    this.urls = urls;
  }

  /** Binds every address; when one cannot be bound none stays bound, and the error says which and why. */
  static async start(options: ListenerOptions): Promise<Listener> {
    const servers: Server[] = [];
    try {
      for (const address of options.addresses) servers.push(await listen(address, options));
    } catch (error) {
      for (const server of servers) server.close();
      throw error;
    }
    const urls = options.addresses.map((address) => formatUrl(address, options.port));
    return new Listener(servers, urls);
  }

  /** Accepts nothing more; connections that are open stay. */
  stop(): void {
    for (const server of this.#servers) server.close();
  }
}

function listen(address: string, options: ListenerOptions): Promise<Server> {
  const { promise, resolve, reject } = Promise.withResolvers<Server>();
  const server = createServer({ noDelay: true, pauseOnConnect: false });
  server.maxConnections = options.connectionsMax;
  const refuse = (error: NodeJS.ErrnoException) => reject(cannotListen(address, options.port, error));
  server.once('error', refuse);
  server.on('connection', options.accept);
  server.listen({ host: address, port: options.port, backlog: options.backlog }, () => {
    server.off('error', refuse);
    server.on('error', options.failed);
    resolve(server);
  });
  return promise;
}

function cannotListen(address: string, port: number, error: NodeJS.ErrnoException): LdapError {
  const reasons: Record<string, string> = {
    EADDRINUSE: 'another program is listening there; stop it, or choose another port (LDAP_PORT)',
    EACCES: 'this user may not use that port; choose one above 1023 (LDAP_PORT)',
    EADDRNOTAVAIL: 'this machine has no such address; choose one it has (LDAP_LISTEN_ADDRESS)',
  };
  const reason = reasons[error.code ?? ''] ?? error.message;
  return new LdapError('unwillingToPerform', `Cannot listen on ${formatUrl(address, port)}: ${reason}.`, {
    cause: error,
  });
}

function formatUrl(address: string, port: number): string {
  return `ldap://${isIPv6(address) ? `[${address}]` : address}:${port}`;
}
