import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { removeFolder } from '../support/folders.ts';
import { mutationsOf } from './mutations.ts';
import { withProbes } from './probes.ts';

const SOURCE = `export const LIMIT = (2 + 3) * 4;
export function grade(count: number): string {
  if (count > LIMIT || (count < -1 && !Number.isNaN(count))) throw new Error('no');
  for (let i = 0; i < 1; i++) Math.abs(i);
  if (count === 7) return 'seven';
  return count > 1 ? 'many' : 'one';
}
`;
const folder = mkdtempSync(join(tmpdir(), 'confdit-probes-'));
afterAll(() => removeFolder(folder));

it('a source with a probe at every mutation means the same, and names the mutations that were reached', async () => {
  const mutations = mutationsOf('src/x/b.ts', SOURCE);
  const probed = mutations.map((mutation, id) => ({ id, mutation }));
  const hits = join(folder, 'hits');
  mkdirSync(hits);
  const path = join(folder, 'b.ts');
  writeFileSync(path, withProbes(SOURCE, probed, hits));
  const { grade, LIMIT } = await import(path);
  const reached = () => readdirSync(hits).map((name) => mutations[Number(name)]?.original);
  expect(LIMIT).toBe(20);
  expect(reached()).toContain('(2 + 3) * 4');
  expect(reached()).not.toContain("throw new Error('no');");
  expect([grade(2), grade(1), grade(7)]).toEqual(['many', 'one', 'seven']);
  expect(reached()).toContain("return 'seven';");
  expect(reached()).not.toContain("throw new Error('no');");
  for (const count of [21, -2]) expect(() => grade(count)).toThrow('no');
  expect(new Set(reached())).toEqual(new Set(mutations.map(({ original }) => original)));
});
