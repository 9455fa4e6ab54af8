// A live server equals a fresh one: after random changes of every kind it runs what a server runs that is started on a copy
// of its folder, and acts as that one does. A few sequences here; `npm run torture -- --live` runs as many as one likes.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endServers } from '../support/server-process.ts';
import { untouched } from './catalog.ts';
import { type Fixtures, makeFixtures } from './fixtures.ts';
import { FreshServers } from './fresh-server.ts';
import { runSequence } from './sequence.ts';

/** The same in every run: what is new is looked for by the long runs, which print their seeds. */
const SEEDS = [41, 43];
const STEPS = 10;

let fixtures: Fixtures;
const freshServers = new FreshServers();

beforeAll(async () => {
  fixtures = await makeFixtures();
});

afterAll(async () => {
  freshServers.close();
  await endServers();
  await fixtures.remove();
});

describe('a live server equals a fresh one', () => {
  it('is tried with every kind of object and every property', () => {
    expect(untouched()).toEqual([]);
  });

  it.each(SEEDS)('after a sequence with the seed %d', async (seed) => {
    const { comparisons } = await runSequence({ seed, steps: STEPS, every: STEPS, fixtures, freshServers });
    expect(comparisons).toBeGreaterThan(0);
  });
});
