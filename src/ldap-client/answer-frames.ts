// Cuts what comes from a server into messages and reads them (RFC 4511 §4.1.1). Each octet is copied a bounded number of
// times, however small the pieces are that it comes in.

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
  /** The beginning of a message that is not all there. */
  #held: Buffer = NOTHING;
  #heldOctets = 0;

  /** @param octetsMax the longest message that is read. */
  constructor(octetsMax: number) {
    this.#octetsMax = octetsMax;
  }

  /** Whether part of a message is there. */
  get isInMessage(): boolean {
    return this.#heldOctets > 0;
  }

  /**
   * The messages that are whole with this piece, each as it is asked for. Throws LdapError when they are none, and then
   * the connection cannot go on.
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
