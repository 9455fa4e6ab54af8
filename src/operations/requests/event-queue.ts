// What is to be told to somebody who watches: kept in order until the connection takes it, within a bound of events and
// the memory budget of the connection. Whoever does not read fast enough loses the connection, with a notice, and never an
// event.

import type { ChangeEvent, ChangeListener } from '../../backend/backend.ts';
import { octetsOfEntry } from '../../directory/kept-octets.ts';
import { ResultCode } from '../../ldap/result-code.ts';
import { type Answer, SUCCESS } from '../answer.ts';
import type { Operation } from '../operation.ts';

const EVENTS_WAITING_MAX = 4096;
const EVENT_OCTETS = 256;

type Events = readonly ChangeEvent[];

/** The events of one commit, and what they take in memory once they wait. */
interface Batch {
  readonly events: Events;
  octets: number;
}

export interface EventQueueOptions {
  readonly operation: Operation;
  /** Sends the events of one commit. Throws what ends the watch. */
  readonly send: (events: Events) => void;
}

/** The listener that is given to the backend. */
export class EventQueue implements ChangeListener {
  readonly #operation: Operation;
  readonly #send: (events: Events) => void;
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

  changed(events: Events): void {
    const batch: Batch = { events, octets: 0 };
    this.#batches.push(batch);
    this.#waiting += events.length;
    if (this.#isOpen && !this.#isSending) void this.#drain();
    if (this.#batches.at(-1) !== batch) return;
    // It has to wait.
    const octets = events.reduce((sum, event) => sum + octetsOf(event), 0);
    const hasRoom = this.#waiting <= EVENTS_WAITING_MAX && this.#operation.held.tryTake(octets);
    if (hasRoom) batch.octets = octets;
    else this.#overflow();
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
        if (connection.congestion === undefined) this.#sendAll();
        else await connection.congestion;
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
      const { events, octets } = batches[sent] ?? NOTHING;
      sent += 1;
      this.#waiting -= events.length;
      this.#operation.held.give(octets);
      this.#send(events);
    }
    this.#batches = batches.slice(sent);
  }

  #overflow(): void {
    this.#operation.connection.close(
      ResultCode.busy,
      `${this.#waiting} changes wait to be read by this client, which are too many or take too much memory. ` +
        'Read faster, and begin again where you stopped.',
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

const NOTHING: Batch = { events: [], octets: 0 };

function octetsOf({ before, after }: ChangeEvent): number {
  let octets = EVENT_OCTETS;
  if (before !== undefined) octets += octetsOfEntry(before);
  if (after !== undefined) octets += octetsOfEntry(after);
  return octets;
}
