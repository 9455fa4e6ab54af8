// A directory server that says what a test wants: it reads each request and hands it to a function, which writes whatever it
// likes to the socket. On a port of this machine or on a socket file, with TLS or without.

import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, TLSSocket } from 'node:tls';
import { frameLength } from '../../src/codec/ber-reader.ts';
import { BerWriter } from '../../src/codec/ber-writer.ts';
import { readRequestMessage, writeResponseMessage } from '../../src/codec/message-ber.ts';
import type { RequestMessage, ResponseMessage } from '../../src/ldap/message.ts';

const REQUEST_OCTETS_MAX = 64 * 1024 * 1024;

export type Script = (request: RequestMessage, socket: Socket) => void;

export interface ScriptedOptions {
  readonly script: Script;
  /** Instead of a port of 127.0.0.1. */
  readonly path?: string;
  /** PEM; for implicit TLS, and for `startTls`. */
  readonly identity?: { readonly key: string; readonly certificate: string };
  readonly isTls?: boolean;
}

export class ScriptedServer {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #options: ScriptedOptions;

  static async start(options: ScriptedOptions): Promise<ScriptedServer> {
    const { path, identity, isTls = false } = options;
    const server = isTls
      ? createTlsServer({ key: identity?.key, cert: identity?.certificate })
      : createServer();
    await new Promise<void>((resolve) => {
      if (path === undefined) server.listen(0, '127.0.0.1', resolve);
      else server.listen(path, resolve);
    });
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    return new ScriptedServer(server, port, options);
  }

  private constructor(server: Server, port: number, options: ScriptedOptions) {
    this.#server = server;
    this.port = port;
    this.#options = options;
    server.on(options.isTls === true ? 'secureConnection' : 'connection', (socket: Socket) =>
      this.#hear(socket),
    );
    server.on('tlsClientError', () => {});
  }

  /** What a script calls for StartTLS: the rest of the connection is encrypted. */
  startTls(socket: Socket): void {
    const { identity } = this.#options;
    socket.removeAllListeners('data');
    this.#hear(new TLSSocket(socket, { isServer: true, key: identity?.key, cert: identity?.certificate }));
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #hear(socket: Socket): void {
    this.#sockets.add(socket);
    let bytes: Buffer = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('data', (piece: Buffer) => {
      bytes = bytes.length === 0 ? piece : Buffer.concat([bytes, piece]);
      try {
        bytes = this.#read(bytes, socket);
      } catch {
        // What is no request, such as TLS that a script does not want, ends the connection.
        socket.destroy();
      }
    });
  }

  /** Returns what is left. Throws what the codec throws. */
  #read(bytes: Buffer, socket: Socket): Buffer {
    for (let at = 0; ; ) {
      const length = frameLength(bytes, at, bytes.length, REQUEST_OCTETS_MAX);
      if (length === 0 || at + length > bytes.length) return bytes.subarray(at);
      const request = readRequestMessage(bytes, at, at + length);
      at += length;
      if (request.operation.type === 'invalidRequest') throw request.operation.error;
      this.#options.script(request as RequestMessage, socket);
    }
  }
}

/** The octets of an answer. */
export function answerOctets(message: ResponseMessage): Buffer {
  const writer = new BerWriter(256);
  writeResponseMessage(writer, message);
  return writer.take();
}
