// Where answers are written before they leave, and when they leave: at the end of the turn of the event loop in which
// they became ready, those of all connections one after the other. A client that sleeps is woken by its answer, which
// costs more than the answer did; clients on one machine are woken once for all of them.

import { BerWriter } from '../../codec/ber-writer.ts';

/** Whose answers are written here. */
export interface Sender {
  /**
   * Hands octets to the network, and those that others share behind them; returns whether nobody needs the memory of the
   * first any more.
   */
  transmit(octets: Buffer, shared: Uint8Array | undefined): boolean;
}

interface Letter {
  readonly sender: Sender;
  readonly octets: Buffer;
  readonly shared: Uint8Array | undefined;
}

/** One writer serves all connections of a server: an idle connection then costs no buffer. */
export class Outbox {
  readonly #writer = new BerWriter();
  /** Who has written what the writer holds. */
  #sender: Sender | undefined;
  #waiting: Letter[] = [];
  #isFlushDue = false;

  /** Where the sender writes its next answer. It leaves with the others of this turn. */
  writerFor(sender: Sender): BerWriter {
    if (this.#sender !== sender) {
      this.#setAside();
      this.#sender = sender;
    }
    this.#writer.makeRoom();
    if (!this.#isFlushDue) {
      this.#isFlushDue = true;
      setImmediate(() => this.flush());
    }
    return this.#writer;
  }

  /** Puts octets behind what the present sender has written, without a copy. */
  share(octets: Uint8Array): void {
    if (this.#sender !== undefined)
      this.#waiting.push({ sender: this.#sender, octets: this.#writer.take(), shared: octets });
  }

  /** Sends now what was written until now, of all senders, each in its order. */
  flush(): void {
    this.#isFlushDue = false;
    this.#setAside();
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    let isFree = true;
    for (const { sender, octets, shared } of waiting) isFree = sender.transmit(octets, shared) && isFree;
    if (isFree) this.#writer.rewind();
    else this.#writer.leave();
  }

  #setAside(): void {
    if (this.#sender === undefined || this.#writer.length === 0) return;
    this.#waiting.push({ sender: this.#sender, octets: this.#writer.take(), shared: undefined });
  }
}
