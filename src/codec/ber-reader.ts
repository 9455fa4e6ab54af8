// Reads BER (X.690) as RFC 4511 §5.1 restricts it: definite lengths only, OCTET STRINGs primitive only. A cursor
// over bytes that are all there; whether they are is asked before, by `frameLength`.

import { LdapError } from '../ldap/ldap-error.ts';
import { textFromOctets } from '../ldap/octets.ts';

/** Bytes that are not BER as LDAP restricts it: the connection must be closed (RFC 4511 §4.1.1). */
export class BerError extends LdapError {
  constructor(message: string) {
    super('protocolError', message);
    this.name = 'BerError';
  }
}

export const BerTag = {
  boolean: 0x01,
  integer: 0x02,
  octetString: 0x04,
  enumerated: 0x0a,
  sequence: 0x30,
  set: 0x31,
} as const;

const LENGTH_OCTETS_MAX = 4;
const INTEGER_OCTETS_MAX = 4;
/** Up to here a loop over the octets is faster than the call into the runtime. */
const SHORT_TEXT_OCTETS_MAX = 16;

/**
 * Returns the number of octets of the message that starts at `start`, or 0 while its header is incomplete.
 * Throws BerError when no message can start so, or when it is longer than `octetsMax`.
 */
export function frameLength(bytes: Uint8Array, start: number, end: number, octetsMax: number): number {
  if (start >= end) return 0;
  if (bytes[start] !== BerTag.sequence) throw new BerError('A message must start with a SEQUENCE.');
  const first = bytes[start + 1];
  if (start + 1 >= end || first === undefined) return 0;
  if (first < 0x80) return checkedLength(2 + first, octetsMax);
  const count = first & 0x7f;
  if (count === 0) throw new BerError('Indefinite lengths are not allowed.');
  if (count > LENGTH_OCTETS_MAX) throw new BerError(`A length has more than ${LENGTH_OCTETS_MAX} octets.`);
  if (start + 2 + count > end) return 0;
  let length = 0;
  for (let index = 0; index < count; index++) length = length * 256 + (bytes[start + 2 + index] ?? 0);
  return checkedLength(2 + count + length, octetsMax);
}

function checkedLength(length: number, octetsMax: number): number {
  if (length > octetsMax) {
    throw new BerError(`A message of ${length} octets is longer than the ${octetsMax} allowed here.`);
  }
  return length;
}

export class BerReader {
  readonly #bytes: Buffer;
  #at: number;
  #end: number;

  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  /** Returns true while the constructed value entered last has more elements. */
  get hasMore(): boolean {
    return this.#at < this.#end;
  }

  /** Returns the next tag, or -1 at the end of the constructed value. */
  peekTag(): number {
    return this.#at < this.#end ? (this.#bytes[this.#at] ?? -1) : -1;
  }

  /** Steps into a constructed value. Returns what `leave` needs. */
  enter(tag: number): number {
    const length = this.#header(tag);
    const outerEnd = this.#end;
    this.#end = this.#at + length;
    return outerEnd;
  }

  /**
   * Steps out. Skips elements that a later version of the protocol added at the end (RFC 4511 §4); they must be
   * well-formed.
   */
  leave(outerEnd: number): void {
    while (this.#at < this.#end) this.skip();
    this.#end = outerEnd;
  }

  skip(): void {
    const length = this.#header(this.peekTag());
    this.#at += length;
  }

  /**
   * Reads an INTEGER between `lowest` and `highest`, inclusive; another number is a protocolError, no BerError. Accepts
   * superfluous leading octets up to four octets in all: some clients write them, although X.690 §8.3.2 forbids it.
   */
  integer(lowest: number, highest: number, tag: number = BerTag.integer): number {
    const length = this.#header(tag);
    if (length === 0 || length > INTEGER_OCTETS_MAX)
      throw new BerError('An INTEGER is too short or too long.');
    const bytes = this.#bytes;
    let value = ((bytes[this.#at] ?? 0) << 24) >> 24;
    for (let index = 1; index < length; index++) value = (value << 8) | (bytes[this.#at + index] ?? 0);
    this.#at += length;
    if (value < lowest || value > highest) {
      // Well-formed, so the request can be answered and the session goes on.
      throw new LdapError('protocolError', `The number ${value} is not between ${lowest} and ${highest}.`);
    }
    return value;
  }

  boolean(tag: number = BerTag.boolean): boolean {
    const length = this.#header(tag);
    if (length !== 1) throw new BerError('A BOOLEAN must have one octet.');
    const value = this.#bytes[this.#at] !== 0;
    this.#at += 1;
    return value;
  }

  /** Reads an OCTET STRING as text (octets.ts). */
  text(tag: number = BerTag.octetString): string {
    const length = this.#header(tag);
    const start = this.#at;
    this.#at += length;
    return length <= SHORT_TEXT_OCTETS_MAX ? this.#shortText(start, length) : this.#longText(start);
  }

  #shortText(start: number, length: number): string {
    let text = '';
    for (let index = start; index < start + length; index++) {
      const octet = this.#bytes[index] ?? 0;
      if (octet >= 0x80) return this.#longText(start);
      text += String.fromCharCode(octet);
    }
    return text;
  }

  #longText(start: number): string {
    const text = this.#bytes.toString('utf8', start, this.#at);
    return text.includes('\uFFFD') ? textFromOctets(this.#bytes.subarray(start, this.#at)) : text;
  }

  /** Checks tag and length, and moves to the content. Returns its length. */
  #header(tag: number): number {
    const bytes = this.#bytes;
    const found = this.peekTag();
    if (found !== tag || (tag & 0x1f) === 0x1f) {
      throw new BerError(`Expected ${formatTag(tag)} and found ${formatTag(found)}.`);
    }
    let at = this.#at + 1;
    const first = at < this.#end ? (bytes[at] ?? 0x80) : 0x80;
    at += 1;
    let length = first;
    if (first >= 0x80) {
      const count = first & 0x7f;
      if (count === 0 || count > LENGTH_OCTETS_MAX || at + count > this.#end) {
        throw new BerError('A length is indefinite, too long or cut short.');
      }
      length = 0;
      for (let index = 0; index < count; index++) length = length * 256 + (bytes[at + index] ?? 0);
      at += count;
    }
    if (length > this.#end - at) throw new BerError('A length reaches beyond what contains it.');
    this.#at = at;
    return length;
  }
}

function formatTag(tag: number): string {
  return tag < 0 ? 'the end' : `tag 0x${tag.toString(16).padStart(2, '0')}`;
}
