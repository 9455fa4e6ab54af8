import { describe, expect, it } from 'vitest';
import { BerWriter } from '../../src/codec/ber-writer.ts';
import {
  readRequestMessage,
  readResponseMessage,
  writeRequestMessage,
  writeResponseMessage,
} from '../../src/codec/message-ber.ts';
import type { ResponseMessage } from '../../src/ldap/message.ts';
import { octetsFromText } from '../../src/ldap/octets.ts';
import { octets } from '../support/ber-bytes.ts';
import { requestSamples, responseSamples } from './sample-messages.ts';

describe('requests', () => {
  it.each(requestSamples)('$title: written as the bytes built by hand', ({ message, bytes }) => {
    const writer = new BerWriter();
    writeRequestMessage(writer, message);
    expect(writer.take().toString('hex')).toBe(bytes.toString('hex'));
  });

  it.each(requestSamples)('$title: read from the bytes built by hand', ({ message, bytes }) => {
    expect(readRequestMessage(bytes, 0, bytes.length)).toEqual(message);
  });
});

describe('responses', () => {
  it.each(responseSamples)('$title: written as the bytes built by hand', ({ message, bytes }) => {
    const writer = new BerWriter();
    writeResponseMessage(writer, message);
    expect(writer.take().toString('hex')).toBe(bytes.toString('hex'));
  });

  it.each(responseSamples)('$title: read from the bytes built by hand', ({ message, bytes }) => {
    expect(plain(readResponseMessage(bytes, 0, bytes.length))).toEqual(plain(message));
  });
});

describe('the writer', () => {
  it.each([0, 1, 23, 24, 25, 126, 127, 128, 254, 255, 256, 65_534, 65_535, 65_536, 16_777_215, 16_777_216])(
    'writes %i octets with the shortest length',
    (length) => {
      const text = 'x'.repeat(length);
      const writer = new BerWriter();
      writer.text(text);
      const start = writer.begin(0x30);
      writer.text(text);
      writer.end(start);
      const inner = octets(text);
      const written = writer.take();
      expect(written.equals(Buffer.concat([inner, octets(inner, 0x30)]))).toBe(true);
    },
  );

  it('keeps what was taken apart from what is written later', () => {
    const writer = new BerWriter();
    const taken: Buffer[] = [];
    const copies: Buffer[] = [];
    for (let index = 0; index < 500; index++) {
      writer.text(String(index).padEnd(index * 3, 'x'));
      const bytes = writer.take();
      taken.push(bytes);
      copies.push(Buffer.from(bytes));
    }
    expect(Buffer.concat(taken).equals(Buffer.concat(copies))).toBe(true);
  });

  it('writes octets that are not UTF-8 as they are', () => {
    const writer = new BerWriter();
    const text = `${'ä'.repeat(100)}\uDCFF\uDC80`;
    writer.text(text);
    expect(writer.take().equals(octets(octetsFromText(text)))).toBe(true);
  });
});

/** An entry remembers the bytes it was written as, which are no part of its value. */
function plain({ id, operation, controls }: ResponseMessage): object {
  if (operation.type !== 'searchResultEntry') return { id, operation, controls };
  const { dn, attributes } = operation.entry;
  return { id, dn: dn.toString(), attributes, controls };
}
