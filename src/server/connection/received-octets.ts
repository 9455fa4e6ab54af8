// Octets of a connection that are not a whole message yet.

const NOTHING: Buffer = Buffer.alloc(0);

export class ReceivedOctets {
  #octets: Buffer = NOTHING;
  #length = 0;
  /** True if the octets are those of a chunk, which the socket reuses when its listener returns (read-buffer.ts). */
  #isBorrowed = false;
  /** Number of octets before another look is useful. */
  wanted = 0;

  get length(): number {
    return this.#length;
  }

  /** All octets. */
  get octets(): Buffer {
    return this.#octets.length === this.#length ? this.#octets : this.#octets.subarray(0, this.#length);
  }

  /** Appends octets. Doubles the buffer if necessary, so that a message in many pieces costs linear time. */
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

  /** Drops the first octets and copies the rest. */
  dropFirst(octets: number): void {
    this.#octets =
      octets === this.#length ? NOTHING : Buffer.from(this.#octets.subarray(octets, this.#length));
    this.#length -= octets;
    this.#isBorrowed = false;
  }

  /** Copies borrowed octets before the socket reuses them. */
  own(): void {
    if (this.#isBorrowed) this.dropFirst(0);
  }

  clear(): void {
    this.dropFirst(this.#length);
  }
}
