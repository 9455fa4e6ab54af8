// Writes BER with definite, minimal lengths. One writer serves a whole connection: it fills blocks from front to
// back and hands out what was written as views of them, so nothing is copied on the way to the socket.

import { octetsFromText } from '../ldap/octets.ts';
import { BerTag } from './ber-reader.ts';

const BLOCK_OCTETS = 256 * 1024;
const ROOM_OCTETS_MIN = 80 * 1024;
const SHORT_TEXT_MAX = 24;

export class BerWriter {
  readonly #blockOctets: number;
  #bytes: Buffer;
  #start = 0;
  #at = 0;
  /** Start of the octets taken that may be overwritten. */
  #takenStart = 0;

  /** Takes the number of octets to allocate at a time: few for a writer that writes little. */
  constructor(blockOctets = BLOCK_OCTETS) {
    this.#blockOctets = blockOctets;
    this.#bytes = Buffer.allocUnsafeSlow(blockOctets);
  }

  /** Number of octets written since the last `take`. */
  get length(): number {
    return this.#at - this.#start;
  }

  /** Returns the octets written since the last `take`. The caller owns the view. */
  take(): Buffer {
    const taken = this.#bytes.subarray(this.#start, this.#at);
    this.#start = this.#at;
    return taken;
  }

  /** Returns a copy of what was written since `length` had this value, independent of the writer's blocks. */
  copyFrom(length: number): Buffer {
    return Buffer.from(this.#bytes.subarray(this.#start + length, this.#at));
  }

  /**
   * Overwrites what was taken since the last `rewind` or `leave` and is no longer in use: the same memory, still in the
   * processor's cache, instead of a new block. Only right after `take`.
   */
  rewind(): void {
    this.#start = this.#takenStart;
    this.#at = this.#takenStart;
  }

  /** Keeps what was taken: somebody still uses it. */
  leave(): void {
    this.#takenStart = this.#start;
  }

  /** Begins a new block where the present one is nearly full, while there is nothing to copy into it. */
  makeRoom(): void {
    if (this.length > 0 || this.#bytes.length - this.#at >= ROOM_OCTETS_MIN) return;
    this.#bytes = Buffer.allocUnsafeSlow(BLOCK_OCTETS);
    this.#start = 0;
    this.#at = 0;
    this.#takenStart = 0;
  }

  /** Forgets what was written since `length` had this value. */
  truncate(length: number): void {
    this.#at = this.#start + length;
  }

  /** Begins a constructed value. Returns what `end` needs. */
  begin(tag: number): number {
    this.#ensure(2);
    this.#bytes[this.#at] = tag;
    this.#at += 2;
    // Relative, because a larger block may take over before the value ends.
    return this.length;
  }

  end(contentStart: number): void {
    const start = this.#start + contentStart;
    const length = this.#at - start;
    if (length < 0x80) {
      this.#bytes[start - 1] = length;
      return;
    }
    const extra = lengthOctets(length) - 1;
    this.#ensure(extra);
    const moved = this.#start + contentStart;
    this.#bytes.copyWithin(moved + extra, moved, this.#at);
    this.#at += extra;
    putLength(this.#bytes, moved - 1, length);
  }

  integer(value: number, tag: number = BerTag.integer): void {
    this.#ensure(6);
    this.#at = putInteger(this.#bytes, this.#at, value, tag);
  }

  enumerated(value: number): void {
    this.integer(value, BerTag.enumerated);
  }

  boolean(value: boolean, tag: number = BerTag.boolean): void {
    this.#ensure(3);
    this.#bytes[this.#at] = tag;
    this.#bytes[this.#at + 1] = 1;
    this.#bytes[this.#at + 2] = value ? 0xff : 0;
    this.#at += 3;
  }

  /** Writes text as an OCTET STRING (octets.ts). */
  text(value: string, tag: number = BerTag.octetString): void {
    if (value.length > SHORT_TEXT_MAX || !this.#shortText(value, tag)) this.#longText(value, tag);
  }

  /** Writes octets that are already BER. */
  raw(octets: Uint8Array): void {
    this.#ensure(octets.length);
    this.#bytes.set(octets, this.#at);
    this.#at += octets.length;
  }

  /** Writes the header of a constructed value whose length is known. */
  header(tag: number, length: number): void {
    this.#ensure(6);
    this.#bytes[this.#at] = tag;
    this.#at = putLength(this.#bytes, this.#at + 1, length);
  }

  /** Writes a SEQUENCE of an INTEGER and one value in BER, the form of most messages. */
  numbered(number: number, octets: Uint8Array): void {
    this.#ensure(12 + octets.length);
    this.numberedHead(number, octets.length);
    this.#bytes.set(octets, this.#at);
    this.#at += octets.length;
  }

  /** Writes what `numbered` writes, except the value: only its number of octets is needed. */
  numberedHead(number: number, octets: number): void {
    this.#ensure(12);
    const bytes = this.#bytes;
    const length = 2 + integerOctets(number) + octets;
    bytes[this.#at] = BerTag.sequence;
    this.#at = putInteger(bytes, putLength(bytes, this.#at + 1, length), number, BerTag.integer);
  }

  #shortText(value: string, tag: number): boolean {
    this.#ensure(2 + SHORT_TEXT_MAX);
    const bytes = this.#bytes;
    const at = this.#at + 2;
    for (let index = 0; index < value.length; index++) {
      const code = value.charCodeAt(index);
      if (code >= 0x80) return false;
      bytes[at + index] = code;
    }
    bytes[this.#at] = tag;
    bytes[this.#at + 1] = value.length;
    this.#at = at + value.length;
    return true;
  }

  #longText(value: string, tag: number): void {
    if (!value.isWellFormed()) {
      const octets = octetsFromText(value);
      this.header(tag, octets.length);
      this.raw(octets);
      return;
    }
    const length = Buffer.byteLength(value, 'utf8');
    this.header(tag, length);
    this.#ensure(length);
    this.#bytes.write(value, this.#at, length, 'utf8');
    this.#at += length;
  }

  #ensure(octets: number): void {
    if (this.#at + octets <= this.#bytes.length) return;
    const written = this.length;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#blockOctets, 2 * (written + octets)));
    larger.set(this.#bytes.subarray(this.#start, this.#at));
    this.#bytes = larger;
    this.#takenStart = 0;
    this.#start = 0;
    this.#at = written;
  }
}

/** Writes an INTEGER. Returns the offset of its end, as `putLength` does. */
function putInteger(bytes: Buffer, at: number, value: number, tag: number): number {
  const octets = integerOctets(value);
  bytes[at] = tag;
  bytes[at + 1] = octets;
  const end = at + 2 + octets;
  for (let place = end - 1, rest = value; place > at + 1; place -= 1, rest >>= 8) bytes[place] = rest & 0xff;
  return end;
}

function putLength(bytes: Buffer, at: number, length: number): number {
  if (length < 0x80) {
    bytes[at] = length;
    return at + 1;
  }
  const end = at + lengthOctets(length);
  bytes[at] = 0x80 | (end - at - 1);
  for (let place = end - 1, rest = length; place > at; place -= 1, rest >>>= 8) bytes[place] = rest & 0xff;
  return end;
}

function lengthOctets(length: number): number {
  if (length < 0x80) return 1;
  if (length < 0x100) return 2;
  if (length < 0x10000) return 3;
  return length < 0x1000000 ? 4 : 5;
}

function integerOctets(value: number): number {
  if (value >= -0x80 && value < 0x80) return 1;
  if (value >= -0x8000 && value < 0x8000) return 2;
  return value >= -0x800000 && value < 0x800000 ? 3 : 4;
}
