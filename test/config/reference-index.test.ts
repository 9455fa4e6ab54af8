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

it('counts them and gives the first few', () => {
  const index = new ReferenceIndex();
  for (const referrer of ['a', 'b', 'c']) index.set(referrer, ['x']);
  expect(index.countReferrers('x')).toBe(3);
  expect(index.firstReferrers('x', 2)).toEqual(['a', 'b']);
  expect(index.firstReferrers('x', 9)).toEqual(['a', 'b', 'c']);
  expect([index.countReferrers('y'), index.firstReferrers('y', 9)]).toEqual([0, []]);
});
