// Cuts the octets of a server into messages and reads them (RFC 4511 §4.1.1). Each octet is copied a bounded number of
// times, even if it arrives in small pieces.

import { frameLength } from '../codec/ber-reader.ts';
import { readResponseMessage } from '../codec/message-ber.ts';
import { UnfinishedOctets } from '../files/unfinished-octets.ts';
import type { ResponseMessage } from '../ldap/message.ts';

export interface FramedAnswer {
  readonly message: ResponseMessage;
  /** The length of the message. */
  readonly octets: number;
}

export class AnswerFrames {
  readonly #octetsMax: number;
  readonly #unfinished = new UnfinishedOctets();

  /** @param octetsMax length of the longest message accepted. */
  constructor(octetsMax: number) {
    this.#octetsMax = octetsMax;
  }

  /** True while a message is incomplete. */
  get isInMessage(): boolean {
    return this.#unfinished.length > 0;
  }

  /**
   * Yields the messages that this piece completes, each read on demand. Throws LdapError for malformed octets; the
   * connection cannot continue then.
   */
  *take(piece: Buffer): Generator<FramedAnswer, void> {
    const bytes = this.#unfinished.joinedWith(piece);
    let at = 0;
    for (;;) {
      const octets = frameLength(bytes, at, bytes.length, this.#octetsMax);
      if (octets === 0 || at + octets > bytes.length) break;
      const message = readResponseMessage(bytes, at, at + octets);
      at += octets;
      yield { message, octets };
    }
    this.#unfinished.keep(bytes, at);
  }
}
