import { describe, expect, it } from 'vitest';
import { ResponseCounter, UnexpectedAnswer } from '../../bench/response-counter.ts';
import { attribute, enumerated, message, octets, sequence, tlv } from '../support/ber-bytes.ts';

function done(id: number, code = 0, text = ''): Buffer {
  return message(id, tlv(0x65, enumerated(code), octets(''), octets(text)));
}

function entry(id: number, valueLength: number): Buffer {
  const attributes = sequence(attribute('cn', ['x'.repeat(valueLength)]));
  return message(id, tlv(0x64, octets('cn=mail 0001,cn=config'), attributes));
}

function feed(counter: ResponseCounter, chunks: readonly Uint8Array[]): number {
  let sum = 0;
  // The load generator reads into one buffer again and again, so every chunk is overwritten once it is read.
  const buffer = Buffer.alloc(100_000);
  for (const chunk of chunks) {
    buffer.set(chunk);
    sum += counter.read(buffer, chunk.length);
    buffer.fill(0xff);
  }
  return sum;
}

const answers = [
  entry(300, 5),
  done(300),
  entry(301, 200),
  entry(301, 70_000),
  done(301),
  done(40_000),
  done(302),
];
const stream = Buffer.concat(answers);

describe('ResponseCounter', () => {
  it('counts entries and final answers of one chunk', () => {
    const counter = new ResponseCounter(0);
    expect(feed(counter, [stream])).toBe(4);
    expect(counter.entries).toBe(3);
  });

  it('counts the same wherever the stream is cut in two', () => {
    const short = Buffer.concat([entry(300, 5), entry(301, 200), done(300), done(301)]);
    for (let cut = 0; cut <= short.length; cut += 1) {
      const counter = new ResponseCounter(0);
      const finals = feed(counter, [short.subarray(0, cut), short.subarray(cut)]);
      expect([cut, finals, counter.finals, counter.entries]).toEqual([cut, 2, 2, 2]);
    }
  });

  it('counts the same byte by byte', () => {
    const counter = new ResponseCounter(0);
    const bytes = Array.from(stream.subarray(0, 2000), (byte) => Uint8Array.of(byte));
    expect(feed(counter, [...bytes, stream.subarray(2000)])).toBe(4);
    expect(counter.entries).toBe(3);
  });

  it('expects the code of a compare', () => {
    const counter = new ResponseCounter(6);
    expect(feed(counter, [message(300, tlv(0x6f, enumerated(6), octets(''), octets('')))])).toBe(1);
  });

  it('tells the text of a refusal', () => {
    const counter = new ResponseCounter(0);
    expect(() => feed(counter, [done(300, 53, 'not while it rains')])).toThrow(
      /code 53 .* not while it rains/,
    );
  });

  it('takes nothing else than LDAP', () => {
    expect(() => feed(new ResponseCounter(0), [Buffer.from('HTTP/1.1 400')])).toThrow(UnexpectedAnswer);
  });
});
