// gRPC's frames on an HTTP/2 stream: a flag, a length of four octets, and a message. Compressed messages are refused: nobody asks
// for them.

import { UnfinishedOctets } from '../files/unfinished-octets.ts';
import { EtcdError } from './etcd-error.ts';

const HEAD_OCTETS = 5;
/** A member sends what its peers may store: 1.5 MiB for each value unless it is configured otherwise, and several values. */
const MESSAGE_OCTETS_MAX = 32 * 1024 * 1024;

/** Returns a message in a frame. */
export function frameOf(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(HEAD_OCTETS + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, HEAD_OCTETS);
  return frame;
}

/** Cuts the octets of a stream into messages. Each octet is copied a bounded number of times, however small the pieces are. */
export class GrpcFrames {
  readonly #octetsMax: number;
  readonly #unfinished = new UnfinishedOctets();

  /** @param octetsMax length of the longest message accepted */
  constructor(octetsMax = MESSAGE_OCTETS_MAX) {
    this.#octetsMax = octetsMax;
  }

  /** True while a message is incomplete. */
  get isInMessage(): boolean {
    return this.#unfinished.length > 0;
  }

  /** Yields the messages that this piece completes. Throws EtcdError: `too-much` at the head of a message that is too large. */
  *take(piece: Buffer): Generator<Uint8Array, void> {
    const octets = this.#unfinished.joinedWith(piece);
    let at = 0;
    for (;;) {
      const end = this.#endOf(octets, at);
      if (end > octets.length) break;
      const from = at + HEAD_OCTETS;
      at = end;
      // The memory of a piece is used again when it is joined with the next.
      yield this.#unfinished.length > 0
        ? Buffer.from(octets.subarray(from, end))
        : octets.subarray(from, end);
    }
    this.#unfinished.keep(octets, at);
  }

  /** Returns where the message at `at` ends; infinity while that is not known. */
  #endOf(octets: Buffer, at: number): number {
    if (at + HEAD_OCTETS > octets.length) return Number.POSITIVE_INFINITY;
    if (octets[at] !== 0) {
      throw new EtcdError('wrong-answer', 'The answer is compressed, or it is not one of etcd.');
    }
    const length = octets.readUInt32BE(at + 1);
    if (length > this.#octetsMax) {
      const what = `The answer has ${length} octets, and ${this.#octetsMax} are accepted`;
      throw new EtcdError('too-much', `${what}.`);
    }
    return at + HEAD_OCTETS + length;
  }
}
