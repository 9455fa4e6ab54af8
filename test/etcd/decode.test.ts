// Decoders of etcd's answers, fed with what no member sends.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeHeaderOnly,
  decodeLease,
  decodeLogin,
  decodeRange,
  decodeStatus,
  decodeTransaction,
  decodeWatch,
} from '../../src/etcd/decode.ts';
import { EtcdError } from '../../src/etcd/etcd-error.ts';
import { frameOf, GrpcFrames } from '../../src/etcd/grpc-frames.ts';
import { WireMessage } from '../../src/etcd/wire-fields.ts';
import { headerMessage, valueMessage } from '../support/etcd/scripted-etcd.ts';

const DECODERS: readonly ((octets: Uint8Array) => unknown)[] = [
  ...[decodeHeaderOnly, decodeLease, decodeLogin],
  ...[decodeRange, decodeStatus, decodeTransaction, decodeWatch],
];

const WHOLE = new WireMessage()
  .message(1, headerMessage(9))
  .message(2, valueMessage({ key: 'k', value: 'v', revision: 5 }))
  .message(3, new WireMessage().message(1, new WireMessage().message(1, headerMessage(8))))
  .message(11, new WireMessage().message(2, valueMessage({ key: 'k', value: 'v', revision: 5 })))
  .finish();

/** Calls every decoder; each returns or throws an EtcdError. */
function decodeByAll(octets: Uint8Array): void {
  for (const decode of DECODERS) {
    try {
      decode(octets);
    } catch (error) {
      expect(error).toBeInstanceOf(EtcdError);
      expect(error).toMatchObject({ problem: 'wrong-answer' });
    }
  }
}

describe('decoding', () => {
  it('ends random octets in a message or an error of the client', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => decodeByAll(octets)),
      { numRuns: 500 },
    );
  });

  it('ends a message with a changed, missing or repeated octet in a message or an error of the client', () => {
    const position = fc.nat(WHOLE.length - 1);
    fc.assert(
      fc.property(position, fc.nat(255), fc.nat(3), (at, octet, way) => {
        const octets = [...WHOLE];
        if (way === 0) octets[at] = octet;
        else if (way === 1) octets.splice(at, 1);
        else if (way === 2) octets.splice(at, 0, octet);
        else octets.length = at;
        decodeByAll(Uint8Array.from(octets));
      }),
      { numRuns: 800 },
    );
  });

  it('skips fields that it does not know', () => {
    const more = new WireMessage().int64(900, 5n).text(901, 'new').message(902, headerMessage(3)).finish();
    const range = new WireMessage().message(1, headerMessage(9)).bool(3, true).int64(4, 7).finish();
    expect(decodeRange(Buffer.concat([more, range, more]))).toEqual(decodeRange(range));
    expect(decodeRange(range)).toMatchObject({ hasMore: true, count: 7 });
  });

  it('keeps 64 bits', () => {
    const largest = 2n ** 63n - 1n;
    const header = new WireMessage()
      .int64(1, largest)
      .int64(2, -1n)
      .int64(3, -largest - 1n);
    expect(decodeHeaderOnly(new WireMessage().message(1, header).finish())).toEqual({
      clusterId: largest,
      memberId: 2n ** 64n - 1n,
      revision: -largest - 1n,
    });
  });

  it('refuses a count that no number can hold', () => {
    const octets = new WireMessage().int64(4, 2n ** 60n).finish();
    expect(() => decodeRange(octets)).toThrow('a number is too large');
  });
});

describe('frames', () => {
  it('give back the messages, however their octets come', () => {
    const messages = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 12 });
    fc.assert(
      fc.property(messages, fc.infiniteStream(fc.integer({ min: 1, max: 40 })), (sent, lengths) => {
        const octets = Buffer.concat(sent.map((message) => frameOf(message)));
        const frames = new GrpcFrames();
        const taken: Buffer[] = [];
        for (let at = 0; at < octets.length; ) {
          const length = Number(lengths.next().value);
          for (const message of frames.take(Buffer.from(octets.subarray(at, at + length)))) {
            taken.push(Buffer.from(message));
          }
          at += length;
        }
        expect(taken).toEqual(sent.map((message) => Buffer.from(message)));
      }),
    );
  });

  it('refuse a message at its head', () => {
    const frames = new GrpcFrames(100);
    expect([...frames.take(frameOf(new Uint8Array(100)))]).toHaveLength(1);
    expect(() => [...frames.take(Buffer.from([0, 0, 0, 0, 101]))]).toThrow(
      '101 octets, and 100 are accepted',
    );
  });

  it('take a long message in single octets in linear time', () => {
    const frames = new GrpcFrames();
    const octets = frameOf(Buffer.alloc(300_000, 1));
    let taken = 0;
    for (let at = 0; at < octets.length; at++) {
      taken += [...frames.take(octets.subarray(at, at + 1))].length;
    }
    expect(taken).toBe(1);
  });
});
