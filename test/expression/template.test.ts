import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEPTH_MAX, LOOKUPS_MAX } from '../../src/expression/limits.ts';
import {
  escapeExpression,
  formatExpression,
  hasExpression,
  type Part,
  parseTemplate,
} from '../../src/expression/template.ts';

/** Parts without positions: an expression is [kind, name] or [kind, name, default]. */
function shape(parts: readonly Part[]): unknown[] {
  return parts.map((part) => {
    if (typeof part === 'string') return part;
    const { kind, name, fallback } = part;
    return [kind, shape(name), ...(fallback === undefined ? [] : [shape(fallback)])];
  });
}

const GRAMMAR: readonly (readonly [text: string, parts: unknown[]])[] = [
  ['', []],
  ['plain', ['plain']],
  ['a > b } | c', ['a > b } | c']],
  ['$ < & {', ['$ < & {']],
  ['$<a>', [['token', ['a']]]],
  ['&{a}', [['token', ['a']]]],
  ['$<a|>', [['token', ['a'], []]]],
  ['$<a|b:c|d>', [['token', ['a'], ['b:c|d']]]],
  ['&{a|b>c}', [['token', ['a'], ['b>c']]]],
  ['$<a|b}c>', [['token', ['a'], ['b}c']]]],
  ['x$<a>y&{b}z', ['x', ['token', ['a']], 'y', ['token', ['b']], 'z']],
  ['$<a>>', [['token', ['a']], '>']],
  [
    '$<$<e>.host|&{h|$<x|y>}>',
    [['token', [['token', ['e']], '.host'], [['token', ['h'], [['token', ['x'], ['y']]]]]]],
  ],
  ['&{$<a>.&{b}}', [['token', [['token', ['a']], '.', ['token', ['b']]]]]],
  ['$<env:HOME>', [['environment', ['HOME']]]],
  ['$<file:/a b/c.pin|x>', [['file', ['/a b/c.pin'], ['x']]]],
  ['&{file:$<d>/pin}', [['file', [['token', ['d']], '/pin']]]],
  ['$<cred:smtp pin>', [['credential', ['smtp pin']]]],
  ['$<a|env:b>', [['token', ['a'], ['env:b']]]],
  ['\\$<a>', ['$<a>']],
  ['\\&{a}', ['&{a}']],
  ['\\\\$<a>', ['\\', ['token', ['a']]]],
  ['\\\\\\$<a>', ['\\$<a>']],
  ['\\\\\\\\&{a}', ['\\\\', ['token', ['a']]]],
  ['C:\\temp\\\\$', ['C:\\temp\\\\$']],
  ['$<a|C:\\>', [['token', ['a'], ['C:\\']]]],
  ['$<a|\\$<b>c>', [['token', ['a'], ['$<b']], 'c>']],
  ['$<a|\\&{b}>', [['token', ['a'], ['&{b}']]]],
];

const WRONG: readonly (readonly [text: string, what: string, start: number])[] = [
  ['x$<a', 'unclosed', 1],
  ['$<a|b', 'unclosed', 0],
  ['$<a|$<b>', 'unclosed', 0],
  ['ok $<a> &{b>', 'unclosed', 8],
  ['$<', 'unclosed', 0],
  ['$<>', 'empty', 0],
  ['ab&{|x}', 'empty', 2],
  ['$<env:>', 'empty', 0],
  ['$<file:|x>', 'empty', 0],
  ['$<a b>', 'character', 0],
  ['$<a:b>', 'character', 0],
  ['$<ä>', 'character', 0],
  ['$<a}>', 'character', 0],
  ['$<x|$<a b>>', 'character', 4],
  ['$<$<a>:b>', 'character', 0],
  ['$<env:A=B>', 'character', 0],
  ['$<file:a\nb>', 'character', 0],
  ['$<cred:>', 'empty', 0],
  ['$<cred:../pin>', 'character', 0],
  ['$<cred:a:b>', 'character', 0],
  ['$<cred:ä>', 'character', 0],
  ['$<file:\udc80>', 'character', 0],
];

describe('the grammar of expressions', () => {
  it.each(GRAMMAR)('%j', (text, parts) => {
    const template = parseTemplate(text);
    expect(template.problems).toEqual([]);
    expect(shape(template.parts)).toEqual(parts);
  });

  it.each(WRONG)('%j is %s', (text, what, start) => {
    expect(parseTemplate(text).problems).toMatchObject([{ what, start }]);
  });

  it('tells every wrong name of a text', () => {
    expect(parseTemplate('$<> and $<a b> and $<c>').problems).toMatchObject([
      { what: 'empty', start: 0 },
      { what: 'character', start: 8, character: ' ' },
    ]);
  });

  it('is nested, and has expressions, to a limit', () => {
    const nested = (levels: number) => `${'$<a|'.repeat(levels)}x${'>'.repeat(levels)}`;
    expect(parseTemplate(nested(DEPTH_MAX)).problems).toEqual([]);
    expect(parseTemplate(nested(DEPTH_MAX + 1)).problems).toMatchObject([{ what: 'depth' }]);
    expect(parseTemplate('$<a>'.repeat(LOOKUPS_MAX)).problems).toEqual([]);
    expect(parseTemplate('$<a>'.repeat(LOOKUPS_MAX + 1)).problems).toMatchObject([{ what: 'count' }]);
    expect(parseTemplate('$<'.repeat(500_000)).problems).toMatchObject([{ what: 'depth' }]);
  });

  it.each([
    ['backslashes', '\\'.repeat(1_000_000)],
    ['escapes', '\\$<'.repeat(300_000)],
    ['closers', '>}|'.repeat(300_000)],
    ['expressions', '$<a>'.repeat(250_000)],
    ['empty expressions', '$<>'.repeat(300_000)],
    ['dollars', '$'.repeat(1_000_000)],
  ])('reads a megabyte of %s, which nothing that is not linear would', (_, text) => {
    parseTemplate(text);
    escapeExpression(text);
  });

  it('is plain data', () => {
    const { parts } = parseTemplate('a$<b|&{c}>');
    expect(JSON.parse(JSON.stringify(parts))).toEqual(parts);
  });
});

describe('what an expression looks like in a problem', () => {
  it.each([
    ['$<a>', '$<a>'],
    ['&{a|secret}', '&{a|…}'],
    ['$<$<a|secret>.host|secret>', '$<$<a|…>.host|…>'],
    ['$<file:a\\$<b>', '$<file:a\\$<b>'],
    ['$<env:X>', '$<env:X>'],
    ['$<file:a\u0000b>', '$<file:a\\u{0}b>'],
  ])('%j', (text, shown) => {
    const [expression] = parseTemplate(text).parts;
    expect(typeof expression === 'object' ? formatExpression(expression) : expression).toBe(shown);
  });

  it('is short', () => {
    const [expression] = parseTemplate(`$<${'$<a>b'.repeat(1000)}>`).parts;
    expect(typeof expression === 'object' ? formatExpression(expression).length : 0).toBeLessThan(130);
  });
});

describe('escaping', () => {
  it.each([
    ['plain', 'plain', false],
    ['a > b', 'a > b', false],
    ['$<a>', '\\$<a>', true],
    ['\\$<a>', '\\\\\\$<a>', true],
    ['\\\\&{', '\\\\\\\\\\&{', true],
    ['\\n', '\\n', false],
  ])('%j', (text, escaped, isExpression) => {
    expect(escapeExpression(text)).toBe(escaped);
    expect(hasExpression(text)).toBe(isExpression);
  });

  it('gives the same text back for every text', () => {
    const soup = fc.string({
      unit: fc.constantFrom('\\', '$', '<', '&', '{', '|', '>', '}', ',', 'a', '😀', '\udc80'),
    });
    fc.assert(
      fc.property(fc.oneof(soup, fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' })), (text) => {
        const { parts, problems } = parseTemplate(escapeExpression(text));
        expect(problems).toEqual([]);
        expect(parts.join('')).toBe(text);
        expect(parts.length).toBe(text === '' ? 0 : 1);
      }),
      { numRuns: 3000 },
    );
  });
});
