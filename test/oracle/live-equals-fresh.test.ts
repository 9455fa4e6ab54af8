// A live server equals a fresh one: after random changes of every kind it runs what a server runs that is started on a copy
// of its folder, and acts as that one does. So does each of three that share a configuration. One sequence of each here;
// `npm run torture -- --live` and `npm run torture -- --live --cluster` run as many as one likes.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EtcdCluster } from '../support/etcd/etcd-cluster.ts';
import { endServers } from '../support/server-process.ts';
import { untouched } from './catalog.ts';
import { runClusterSequence } from './cluster-sequence.ts';
import { type Fixtures, makeFixtures } from './fixtures.ts';
import { FreshServers } from './fresh-server.ts';
import { runSequence } from './sequence.ts';

/** The same in every run: what is new is looked for by the long runs, which print their seeds. */
const SEEDS = [41];
const STEPS = 10;
const CLUSTER_SEEDS = [28];
const CLUSTER_STEPS = 6;

let fixtures: Fixtures;
let etcd: EtcdCluster;
const freshServers = new FreshServers();

beforeAll(async () => {
  fixtures = await makeFixtures();
  etcd = await EtcdCluster.start({ members: 1 });
});

afterAll(async () => {
  freshServers.close();
  await endServers();
  await etcd.close();
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

  it.each(CLUSTER_SEEDS)('as each of three, after a sequence with the seed %d', async (seed) => {
    const means = { fixtures, freshServers, etcd };
    const { comparisons } = await runClusterSequence({
      seed,
      steps: CLUSTER_STEPS,
      every: CLUSTER_STEPS,
      ...means,
    });
    expect(comparisons).toBe(3);
  });
});
