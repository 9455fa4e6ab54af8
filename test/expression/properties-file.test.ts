import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseProperties } from '../../src/expression/properties-file.ts';

const CASES: readonly (readonly [text: string, entries: (readonly [string, string])[]])[] = [
  ['a=b', [['a', 'b']]],
  ['a:b', [['a', 'b']]],
  ['a b', [['a', 'b']]],
  ['a = b ', [['a', 'b ']]],
  ['  a\t:\f b=c', [['a', 'b=c']]],
  ['a', [['a', '']]],
  ['a=', [['a', '']]],
  ['a==b', [['a', '=b']]],
  ['a = = b', [['a', '= b']]],
  ['# c\n ! d\n\n \t\na=b', [['a', 'b']]],
  ['# c\\\na=b', [['a', 'b']]],
  ['a=b#c', [['a', 'b#c']]],
  [
    'a=1\r\nb=2\rc=3',
    [
      ['a', '1'],
      ['b', '2'],
      ['c', '3'],
    ],
  ],
  ['a=1,\\\n   2,\\\n\t3', [['a', '1,2,3']]],
  [
    'a=1\\\\\nb=2',
    [
      ['a', '1\\'],
      ['b', '2'],
    ],
  ],
  ['a=1\\\\\\\n2', [['a', '1\\2']]],
  ['a=1\\\n# 2', [['a', '1# 2']]],
  [
    'a=1\\\n\nb=2',
    [
      ['a', '1'],
      ['b', '2'],
    ],
  ],
  ['\\\n\n#x\na=1', [['a', '1']]],
  ['a=1\\', [['a', '1']]],
  ['a\\ b\\:c\\=d = e', [['a b:c=d', 'e']]],
  ['a=\\t\\n\\r\\f\\\\\\z\\"', [['a', '\t\n\r\f\\z"']]],
  ['a=\\u00e4\\uD83D\\ude00\\u0041B', [['a', 'ä😀AB']]],
  ['a=\\\\u00e4', [['a', '\\u00e4']]],
  ['a=ä😀', [['a', 'ä😀']]],
  ['a=$<b|c>', [['a', '$<b|c>']]],
  ['a=\\\\$<b>', [['a', '\\$<b>']]],
  ['=x', [['', 'x']]],
  ['', []],
];

describe('a .properties file', () => {
  it.each(CASES)('%j', (text, entries) => {
    const contents = parseProperties(text);
    expect(contents.problems).toEqual([]);
    expect(contents.entries.map(({ token, content }) => [token, content])).toEqual(entries);
  });

  it('counts lines from the first of a continued one', () => {
    const { entries } = parseProperties('# x\na=1\\\n2\r\n\r\nb=3\na=4');
    expect(entries.map(({ token, line }) => [token, line])).toEqual([
      ['a', 2],
      ['b', 5],
      ['a', 6],
    ]);
  });

  it.each(['a=\\u12', 'a=\\uZZZZ', '\\u=b'])('%j is a problem without its value', (text) => {
    expect(parseProperties(`x=y\n${text}`).problems).toEqual([
      { line: 2, what: 'has \\u without four hexadecimal digits' },
    ]);
  });

  it('reads back what was escaped', () => {
    const escaped = (text: string) =>
      text.replace(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', minLength: 1 }),
        fc.string({ unit: 'binary' }),
        (key, value) => {
          const { entries } = parseProperties(`${escaped(key)}=${escaped(value)}`);
          expect(entries).toMatchObject([{ token: key, content: value }]);
        },
      ),
    );
  });

  it.each([
    ['keys', 'a\\ '.repeat(300_000)],
    ['blanks', `a${' '.repeat(1_000_000)}`],
    ['backslashes', '\\'.repeat(1_000_000)],
    ['continuations', 'a\\\n'.repeat(300_000)],
    ['escapes', `a=${'\\n'.repeat(500_000)}`],
    ['lines', '\n'.repeat(1_000_000)],
  ])('reads a megabyte of %s, which nothing that is not linear would', (_, text) => {
    parseProperties(text);
  });
});
