// What one writer hands out belongs to those it was handed to, until they say that they are done with it.

import { describe, expect, it } from 'vitest';
import { BerWriter } from '../../src/codec/ber-writer.ts';

function written(writer: BerWriter, text: string): Buffer {
  writer.makeRoom();
  writer.text(text);
  return writer.take();
}

describe('what was taken from a writer', () => {
  it('stays as it is when what was taken after it is written over', () => {
    const writer = new BerWriter();
    const kept = written(writer, 'of a client that reads slowly');
    writer.leave();
    const before = Buffer.from(kept);
    for (let round = 0; round < 10_000; round++) {
      written(writer, `of another client, round ${round}`);
      writer.rewind();
    }
    expect(kept.equals(before)).toBe(true);
  });

  it('stays as it is however much is written after it', () => {
    const writer = new BerWriter();
    const pieces = Array.from({ length: 3000 }, (_, index) => {
      const text = `${index} ${'x'.repeat(index % 700)}`;
      return { text, taken: written(writer, text) };
    });
    for (const { text, taken } of pieces) expect(taken.toString('utf8').endsWith(text)).toBe(true);
  });

  it('is written over after a rewind, in the same memory', () => {
    const writer = new BerWriter();
    const first = written(writer, 'first');
    writer.rewind();
    const second = written(writer, 'other');
    expect(second.buffer).toBe(first.buffer);
    expect(second.byteOffset).toBe(first.byteOffset);
  });

  it('is written over together with all that was taken since', () => {
    const writer = new BerWriter();
    const first = written(writer, 'first');
    written(writer, 'second');
    writer.rewind();
    expect(written(writer, 'third').byteOffset).toBe(first.byteOffset);
  });
});
