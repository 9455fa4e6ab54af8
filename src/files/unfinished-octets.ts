// The beginning of a message whose rest has not come. Each octet is copied a bounded number of times, however small the
// pieces are in which a message comes.

const NOTHING: Buffer = Buffer.alloc(0);
const HELD_OCTETS_MIN = 4096;

export class UnfinishedOctets {
  #held: Buffer = NOTHING;
  #length = 0;

  /** Number of octets that are held. */
  get length(): number {
    return this.#length;
  }

  /** Returns what is held and the piece behind it, as one buffer. Its memory is used again by the next call. */
  joinedWith(piece: Buffer): Buffer {
    if (this.#length === 0) return piece;
    const length = this.#length + piece.length;
    if (length > this.#held.length) {
      const larger = Buffer.allocUnsafeSlow(2 * length);
      larger.set(this.#held.subarray(0, this.#length));
      this.#held = larger;
    }
    this.#held.set(piece, this.#length);
    this.#length = length;
    return this.#held.subarray(0, length);
  }

  /** Keeps the octets from `from` on, of what `joinedWith` returned last, and no others. */
  keep(octets: Buffer, from: number): void {
    const isHeldAlready = from === 0 && this.#length > 0;
    if (isHeldAlready) return;
    const rest = octets.subarray(from);
    this.#length = rest.length;
    if (rest.length === 0) {
      this.#held = NOTHING;
      return;
    }
    const held = Buffer.allocUnsafeSlow(Math.max(rest.length, HELD_OCTETS_MIN));
    held.set(rest);
    this.#held = held;
  }
}
