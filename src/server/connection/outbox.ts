// Collects answers and sends them at the end of the turn of the event loop, for all connections one after the other. A
// sleeping client is woken by its answer, which costs more than the answer; clients on one machine are woken once for all
// of them.

import { BerWriter } from '../../codec/ber-writer.ts';

/** A connection whose answers are written here. */
export interface Sender {
  /** Sends octets and then shared ones. Returns true if the memory of the first may be reused. */
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
  /** Sender of the octets in the writer. */
  #sender: Sender | undefined;
  #waiting: Letter[] = [];
  #isFlushDue = false;

  /** Returns the writer for the next answer of a sender. The answer leaves with the others of this turn. */
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

  /** Appends octets to those of the present sender, without a copy. */
  share(octets: Uint8Array): void {
    if (this.#sender !== undefined)
      this.#waiting.push({ sender: this.#sender, octets: this.#writer.take(), shared: octets });
  }

  /** Sends everything written so far, in order. */
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
