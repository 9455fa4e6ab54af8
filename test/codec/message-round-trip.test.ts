import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frameLength } from '../../src/codec/ber-reader.ts';
import { BerWriter } from '../../src/codec/ber-writer.ts';
import {
  readRequestMessage,
  readResponseMessage,
  writeRequestMessage,
  writeResponseMessage,
} from '../../src/codec/message-ber.ts';
import { Dn } from '../../src/ldap/dn.ts';
import { Attribute, Entry } from '../../src/ldap/entry.ts';
import { octetsFromText, textFromOctets } from '../../src/ldap/octets.ts';
import { anyRequest, anyResponse } from './arbitrary-messages.ts';

const OCTETS_MAX = 0x7fffffff;

describe('any message', () => {
  it('that is a request reads as it was written', () => {
    const writer = new BerWriter();
    fc.assert(
      fc.property(anyRequest, (message) => {
        writeRequestMessage(writer, message);
        const bytes = writer.take();
        expect(frameLength(bytes, 0, bytes.length, OCTETS_MAX)).toBe(bytes.length);
        expect(readRequestMessage(bytes, 0, bytes.length)).toEqual(message);
      }),
      { numRuns: 1000 },
    );
  });

  it('that is a response reads as it was written', () => {
    const writer = new BerWriter();
    fc.assert(
      fc.property(anyResponse, (message) => {
        writeResponseMessage(writer, message);
        const bytes = writer.take();
        expect(frameLength(bytes, 0, bytes.length, OCTETS_MAX)).toBe(bytes.length);
        expect(readResponseMessage(bytes, 0, bytes.length)).toEqual(message);
      }),
      { numRuns: 1000 },
    );
  });

  it('is found in the middle of others', () => {
    fc.assert(
      fc.property(fc.array(anyRequest, { minLength: 1, maxLength: 5 }), (messages) => {
        const writer = new BerWriter();
        for (const message of messages) writeRequestMessage(writer, message);
        const bytes = writer.take();
        let at = 0;
        for (const message of messages) {
          const length = frameLength(bytes, at, bytes.length, OCTETS_MAX);
          expect(readRequestMessage(bytes, at, at + length)).toEqual(message);
          at += length;
        }
        expect(at).toBe(bytes.length);
      }),
    );
  });
});

describe('search result entries', () => {
  it.each([1, 100, 200, 70_000])(
    'of %i octets read as they were written, the first time and later',
    (size) => {
      const entry = new Entry(Dn.parse('cn=a'), [new Attribute('cn', ['x'.repeat(size), '\uDCFFä'])]);
      const writer = new BerWriter();
      for (const id of [0, 1, 128, 40_000, 0x7fffffff]) {
        for (const controls of [[], [{ oid: '1.2', criticality: false, value: undefined }]]) {
          writeResponseMessage(writer, { id, operation: { type: 'searchResultEntry', entry }, controls });
          const bytes = writer.take();
          const read = readResponseMessage(bytes, 0, bytes.length);
          expect(read).toMatchObject({
            id,
            controls,
            operation: { entry: { attributes: entry.attributes } },
          });
        }
      }
    },
  );
});

describe('octets as text', () => {
  it('come back as they were', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (octets) => {
        expect(Buffer.from(octetsFromText(textFromOctets(octets))).equals(Buffer.from(octets))).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
