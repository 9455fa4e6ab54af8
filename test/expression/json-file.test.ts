import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJsonFile } from '../../src/expression/json-file.ts';
import { JsonError, type JsonNode, parseJson } from '../../src/expression/json-text.ts';

function tokens(text: string): unknown[] {
  const { entries, problems } = parseJsonFile(text);
  expect(problems).toEqual([]);
  return entries.map(({ token, content }) => [token, content]);
}

/** What JSON.parse gives, with every scalar but null as text. */
function plainValue(node: JsonNode): unknown {
  if (node.kind === 'text') return node.text;
  if (node.kind === 'null') return null;
  if (node.kind === 'list') return node.items.map(plainValue);
  return Object.fromEntries(node.members.map(([key, value]) => [key, plainValue(value)]));
}

function asTexts(value: unknown): unknown {
  if (value === null || typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(asTexts);
  if (typeof value !== 'object') return JSON.stringify(value);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, asTexts(member)]));
}

describe('a JSON expression file', () => {
  it.each([
    ['{}', []],
    ['{"a": "b"}', [['a', 'b']]],
    [
      '{"smtp": {"host": "h", "tls": {"on": true}}, "x": false}',
      [
        ['smtp.host', 'h'],
        ['smtp.tls.on', 'true'],
        ['x', 'false'],
      ],
    ],
    [
      '{"a.b": 1, "a": {"c": 2}}',
      [
        ['a.b', '1'],
        ['a.c', '2'],
      ],
    ],
    [
      '{"a": 8.10, "b": 12345678901234567890, "c": -1e5}',
      [
        ['a', '8.10'],
        ['b', '12345678901234567890'],
        ['c', '-1e5'],
      ],
    ],
    [
      '{"a": ["x", 1, true], "b": []}',
      [
        ['a', ['x', '1', 'true']],
        ['b', []],
      ],
    ],
    ['{"a": "\\u00e4\\n\\"\\/"}', [['a', 'ä\n"/']]],
    ['{"__proto__": {"a": "b"}}', [['__proto__.a', 'b']]],
    [' \r\n\t{ "a" : "b" }\n', [['a', 'b']]],
  ])('%s', (text, entries) => {
    expect(tokens(text)).toEqual(entries);
  });

  it('knows the line of every token and keeps those that stand twice', () => {
    const { entries } = parseJsonFile('{\n"a": 1,\n\n"a":\n2, "b": {"c": 3}}');
    expect(entries.map(({ token, line }) => [token, line])).toEqual([
      ['a', 2],
      ['a', 5],
      ['b.c', 5],
    ]);
  });

  it.each([
    ['', 1, 'is not JSON: expected a value at the end of the file'],
    ['[]', 1, 'is not a JSON object like {"smtp": {"host": "mail"}}'],
    ['"canary"', 1, 'is not a JSON object like {"smtp": {"host": "mail"}}'],
    ['{"a": "canary"', 1, 'is not JSON: expected "," or "}" at the end of the file'],
    ['{"a": "canary}', 1, 'is not JSON: expected a closing quotation mark'],
    [
      '{"a":\n"ca\tnary"}',
      2,
      'is not JSON: expected a string without control characters and with right escapes',
    ],
    ['{"a": canary}', 1, 'is not JSON: expected a value'],
    ['{"a": 01}', 1, 'is not JSON: expected "," or "}"'],
    ['{"a": 1,}', 1, 'is not JSON: expected a key in quotation marks'],
    ['{"a" 1}', 1, 'is not JSON: expected ":"'],
    ['{"a": [1 2]}', 1, 'is not JSON: expected "," or "]"'],
    ['{}\n canary', 2, 'is not JSON: expected nothing more'],
    [
      '{"a": [{}]}',
      1,
      'has an object in the list of a; write a text, a number, true, false, or a list of these',
    ],
    [
      '{"a": [[]]}',
      1,
      'has a list in the list of a; write a text, a number, true, false, or a list of these',
    ],
    [`{"${'k'.repeat(300)}": 1}`, 1, 'has a token of more than 256 characters'],
    [`${'{"a":'.repeat(100_000)}`, 1, 'is nested deeper than 32 levels'],
    [`{"a":${'['.repeat(100_000)}`, 1, 'is nested deeper than 32 levels'],
  ])('%.40s', (text, line, what) => {
    expect(parseJsonFile(text).problems).toEqual([{ line, what }]);
  });

  it('is nested to the limit, lists and objects alike', () => {
    const lists = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
    const objects = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
    for (const nested of [lists, objects]) {
      expect(() => parseJson(nested(31))).not.toThrow();
      expect(() => parseJson(nested(40))).toThrow('is nested deeper than 32 levels');
    }
  });

  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.boolean(), (value, isIndented) => {
        const text = JSON.stringify(value, null, isIndented ? 2 : 0);
        expect(plainValue(parseJson(text))).toEqual(asTexts(JSON.parse(text)));
      }),
    );
  });

  it('refuses what JSON.parse refuses', () => {
    const soup = fc.string({
      unit: fc.constantFrom(
        '{',
        '}',
        '[',
        ']',
        ':',
        ',',
        '"',
        '\\',
        'a',
        '0',
        '1',
        '-',
        '.',
        'e',
        'null',
        'true',
        ' ',
        '\n',
        '\u0001',
      ),
      maxLength: 12,
    });
    const accepts = (parse: (text: string) => unknown, text: string) => {
      try {
        parse(text);
        return true;
      } catch (error) {
        expect(error instanceof JsonError || error instanceof SyntaxError).toBe(true);
        return false;
      }
    };
    fc.assert(
      fc.property(
        fc.oneof(
          soup,
          soup.map((text) => `{"a":${text}}`),
          soup.map((text) => `"${text}"`),
        ),
        (text) => {
          expect(accepts(parseJson, text)).toBe(accepts(JSON.parse, text));
        },
      ),
      { numRuns: 3000 },
    );
  });

  it.each([
    ['escapes', `{"a":"${'\\n'.repeat(500_000)}"}`],
    ['members', `{${'"a":1,'.repeat(150_000)}"a":1}`],
    ['backslashes', `{"${'\\'.repeat(1_000_000)}`],
    ['quotation marks', '"'.repeat(1_000_000)],
    ['long keys', `{"${'k'.repeat(500_000)}":{${'"a":1,'.repeat(80_000)}"a":1}}`],
    ['digits', `{"a":${'9'.repeat(1_000_000)}}`],
  ])('reads a megabyte of %s, which nothing that is not linear would', (_, text) => {
    parseJsonFile(text);
  });
});
