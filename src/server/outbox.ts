// Where answers are written before they leave.

import { BerWriter } from '../codec/ber-writer.ts';

/**
 * One writer serves all connections of a server: an idle connection then costs no buffer. Whoever writes becomes
 * the owner, and what the owner before it left is sent first, so bytes of two connections never mix.
 */
export class Outbox {
  readonly writer = new BerWriter();
  #owner: { flush(): void } | undefined;

  writerFor(owner: { flush(): void }): BerWriter {
    if (this.#owner !== owner) {
      this.#owner?.flush();
      this.#owner = owner;
    }
    this.writer.makeRoom();
    return this.writer;
  }
}
