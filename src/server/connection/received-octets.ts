// What came in on a connection and is not yet a whole message.

const NOTHING: Buffer = Buffer.alloc(0);

export class ReceivedOctets {
  #octets: Buffer = NOTHING;
  #length = 0;
  /** Whether the octets are those of a chunk, which are the socket's again when its listener returns (read-buffer.ts). */
  #isBorrowed = false;
  /** How much must have come in before looking again is worthwhile. */
  wanted = 0;

  get length(): number {
    return this.#length;
  }

  /** All of it. */
  get octets(): Buffer {
    return this.#octets.length === this.#length ? this.#octets : this.#octets.subarray(0, this.#length);
  }

  /** Doubles the room when there is too little, so that a message in many pieces costs what it is long. */
  append(chunk: Buffer): void {
    if (this.#length === 0) {
      this.#octets = chunk;
      this.#length = chunk.length;
      this.#isBorrowed = true;
      return;
    }
    this.own();
    const length = this.#length + chunk.length;
    if (length > this.#octets.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#octets.length));
      this.#octets.copy(larger, 0, 0, this.#length);
      this.#octets = larger;
    }
    chunk.copy(this.#octets, this.#length);
    this.#length = length;
  }

  /** Forgets the first octets; the rest is in memory of its own. */
  dropFirst(octets: number): void {
    this.#octets =
      octets === this.#length ? NOTHING : Buffer.from(this.#octets.subarray(octets, this.#length));
    this.#length -= octets;
    this.#isBorrowed = false;
  }

  /** Takes the octets into memory of its own, before whoever lent them has them back. */
  own(): void {
    if (this.#isBorrowed) this.dropFirst(0);
  }

  clear(): void {
    this.dropFirst(this.#length);
  }
}
