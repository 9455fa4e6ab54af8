// What is to be told to somebody who watches: kept in order until the connection takes it, within a bound. Whoever
// does not read fast enough loses the connection, with a notice, and never an event.

import type { ChangeEvent, ChangeListener } from '../../backend/backend.ts';
import { ResultCode } from '../../ldap/result-code.ts';
import { type Answer, type Operation, SUCCESS } from '../operation.ts';

const EVENTS_WAITING_MAX = 4096;

type Batch = readonly ChangeEvent[];

export interface EventQueueOptions {
  readonly operation: Operation;
  /** Sends the events of one commit. Throws what ends the watch. */
  readonly send: (events: Batch) => void;
}

/** The listener that is given to the backend. */
export class EventQueue implements ChangeListener {
  readonly #operation: Operation;
  readonly #send: (events: Batch) => void;
  readonly #ended = Promise.withResolvers<Answer>();
  #batches: Batch[] = [];
  #waiting = 0;
  #isOpen = false;
  #isSending = false;

  constructor({ operation, send }: EventQueueOptions) {
    this.#operation = operation;
    this.#send = send;
    // It may fail while the entries that are there already are still on their way.
    this.#ended.promise.catch(() => {});
  }

  changed(events: Batch): void {
    this.#batches.push(events);
    this.#waiting += events.length;
    if (this.#waiting > EVENTS_WAITING_MAX) this.#overflow();
    else if (this.#isOpen && !this.#isSending) void this.#drain();
  }

  failed(error: unknown): void {
    this.#ended.reject(error);
  }

  /** Begins to send; resolves when the client has abandoned or canceled the search, or is gone. */
  run(): Promise<Answer> {
    this.#operation.whenAbandoned(() => this.#end());
    this.#isOpen = true;
    if (!this.#isSending) void this.#drain();
    return this.#ended.promise;
  }

  async #drain(): Promise<void> {
    const { connection } = this.#operation;
    this.#isSending = true;
    try {
      while (this.#batches.length > 0 && !this.#operation.isAbandoned) {
        const { congestion } = connection;
        if (congestion === undefined) this.#sendAll();
        else await congestion;
      }
    } catch (error) {
      this.#ended.reject(error);
    } finally {
      this.#isSending = false;
    }
  }

  /** As much as the connection takes now. */
  #sendAll(): void {
    const { connection } = this.#operation;
    const batches = this.#batches;
    let sent = 0;
    while (sent < batches.length && connection.congestion === undefined) {
      const batch = batches[sent] ?? [];
      sent += 1;
      this.#waiting -= batch.length;
      this.#send(batch);
    }
    this.#batches = batches.slice(sent);
  }

  #overflow(): void {
    this.#operation.connection.close(
      ResultCode.busy,
      `${EVENTS_WAITING_MAX} changes wait to be read by this client. Read faster, and begin again where you stopped.`,
    );
    this.#end();
  }

  #end(): void {
    this.#batches = [];
    this.#waiting = 0;
    this.#isOpen = false;
    this.#ended.resolve({
      ...SUCCESS,
      code: ResultCode.canceled,
      diagnosticMessage: 'The search was canceled.',
    });
  }
}
