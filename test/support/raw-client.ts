// A client that is nothing but a socket: it sends the bytes a test has built, as they are, and takes apart what comes
// back. Every wait has an end, so that a server that does not answer fails one test and stops none.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { bindRequest, message } from './ber-bytes.ts';
import {
  answerTags,
  type FoundEntry,
  readServerMessage,
  type ServerMessage,
  sizeOfFirst,
} from './ber-element.ts';
import { ADMINISTRATOR } from './server-process.ts';

const TIMEOUT_MS = 300_000;
const NOTICE_ID = 0;
const NOT_FINAL: ReadonlySet<number> = new Set([
  answerTags.entry,
  answerTags.reference,
  answerTags.intermediate,
]);

/** All that came for one request. */
export interface Answer extends ServerMessage {
  readonly entries: readonly FoundEntry[];
}

export class RawClient {
  readonly #socket: Socket;
  #messages: ServerMessage[] = [];
  #rest: Buffer = Buffer.alloc(0);
  #lastId = 0;
  #isClosed = false;
  #wake = Promise.withResolvers<void>();

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    // A server that refuses bytes may reset the connection; `close` follows.
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#isClosed = true;
      this.#wakeUp();
    });
  }

  /**
   * `from`: the address of this machine to come from. `stays`: goes on sending when the server has said that it does
   * not listen any more.
   */
  static async connect(
    server: { readonly port: number },
    { from = '127.0.0.1', stays = false } = {},
  ): Promise<RawClient> {
    const socket = connect({
      port: server.port,
      host: '127.0.0.1',
      localAddress: from,
      allowHalfOpen: stays,
    });
    const client = new RawClient(socket);
    await once(socket, 'connect', { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return client;
  }

  /** A client on a connection that somebody else has made: TLS, a local socket. */
  static over(socket: Socket): RawClient {
    return new RawClient(socket);
  }

  /** A client that is bound, as the administrator unless told otherwise. */
  static async bound(
    server: { readonly port: number; readonly password: string },
    dn: string = ADMINISTRATOR,
    password: string = server.password,
  ): Promise<RawClient> {
    const client = await RawClient.connect(server);
    const { code, text } = await client.request(bindRequest(dn, password));
    if (code !== 0) throw new Error(`The bind was answered with ${code}: ${text}`);
    return client;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Messages that nobody has asked for yet. */
  get unread(): readonly ServerMessage[] {
    return this.#messages;
  }

  /** The message id for the next request. */
  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  /** Sends all of it in one write. */
  send(...bytes: readonly Uint8Array[]): void {
    this.#socket.write(Buffer.concat(bytes));
  }

  /** Sends one operation under an id of its own and waits for all that comes for it. */
  request(operation: Buffer, controls: readonly Buffer[] = []): Promise<Answer> {
    const id = this.nextId();
    this.send(message(id, operation, controls));
    return this.answer(id);
  }

  /** All that comes for a request, up to its final answer. */
  async answer(id: number): Promise<Answer> {
    const isFinal = (one: ServerMessage) => one.id === id && !NOT_FINAL.has(one.tag);
    const final = await this.#find(isFinal, `no answer to request ${id}`);
    const mine = this.#messages.filter((one) => one.id === id);
    this.#messages = this.#messages.filter((one) => one.id !== id);
    return { ...final, entries: mine.flatMap(({ entry }) => (entry === undefined ? [] : [entry])) };
  }

  /** The next message, whatever it belongs to. */
  async next(): Promise<ServerMessage> {
    const found = await this.#find(() => true, 'no message');
    this.#messages.splice(this.#messages.indexOf(found), 1);
    return found;
  }

  /** The Notice of Disconnection (RFC 4511 section 4.4.1), and the end of the connection after it. */
  async disconnection(): Promise<ServerMessage> {
    const notice = await this.#find(({ id }) => id === NOTICE_ID, 'no notice of disconnection');
    await this.closed();
    return notice;
  }

  /** Waits until the server has closed the connection. */
  async closed(): Promise<void> {
    await this.#until(() => this.#isClosed, 'the connection is still open');
  }

  /** Gives the connection away, to begin TLS on it; the client is of no use after that. */
  release(): Socket {
    this.#socket.removeAllListeners('data');
    return this.#socket;
  }

  /** Stops reading, as a client does that is slow or asleep. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Goes away without a word. */
  close(): void {
    this.#socket.destroy();
  }

  /** Goes away as a process that is killed with bytes unread: the server's next write fails. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  /** Says that it sends nothing more, and goes on listening. */
  finish(): void {
    this.#socket.end();
  }

  async #find(fits: (one: ServerMessage) => boolean, otherwise: string): Promise<ServerMessage> {
    let found: ServerMessage | undefined;
    const look = () => {
      found = this.#messages.find(fits);
      return found !== undefined || this.#isClosed;
    };
    await this.#until(look, otherwise);
    if (found !== undefined) return found;
    const last = this.#messages.map(({ id, code, text }) => `${id}: ${code} ${text}`).join('; ');
    throw new Error(`The server closed the connection: ${otherwise}. Unread: ${last}`);
  }

  async #until(isSo: () => boolean, otherwise: string): Promise<void> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#wakeUp();
    }, TIMEOUT_MS);
    try {
      while (!isSo()) {
        if (isLate) throw new Error(`After ${TIMEOUT_MS / 1000} seconds: ${otherwise}`);
        await this.#wake.promise;
      }
    } finally {
      clearTimeout(timer);
    }
  }

  #receive(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (let size = sizeOfFirst(this.#rest); size !== undefined; size = sizeOfFirst(this.#rest)) {
      this.#messages.push(readServerMessage(this.#rest.subarray(0, size)));
      this.#rest = this.#rest.subarray(size);
    }
    this.#wakeUp();
  }

  #wakeUp(): void {
    const { resolve } = this.#wake;
    this.#wake = Promise.withResolvers<void>();
    resolve();
  }
}
