// One connection of the fuzzer: sends a batch and looks whether the server gives what it owes for it. Of what comes back
// only IDs and tags are looked at.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { bindRequest, message } from '../support/ber-bytes.ts';
import type { Batch } from './batch.ts';
import { headerAt } from './request-shape.ts';

const ANSWER_TIMEOUT_MS = 300_000;
const NOTICE = Buffer.from('1.3.6.1.4.1.1466.20036');
const BIND_ID = 1;
const NOT_FINAL: ReadonlySet<number> = new Set([0x64, 0x73, 0x79]);
/** Bytes of a batch that a finding shows. */
const SHOWN_MAX = 4096;

export interface Account {
  readonly dn: string;
  readonly password: string;
}

export class FuzzConnection {
  readonly #socket: Socket;
  #rest: Buffer = Buffer.alloc(0);
  #answers = new Map<number, number>();
  #hasNotice = false;
  #problem: string | undefined;
  #wake: (() => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', () => {});
    socket.on('close', () => this.#wake?.());
  }

  /** Comes from an address of this machine; bound where an account is given. Throws when it cannot be. */
  static async open(
    port: number,
    localAddress: string,
    account: Account | undefined,
  ): Promise<FuzzConnection> {
    const socket = connect({ port, host: '127.0.0.1', localAddress });
    const connection = new FuzzConnection(socket);
    await once(socket, 'connect', { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    if (account === undefined) return connection;
    socket.write(message(BIND_ID, bindRequest(account.dn, account.password)));
    await connection.#until(() => connection.#answers.has(BIND_ID));
    if (!connection.#answers.has(BIND_ID)) throw new Error(`${account.dn} cannot bind.`);
    return connection;
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed;
  }

  /** How many answers came for the batch that was sent last. */
  get answered(): number {
    return this.#answers.size;
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Resolves to what the server did wrong; undefined where all is well. @param cuts where the bytes are cut into pieces. */
  async send(batch: Batch, cuts: readonly number[]): Promise<string | undefined> {
    this.#answers.clear();
    let start = 0;
    for (const end of [...cuts, batch.bytes.length]) {
      if (!this.isOpen || this.#hasNotice) break;
      this.#socket.write(batch.bytes.subarray(start, end));
      start = end;
      if (start < batch.bytes.length) await new Promise((resolve) => setImmediate(resolve));
    }
    if (batch.lastId === undefined) this.#socket.end();
    const isInTime = await this.#until(() => this.#isSettled(batch));
    const problem = this.#problem ?? this.#complaint(batch, isInTime);
    if (problem === undefined) return undefined;
    this.close();
    return `${problem}. Sent: ${batch.bytes.toString('hex').slice(0, 2 * SHOWN_MAX)}`;
  }

  #isSettled({ lastId, owed }: Batch): boolean {
    if (lastId === undefined || !this.#answers.has(lastId)) return false;
    return [...owed.keys()].every((id) => this.#answers.has(id));
  }

  #complaint(batch: Batch, isInTime: boolean): string | undefined {
    const { lastId, owed, mustEnd, mayEndSilently } = batch;
    const wrong = [...this.#answers].find(
      ([id, tag]) => id !== lastId && owed.has(id) && owed.get(id) !== tag,
    );
    if (wrong !== undefined) return `request ${wrong[0]} was answered with the tag ${wrong[1]}`;
    if (!isInTime) return lastId === undefined ? 'the connection stays open' : this.#missing(batch);
    if (!this.isOpen) {
      const isHangUp = lastId === undefined;
      return this.#hasNotice || mayEndSilently || isHangUp
        ? undefined
        : 'the connection ended without a notice';
    }
    return mustEnd ? 'a message that cannot be understood was passed over' : undefined;
  }

  #missing({ lastId, owed }: Batch): string {
    const missing = [...owed.keys(), lastId ?? 0].filter((id) => !this.#answers.has(id));
    return `no answer to ${missing.length} requests, among them ${missing.slice(0, 5).join(', ')}`;
  }

  /** Whether it came to pass, or the connection to its end, in time. */
  async #until(isSo: () => boolean): Promise<boolean> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#wake?.();
    }, ANSWER_TIMEOUT_MS);
    while (!isSo() && this.isOpen && !isLate && this.#problem === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    clearTimeout(timer);
    return !isLate;
  }

  #receive(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    for (
      let one = headerAt(this.#rest, at);
      one && one.end <= this.#rest.length;
      one = headerAt(this.#rest, at)
    ) {
      this.#take(this.#rest.subarray(at, one.end), one.start - at);
      at = one.end;
    }
    this.#rest = this.#rest.subarray(at);
    this.#wake?.();
  }

  #take(bytes: Buffer, start: number): void {
    const id = headerAt(bytes, start);
    const operation = id && headerAt(bytes, id.end);
    if (id?.tag !== 0x02 || operation === undefined) {
      this.#problem = `the server sent ${bytes.toString('hex').slice(0, SHOWN_MAX)}`;
      return;
    }
    const value = bytes.readIntBE(id.start, id.end - id.start);
    if (value === 0) this.#hasNotice ||= bytes.includes(NOTICE);
    else if (!NOT_FINAL.has(operation.tag)) this.#answers.set(value, operation.tag);
  }
}
