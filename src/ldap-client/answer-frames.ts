// Cuts the octets of a server into messages and reads them (RFC 4511 §4.1.1). Each octet is copied a bounded number of
// times, even if it arrives in small pieces.

import { frameLength } from '../codec/ber-reader.ts';
import { readResponseMessage } from '../codec/message-ber.ts';
import type { ResponseMessage } from '../ldap/message.ts';

const NOTHING: Buffer = Buffer.alloc(0);
const HELD_OCTETS_MIN = 4096;

export interface FramedAnswer {
  readonly message: ResponseMessage;
  /** The length of the message. */
  readonly octets: number;
}

export class AnswerFrames {
  readonly #octetsMax: number;
  /** The beginning of an incomplete message. */
  #held: Buffer = NOTHING;
  #heldOctets = 0;

  /** @param octetsMax length of the longest message accepted. */
  constructor(octetsMax: number) {
    this.#octetsMax = octetsMax;
  }

  /** True while a message is incomplete. */
  get isInMessage(): boolean {
    return this.#heldOctets > 0;
  }

  /**
   * Yields the messages that this piece completes, each read on demand. Throws LdapError for malformed octets; the
   * connection cannot continue then.
   */
  *take(piece: Buffer): Generator<FramedAnswer, void> {
    const bytes = this.#joined(piece);
    let at = 0;
    for (;;) {
      const octets = frameLength(bytes, at, bytes.length, this.#octetsMax);
      if (octets === 0 || at + octets > bytes.length) break;
      const message = readResponseMessage(bytes, at, at + octets);
      at += octets;
      yield { message, octets };
    }
    this.#hold(bytes, at);
  }

  #joined(piece: Buffer): Buffer {
    if (this.#heldOctets === 0) return piece;
    const octets = this.#heldOctets + piece.length;
    if (octets > this.#held.length) {
      const larger = Buffer.allocUnsafeSlow(2 * octets);
      larger.set(this.#held.subarray(0, this.#heldOctets));
      this.#held = larger;
    }
    this.#held.set(piece, this.#heldOctets);
    this.#heldOctets = octets;
    return this.#held.subarray(0, octets);
  }

  #hold(bytes: Buffer, from: number): void {
    const isHeldAlready = from === 0 && this.#heldOctets > 0;
    if (isHeldAlready) return;
    const rest = bytes.subarray(from);
    this.#heldOctets = rest.length;
    if (rest.length === 0) {
      this.#held = NOTHING;
      return;
    }
    const held = Buffer.allocUnsafeSlow(Math.max(rest.length, HELD_OCTETS_MIN));
    held.set(rest);
    this.#held = held;
  }
}
