// LDIF that is wrong in several places: everything is told with its line, and the rest is read.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LdifError } from '../../src/codec/ldif-error.ts';
import { LdifReader, type LdifReaderOptions, readLdif, readLdifPieces } from '../../src/codec/ldif-reader.ts';
import type { LdifRecord } from '../../src/codec/ldif-record.ts';
import { dnOfChange } from '../../src/ldap/change.ts';
import { textFromOctets } from '../../src/ldap/octets.ts';

interface Reading {
  readonly names: readonly string[];
  readonly lines: readonly number[];
}

function nameOf(record: LdifRecord): string {
  return (record.type === 'content' ? record.entry.dn : dnOfChange(record.change)).toString();
}

async function read(pieces: readonly Buffer[], options: LdifReaderOptions = {}): Promise<Reading> {
  const names: string[] = [];
  const errors: LdifError[] = [];
  async function* all(): AsyncGenerator<Buffer, void> {
    yield* pieces;
  }
  for await (const records of readLdifPieces(all(), { ...options, wrong: (error) => errors.push(error) }))
    names.push(...records.map(nameOf));
  return { names, lines: errors.map(({ line }) => line) };
}

const WRONG = Buffer.concat([
  Buffer.from('version: 1\n\ndn: cn=a\ncn: a\n\n'), // 1–5
  Buffer.from('dn: cn=b\nno colon\n\n'), // 6–8
  Buffer.from('dn: cn=c\r\ncn:: ***\r\n\r\n'), // 9–11
  Buffer.from('cn: nobody\n\n'), // 12–13
  Buffer.from('dn: cn=d\ndescription: '), // 14–15
  Buffer.from([0xff, 0xfe]),
  Buffer.from('\n\n# a comment\n that goes on\ndn: cn=ü\ncn: ü\n\n'), // 16–21
  Buffer.from('dn: cn=e\nchangetype: rename\n\n dn: cn=f\n\ndn: cn=g\nchangetype: delete\n'), // 22–28
]);
const WRONG_LINES = [7, 10, 12, 15, 23, 25];
const RIGHT_NAMES = ['cn=a', 'cn=ü', 'cn=g'];

describe('LDIF with several mistakes', () => {
  it('is read to its end, and every mistake is told with its line', async () => {
    expect(await read([WRONG])).toEqual({ names: RIGHT_NAMES, lines: WRONG_LINES });
  });

  it('tells every wrong line of one entry with its column, and the first of a change', () => {
    const told = (text: string) => {
      const places: (readonly [line: number, column: number])[] = [];
      const reader = new LdifReader({ wrong: ({ line, column }) => void places.push([line, column]) });
      expect([...reader.push(text), ...reader.end()]).toEqual([]);
      return places.toSorted(([one], [other]) => one - other);
    };
    const lines = ['dn: x', 'no colon', '1x: y', 'cn:: AA!A', 'cn:< file:///x', 'dn: cn=b', 'a\0b', 'cn:: %'];
    expect(told(`${lines.join('\n')}\n`)).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
      [4, 8],
      [5, 6],
      [6, 1],
      [7, 1],
      [8, 6],
    ]);
    expect(told('dn: cn=a\nchangetype: modify\nnonsense: x\ncn:: %\n')).toEqual([[3, 1]]);
  });

  it('is the same in whatever pieces it comes', async () => {
    const cuts = fc.uniqueArray(fc.nat(WRONG.length), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(cuts, async (places) => {
        const bounds = [0, ...places.toSorted((one, other) => one - other), WRONG.length];
        const pieces = bounds.slice(1).map((end, index) => WRONG.subarray(bounds[index], end));
        expect(await read(pieces)).toEqual({ names: RIGHT_NAMES, lines: WRONG_LINES });
      }),
    );
  });

  it('never throws, whatever the octets are, and names lines that there are', async () => {
    const part = fc.oneof(
      fc.uint8Array({ maxLength: 12 }),
      fc
        .constantFrom(
          'dn: cn=a\n',
          'dn: ',
          '\n',
          '\r\n',
          ' ',
          'changetype: modify\n',
          '-\n',
          'cn:< file:///x\n',
        )
        .map((text) => Buffer.from(text)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 30 }), async (parts) => {
        const octets = Buffer.concat(parts);
        const { lines } = await read([octets]);
        const count = octets.toString('latin1').split('\n').length;
        for (const line of lines) expect(line >= 1 && line <= count + 1, String(line)).toBe(true);
      }),
    );
  });

  it('tells a line and a record that are too long, and reads what comes after them', async () => {
    const text = `dn: cn=a\ncn: ${'x'.repeat(300)}\n\ndn: cn=b\n${'cn: 0123456789\n'.repeat(30)}\ndn: cn=c\ncn: c\n`;
    const reading = await read([Buffer.from(text)], { recordCharactersMax: 200 });
    expect(reading.names).toEqual(['cn=c']);
    expect(reading.lines[0]).toBe(2);
    expect(reading.lines).toHaveLength(2);
  });

  it('holds no more of an endless line than is allowed', async () => {
    const piece = Buffer.alloc(64 * 1024, 'x');
    const reading = await read([Buffer.from('dn: cn='), ...Array.from({ length: 64 }, () => piece)], {
      recordCharactersMax: 100_000,
    });
    expect(reading.names).toEqual([]);
    expect(reading.lines.every((line) => line === 1)).toBe(true);
    expect(reading.lines.length).toBeGreaterThan(0);
  });

  it('knows what ldapsearch prints after the entries', () => {
    const told: string[] = [];
    const text =
      '# result\n\ndn: cn=a\ncn: a\n\n# search result\nsearch: 2\nresult: 0 Success\n\n# numEntries: 1\n';
    expect(readLdif(text, { wrong: ({ message }) => told.push(message) })).toHaveLength(1);
    expect(told).toEqual([expect.stringMatching(/^Line 7: .*use ldapsearch -LLL/)]);
  });

  it('ends at the first mistake where nobody wants to be told of the others', () => {
    expect(() => new LdifReader().push('dn: cn=a\nno colon\n\n')).toThrow(/^Line 2: /);
  });
});

describe('a text in another encoding', () => {
  const LINES = 'dn: cn=é\nsn: b\n\ndn: cn=c\n';
  it.each([
    ['ISO-8859-1', Buffer.from(LINES, 'latin1'), /line 1: .*ISO-8859-1/i],
    ['Windows-1252', Buffer.concat([Buffer.from('dn: cn='), Buffer.of(0x93)]), /WINDOWS-1252/],
    ['UTF-16LE', Buffer.from(LINES, 'utf16le'), /^Line 1: The text is not UTF-8; it seems to be UTF-16LE/],
    ['UTF-16BE', Buffer.from(`\uFEFF${LINES}`, 'utf16le').swap16(), /it seems to be UTF-16BE/],
    ['line ends of CR alone', Buffer.from('dn: cn=a\rsn: b\r'), /^Line 1: .*carriage return/],
    ['a CR in a value', Buffer.from('dn: cn=a\r\nsn: a\rb\r\n'), /^Line 2: .*carriage return/],
  ])('is told once: %s', (_name, octets, words) => {
    const told: string[] = [];
    readLdif(textFromOctets(octets), { wrong: ({ message }) => told.push(message) });
    expect(told).toEqual([expect.stringMatching(words)]);
  });
});
