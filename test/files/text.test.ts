// Text files: UTF-8 with LF or CRLF, and nothing else; what else it seems to be is said with the line.

import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeText, decodeUtf8, readText, UndecodableFile } from '../../src/files/text.ts';
import { removeFolder } from '../support/folders.ts';

const LINES = 'dn: cn=a\nuser: josé\n';
const FOREIGN: readonly (readonly [name: string, octets: Buffer, words: RegExp])[] = [
  ['ISO-8859-1', Buffer.from(LINES, 'latin1'), /line 2 .*ISO-8859-1.*iconv -f ISO-8859-1/],
  ['Windows-1252', Buffer.concat([Buffer.from('a\nb\n'), Buffer.of(0x93)]), /line 3 .*WINDOWS-1252/],
  [
    'UTF-16LE with a mark',
    Buffer.concat([Buffer.of(0xff, 0xfe), Buffer.from(LINES, 'utf16le')]),
    /be UTF-16LE/,
  ],
  ['UTF-16LE', Buffer.from(LINES, 'utf16le'), /be UTF-16LE/],
  [
    'UTF-16BE with a mark',
    Buffer.concat([Buffer.of(0xfe, 0xff), Buffer.from(LINES, 'utf16le').swap16()]),
    /be UTF-16BE/,
  ],
  ['UTF-16BE', Buffer.from(LINES, 'utf16le').swap16(), /be UTF-16BE/],
  ['UTF-32LE with a mark', Buffer.of(0xff, 0xfe, 0, 0, 0x61, 0, 0, 0), /be UTF-32LE/],
  ['a surrogate', Buffer.of(0x61, 0x0a, 0xed, 0xa0, 0x80), /line 2 /],
  ['line ends of CR alone', Buffer.from('a\rb\r'), /line ends of CR alone/],
  ['a CR inside a line', Buffer.from('a\r\nb\rc\n'), /CR\) in line 2 /],
];

describe('a text file', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'confdit-text-'));
  });

  afterAll(() => removeFolder(folder));

  it.each(FOREIGN)('is refused with its encoding: %s', async (_name, octets, words) => {
    const path = join(folder, 'file');
    await writeFile(path, octets);
    const error = await readText(path).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(UndecodableFile);
    expect(String(error)).toMatch(words);
    expect(String(error)).toContain(path);
  });

  it('loses its byte order mark, and keeps both line ends', () => {
    expect(decodeText(Buffer.from('\uFEFFa\r\nb\n'), 'x')).toBe('a\r\nb\n');
  });

  it('is never changed: it is what its octets say, or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (octets) => {
        const text = decodeUtf8(octets);
        if (text === undefined) expect(() => decodeText(octets, 'x')).toThrow(UndecodableFile);
        else
          expect(Buffer.from(text)).toEqual(
            Buffer.from(octets).subarray(octets.length - Buffer.byteLength(text)),
          );
      }),
    );
  });
});
