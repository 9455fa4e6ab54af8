import { expect, it } from 'vitest';
import { mutationsOf } from './mutations.ts';

const SOURCE = `import { a } from './a.ts';
const LIMIT: 5 | 6 = 5;
export function admit(count: number, name: string | undefined): string {
  if (!a(count) || count >= LIMIT) throw new Error('no');
  log('admitted ' + name);
  return count > 1 ? 'many' : (name ?? 'one');
}
`;

it('a mutation changes operators, conditions, numbers and statements, and neither types nor texts', () => {
  const told = mutationsOf('src/x/b.ts', SOURCE).map(
    ({ line, original, replacement }) => `${line} ${original} > ${replacement}`,
  );
  expect(told).toEqual([
    '2 5 > 6',
    '4 !a(count) || count >= LIMIT > true',
    '4 !a(count) || count >= LIMIT > false',
    '4 !a(count) || count >= LIMIT > !a(count) && count >= LIMIT',
    '4 !a(count) > (a(count))',
    '4 count >= LIMIT > count > LIMIT',
    "4 throw new Error('no'); > ;",
    "5 log('admitted ' + name); > ;",
    "6 return count > 1 ? 'many' : (name ?? 'one'); > return undefined;",
    '6 count > 1 > !(count > 1)',
    '6 count > 1 > count >= 1',
    '6 1 > 2',
    "6 name ?? 'one' > name && 'one'",
  ]);
});

it('a mutation is the whole file with one change', () => {
  const [first] = mutationsOf('src/x/b.ts', SOURCE);
  expect(first?.text).toBe(SOURCE.replace('6 = 5', '6 = 6'));
});
