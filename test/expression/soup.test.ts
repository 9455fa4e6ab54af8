import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatProblem } from '../../src/expression/problem.ts';
import { resolve } from '../../src/expression/resolve.ts';
import { escapeExpression } from '../../src/expression/template.ts';
import { openSources } from './instance.ts';

// Names are a to e; the canary stands in values only, also as a name, a path and a default there.
const CANARY = 'Canary';
const NAMES = ['a', 'b', 'c', 'd', 'e'];
const MARKS = ['$<', '&{', '>', '}', '|', '\\', ',', ' ', 'env:', 'file:', 'cred:', '.', '/', '\n'];
const WHOLE = [
  '$<a>',
  '&{b}',
  '$<c|d>',
  '$<env:D>',
  '$<file:e>',
  '$<$<a>>',
  '$<file:$<b>>',
  '$<$<c>.x|$<d>>',
  '\\$<',
];

const written = fc.string({ unit: fc.constantFrom(...NAMES, ...MARKS, ...WHOLE), maxLength: 12 });
const value = fc
  .string({ unit: fc.constantFrom(CANARY, ...NAMES, ...MARKS, ...WHOLE), maxLength: 8 })
  .map((text) => `${text}${CANARY}`);
const given = fc.oneof(
  value,
  fc.constantFrom(`$<${CANARY}>`, `$<file:${CANARY}>`, `&{env:${CANARY}|`, `${CANARY}`, 'a', 'b'),
);

describe('any soup of text and expressions', () => {
  it('resolves or tells problems without throwing, and never tells a value', async () => {
    const run = async (text: string, texts: readonly string[], multiple: boolean) => {
      const [a = '', b = '', c = '', d = '', e = ''] = texts;
      const sources = await openSources({
        environment: { A: a, B: b },
        definitions: [{ token: 'c', value: c }],
        files: { e, 'config/expressions/a.json': JSON.stringify({ d: [d, c], e }) },
      });
      const resolution = resolve(text, sources, { multiple });
      if (!resolution.resolved) expect(resolution.problems.length).toBeGreaterThan(0);
      else if (!multiple) expect(resolution.values).toHaveLength(1);
      const told = resolution.problems.map(
        (problem) => `${formatProblem(problem)}\n${JSON.stringify(problem)}`,
      );
      expect(told.join('\n').toLowerCase()).not.toContain(CANARY.toLowerCase());
    };
    const texts = fc.array(given, { minLength: 5, maxLength: 5 });
    await fc.assert(fc.asyncProperty(written, texts, fc.boolean(), run), { numRuns: 1500 });
  });

  it('comes out as it went in when it is escaped', async () => {
    const sources = await openSources({ environment: { A: 'x' } });
    fc.assert(
      fc.property(fc.oneof(written, fc.string({ unit: 'binary' })), fc.boolean(), (text, multiple) => {
        expect(resolve(escapeExpression(text), sources, { multiple })).toEqual({
          resolved: true,
          values: [text],
          origin: 'written',
          uses: [],
          problems: [],
        });
      }),
      { numRuns: 3000 },
    );
  });
});
