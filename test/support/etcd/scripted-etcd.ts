// A member of etcd that says what a test wants: an HTTP/2 server that answers calls by a script. Real members do what is tested
// elsewhere; this one sends what only broken or hostile ones send.

import { createServer, type Http2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { WireMessage } from '../../../src/etcd/wire-fields.ts';

/** Answers one call. `request` has the octets of the first message. */
export type Script = (call: ScriptedCall) => void;

export class ScriptedCall {
  readonly stream: ServerHttp2Stream;
  readonly path: string;
  readonly token: string | undefined;
  /** Octets of the first message, without its frame. */
  readonly request: Buffer;

  constructor(stream: ServerHttp2Stream, path: string, token: string | undefined, request: Buffer) {
    this.stream = stream;
    this.path = path;
    this.token = token;
    this.request = request;
  }

  /** Sends messages, and leaves the stream open. Returns false if the client has to take them first. */
  send(...messages: readonly Uint8Array[]): boolean {
    if (!this.#respond()) return false;
    return messages.map((message) => this.stream.write(framed(message))).every((isTaken) => isTaken);
  }

  /** Sends octets as they are. */
  sendRaw(octets: Uint8Array): void {
    if (this.#respond()) this.stream.write(octets);
  }

  /** Ends the call with a status of gRPC. */
  end(status = 0, message = ''): void {
    if (!this.#respond()) return;
    this.stream.once('wantTrailers', () => {
      this.stream.sendTrailers({
        'grpc-status': String(status),
        'grpc-message': encodeURIComponent(message),
      });
    });
    this.stream.end();
  }

  /** Sends the headers, if they were not. Returns false if the client has ended the call. */
  #respond(): boolean {
    if (this.stream.destroyed) return false;
    if (this.stream.headersSent) return true;
    this.stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    return true;
  }
}

export class ScriptedEtcd {
  readonly #sessions = new Set<Http2Session>();
  readonly #server = createServer();

  static async start(script: Script): Promise<ScriptedEtcd> {
    const etcd = new ScriptedEtcd();
    etcd.#server.on('session', (session) => {
      etcd.#sessions.add(session);
      session.on('error', () => {});
    });
    etcd.#server.on('stream', (stream, headers) => {
      stream.on('error', () => {});
      let octets = Buffer.alloc(0);
      let isCalled = false;
      stream.on('data', (piece: Buffer) => {
        octets = Buffer.concat([octets, piece]);
        if (isCalled || octets.length < 5 || octets.length < 5 + octets.readUInt32BE(1)) return;
        isCalled = true;
        const request = octets.subarray(5, 5 + octets.readUInt32BE(1));
        const token = typeof headers.token === 'string' ? headers.token : undefined;
        script(new ScriptedCall(stream, headers[':path'] ?? '', token, request));
      });
    });
    await new Promise<void>((resolve) => etcd.#server.listen(0, '127.0.0.1', resolve));
    return etcd;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const session of this.#sessions) session.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function framed(message: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

export function headerMessage(revision: number, clusterId = 1): WireMessage {
  return new WireMessage().int64(1, clusterId).int64(2, 1).int64(3, revision);
}

export interface ScriptedValue {
  readonly key: string;
  readonly value: string;
  readonly revision: number;
}

export function valueMessage({ key, value, revision }: ScriptedValue): WireMessage {
  return new WireMessage().text(1, key).int64(2, revision).int64(3, revision).text(5, value);
}

/** The answer that a watch exists. */
export function createdAnswer(revision: number): Uint8Array {
  return new WireMessage().message(1, headerMessage(revision)).bool(3, true).finish();
}

/** An answer with events; its header may be ahead of them. */
export function eventsAnswer(
  revision: number,
  values: readonly ScriptedValue[],
  isFragment = false,
): Uint8Array {
  const message = new WireMessage().message(1, headerMessage(revision)).bool(7, isFragment);
  for (const value of values) message.message(11, new WireMessage().message(2, valueMessage(value)));
  return message.finish();
}
