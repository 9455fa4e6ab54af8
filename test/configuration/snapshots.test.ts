// When snapshots are written: never again and again while they fail.

import { expect, it } from 'vitest';
import { Snapshots } from '../../src/configuration/write/snapshots.ts';

it('one that could not be written is tried again after pauses that grow, and at once after a success', async () => {
  let nowMs = 0;
  let isFull = true;
  const tried: number[] = [];
  const store = {
    bytesSinceSnapshot: Number.POSITIVE_INFINITY,
    failure: undefined,
    snapshot: async () => {
      tried.push(nowMs / 1000);
      if (isFull) throw new Error('No space is left.');
    },
  };
  const warnings: string[] = [];
  const snapshots = new Snapshots({
    store,
    target: { tree: { size: 1, allEntries: () => [] }, checkedBy: undefined },
    now: () => new Date(nowMs),
    log: { warn: (_, message) => warnings.push(message) },
    shownNumber: () => 1,
  });
  // A change each second.
  const changes = async (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      snapshots.writeIfDue();
      await new Promise((resolve) => setImmediate(resolve));
      nowMs += 1000;
    }
  };
  await changes(600);
  const pauses = tried.slice(1).map((second, index) => second - (tried[index] ?? 0));
  expect(tried[0]).toBe(0);
  expect(pauses.length).toBeGreaterThan(2);
  expect(pauses[0]).toBeGreaterThanOrEqual(10);
  for (const [index, pause] of pauses.entries()) expect(pause).toBeGreaterThan(pauses[index - 1] ?? 0);
  expect(warnings).toHaveLength(tried.length);
  isFull = false;
  await snapshots.write();
  const count = tried.length;
  await changes(3);
  expect(tried.length).toBe(count + 3);
});
