import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BerError, frameLength } from '../../src/codec/ber-reader.ts';
import { readRequestMessage, readResponseMessage } from '../../src/codec/message-ber.ts';
import { LdapError } from '../../src/ldap/ldap-error.ts';
import { tlv } from '../support/ber-bytes.ts';
import { elementsOf } from '../support/ber-element.ts';
import { requestSamples, responseSamples } from './sample-messages.ts';

const OCTETS_MAX = 0x7fffffff;

type Read = (bytes: Buffer, start: number, end: number) => unknown;

const kinds: readonly { kind: string; read: Read; samples: readonly { title: string; bytes: Buffer }[] }[] = [
  { kind: 'a request', read: readRequestMessage, samples: requestSamples },
  { kind: 'a response', read: readResponseMessage, samples: responseSamples },
];

describe.each(kinds)('$kind', ({ read, samples }) => {
  it.each(samples)('$title: cut short at every byte, is incomplete', ({ bytes }) => {
    for (let end = 0; end < bytes.length; end++) {
      const length = frameLength(bytes, 0, end, OCTETS_MAX);
      expect(length === 0 || length === bytes.length, `cut at ${end}: ${length}`).toBe(true);
      // Bytes behind the cut belong to nobody: they must not complete the message.
      expect(frameLength(Buffer.concat([bytes.subarray(0, end), Buffer.alloc(9)]), 0, end, OCTETS_MAX)).toBe(
        length,
      );
      expect(() => read(bytes, 0, end), `cut at ${end}`).toThrow(BerError);
    }
    expect(frameLength(bytes, 0, bytes.length, OCTETS_MAX)).toBe(bytes.length);
  });

  it.each(samples)('$title: cut short inside of its frame, is refused or a whole message', ({ bytes }) => {
    const [{ content } = { content: Buffer.alloc(0) }] = elementsOf(bytes);
    const ends = wholeElementEnds(content);
    for (let end = 0; end < content.length; end++) {
      const outcome = outcomeOf(read, tlv(0x30, content.subarray(0, end)));
      // After the operation the controls may be missing, and nothing else.
      if (!ends.includes(end)) expect(outcome, `cut at ${end}`).toBe('refused');
    }
  });

  it('with bytes changed at random is read or refused', () => {
    const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(
        fc.constantFrom(...samples),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        (sample, changes) => {
          const bytes = Buffer.from(sample.bytes);
          for (const [at, octet] of changes) bytes[at % bytes.length] = octet;
          outcomeOf(read, bytes);
          outcomeOfFrame(bytes);
        },
      ),
      { numRuns: 20_000 },
    );
  });

  it('with every byte changed to what matters in BER is read or refused', () => {
    const octets = [
      0x00, 0x01, 0x02, 0x04, 0x0a, 0x1f, 0x30, 0x31, 0x7f, 0x80, 0x81, 0x84, 0xa0, 0xa3, 0xbf, 0xff,
    ];
    for (const sample of samples) {
      for (let at = 0; at < sample.bytes.length; at++) {
        for (const octet of octets) {
          const bytes = Buffer.from(sample.bytes);
          bytes[at] = octet;
          outcomeOf(read, bytes);
        }
      }
    }
  });

  it('of random bytes in a frame is read or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.constantFrom(...samples), (content, { bytes }) => {
        outcomeOf(read, tlv(0x30, content));
        outcomeOf(read, tlv(0x30, Buffer.from([2, 1, 1, bytes[5] ?? 0, content.length]), content));
        outcomeOfFrame(Buffer.from(content));
      }),
      { numRuns: 5000 },
    );
  });
});

/** What reading comes to; anything thrown that is not an answer to the client fails the test. */
function outcomeOf(read: Read, bytes: Buffer): 'read' | 'refused' {
  let message: unknown;
  try {
    message = read(bytes, 0, bytes.length);
  } catch (error) {
    if (error instanceof LdapError) return 'refused';
    throw error;
  }
  const { operation } = message as { operation: { type: string } };
  return operation.type === 'invalidRequest' ? 'refused' : 'read';
}

function outcomeOfFrame(bytes: Buffer): void {
  try {
    const length = frameLength(bytes, 0, bytes.length, OCTETS_MAX);
    expect(length).toBeGreaterThanOrEqual(0);
  } catch (error) {
    if (!(error instanceof BerError)) throw error;
  }
}

/** Where an element of the content ends. */
function wholeElementEnds(content: Buffer): number[] {
  let end = 0;
  return elementsOf(content).map((element) => {
    const size = tlv(element.tag, element.content).length;
    end += size;
    return end;
  });
}
