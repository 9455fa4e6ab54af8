// A cluster stays one configuration whatever breaks. A few faults here, drawn from a seed; `npm run torture -- --cluster` makes as
// many as one likes.

import { afterAll, expect, it } from 'vitest';
import { tortureCluster } from '../support/cluster/cluster-torture.ts';
import { endServers } from '../support/server-process.ts';

afterAll(endServers);

it('shows each client what can have happened to one configuration while members and servers break', async () => {
  // Those that cost little: no start of all servers.
  const kinds = [
    'leader killed',
    'log compacted while a server sleeps',
    'answers to a server lost',
    'server frozen',
    'member cut off from members',
  ];
  const { acknowledged, problems } = await tortureCluster({ seed: 4, faults: 3, writers: 4, kinds });
  expect(problems).toEqual([]);
  expect(acknowledged).toBeGreaterThan(0);
});
