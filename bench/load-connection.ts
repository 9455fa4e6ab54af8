/**
 * One connection of the load generator: binds, then keeps a number of requests outstanding until it is closed.
 *
 * It reads into one buffer that all connections share, looks at the bytes through a ResponseCounter, and answers every chunk
 * with at most one write. It keeps no record of single requests.
 */
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { bindRequest, message } from '../test/support/ber-bytes.ts';
import {
  FIRST_MESSAGE_ID,
  LAST_MESSAGE_ID,
  NUMBER_DIGITS,
  type PreparedRequest,
  type PreparedRequests,
  type Target,
} from './requests.ts';
import { ResponseCounter, UnexpectedAnswer } from './response-counter.ts';

/** What all connections take their requests from; `remaining` is Infinity when they go round until the time is up. */
export interface Queue {
  next: number;
  remaining: number;
  waiting: number;
}

/** What a connection needs to know. `onEnd` is called when the queue is empty and the last answer has come. */
export interface LoadConnectionOptions {
  readonly port: number;
  readonly isSecure: boolean;
  readonly target: Target;
  readonly prepared: PreparedRequests;
  readonly outstanding: number;
  readonly firstNumber: number;
  readonly numberStep: number;
  readonly queue: Queue;
  readonly readBuffer: Buffer;
  readonly onEnd: () => void;
  readonly onError: (error: Error) => void;
}

/** Opened and bound by `open`, loaded from `begin` on. */
export class LoadConnection {
  readonly counter: ResponseCounter;
  readonly #options: LoadConnectionOptions;
  readonly #batchBytes: number;
  #socket: Socket | undefined;
  #batch: Buffer;
  #messageId = FIRST_MESSAGE_ID;
  #number: number;
  #bound: (() => void) | undefined;
  #bindCounter = new ResponseCounter(0);

  private constructor(options: LoadConnectionOptions) {
    this.#options = options;
    this.counter = new ResponseCounter(options.prepared.expectedCode);
    const longest = options.prepared.requests.reduce((most, { bytes }) => Math.max(most, bytes.length), 0);
    this.#batchBytes = longest * options.outstanding;
    this.#batch = Buffer.allocUnsafeSlow(this.#batchBytes);
    this.#number = options.firstNumber;
  }

  /** Connects and binds; rejects when the server refuses either. */
  static async open(options: LoadConnectionOptions): Promise<LoadConnection> {
    const connection = new LoadConnection(options);
    await connection.#bind();
    return connection;
  }

  /** Sends the first requests. */
  begin(): void {
    this.#send(this.#options.outstanding);
  }

  /** Drops the connection without waiting for what is outstanding. */
  close(): void {
    this.#socket?.removeAllListeners('close');
    this.#socket?.destroy();
  }

  #bind(): Promise<void> {
    const { port, isSecure, target, readBuffer, onError } = this.#options;
    return new Promise((resolve, reject) => {
      this.#bound = resolve;
      const fail = (error: Error) => {
        reject(error);
        onError(error);
      };
      const callback = (length: number) => {
        try {
          this.#receive(length);
        } catch (error) {
          fail(error instanceof Error ? error : new Error(String(error)));
        }
        return true;
      };
      const place = { port, host: '127.0.0.1', noDelay: true, onread: { buffer: readBuffer, callback } };
      const socket = isSecure ? connectTls({ ...place, rejectUnauthorized: false }) : connect(place);
      this.#socket = socket;
      socket.on('error', fail);
      socket.on('close', () => fail(new Error('the server closed the connection')));
      socket.write(message(1, bindRequest(target.bindDn, target.password)));
    });
  }

  #receive(length: number): void {
    const { queue, readBuffer } = this.#options;
    if (this.#bound !== undefined) {
      if (this.#bindCounter.read(readBuffer, length) === 0) return;
      this.#bound();
      this.#bound = undefined;
      return;
    }
    const free = this.counter.read(readBuffer, length);
    if (free === 0) return;
    if (free > this.#options.outstanding) throw new UnexpectedAnswer('more answers than requests');
    queue.waiting -= free;
    this.#send(free);
  }

  #send(most: number): void {
    const { prepared, queue } = this.#options;
    const { requests } = prepared;
    const count = Math.min(most, queue.remaining);
    if (count === 0) {
      if (queue.waiting === 0) this.#options.onEnd();
      return;
    }
    // A write that the kernel could not take at once still refers to the batch, which then must not be overwritten.
    if (this.#socket?.writableLength !== 0) this.#batch = Buffer.allocUnsafeSlow(this.#batchBytes);
    let at = 0;
    for (let index = 0; index < count; index += 1) {
      const request = requests[queue.next];
      queue.next = queue.next + 1 === requests.length ? 0 : queue.next + 1;
      if (request !== undefined) at = this.#put(request, at);
    }
    queue.remaining -= count;
    queue.waiting += count;
    this.#socket?.write(this.#batch.subarray(0, at));
  }

  #put(request: PreparedRequest, at: number): number {
    const batch = this.#batch;
    batch.set(request.bytes, at);
    const id = this.#messageId;
    this.#messageId = id === LAST_MESSAGE_ID ? FIRST_MESSAGE_ID : id + 1;
    batch[at + request.idOffset] = id >> 8;
    batch[at + request.idOffset + 1] = id & 0xff;
    if (request.numberOffset >= 0) {
      writeDigits(batch, at + request.numberOffset, this.#number);
      this.#number += this.#options.numberStep;
    }
    return at + request.bytes.length;
  }
}

function writeDigits(batch: Buffer, at: number, number: number): void {
  let rest = number;
  for (let index = NUMBER_DIGITS - 1; index >= 0; index -= 1) {
    batch[at + index] = 0x30 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
}
