// JSON pointers: the examples of RFC 6901 §5, and every place of any value.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { valueAt } from '../../src/secrets/json-answer.ts';

const DOCUMENT = {
  foo: ['bar', 'baz'],
  '': 0,
  'a/b': 1,
  'c%d': 2,
  'e^f': 3,
  'g|h': 4,
  'i\\j': 5,
  'k"l': 6,
  ' ': 7,
  'm~n': 8,
};

it.each([
  ['', DOCUMENT],
  ['/foo', ['bar', 'baz']],
  ['/foo/0', 'bar'],
  ['/', 0],
  ['/a~1b', 1],
  ['/c%d', 2],
  ['/e^f', 3],
  ['/g|h', 4],
  ['/i\\j', 5],
  ['/k"l', 6],
  ['/ ', 7],
  ['/m~0n', 8],
  ['/foo/00', undefined],
  ['/foo/-', undefined],
  ['/foo/2', undefined],
  ['/foo/length', undefined],
  ['/foo/0/0', undefined],
  ['/toString', undefined],
  ['/__proto__', undefined],
  ['/a~01b', undefined],
])('%s', (pointer, value) => expect(valueAt(DOCUMENT, pointer)).toEqual(value));

it('finds every member of any value', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const look = (value: unknown, pointer: string, root: unknown): void => {
        expect(valueAt(root, pointer)).toBe(value);
        if (typeof value !== 'object' || value === null) return;
        for (const [key, member] of Object.entries(value))
          look(member, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, root);
      };
      const root: unknown = JSON.parse(text);
      look(root, '', root);
    }),
  );
});
