import { expect, it } from 'vitest';
import { ReferenceIndex } from '../../src/config/reference-index.ts';

it('knows who refers to whom, after changes and after taking them back', () => {
  const index = new ReferenceIndex();
  index.set('a', ['x', 'y']);
  index.set('b', ['x']);
  expect([...index.referrers('x')]).toEqual(['a', 'b']);
  const before = index.set('a', ['y']);
  expect([...index.referrers('x')]).toEqual(['b']);
  expect(index.set('a', before)).toEqual(['y']);
  expect([...index.referrers('x')].sort()).toEqual(['a', 'b']);
  index.set('a', []);
  index.set('b', []);
  expect([...index.referrers('x'), ...index.referrers('y')]).toEqual([]);
  expect(index.targets('a')).toEqual([]);
});
