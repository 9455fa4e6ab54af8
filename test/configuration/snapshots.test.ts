// When snapshots are written: never again and again while they fail.

import { describe, expect, it } from 'vitest';
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

describe('a snapshot is due', () => {
  const MIB = 1024 * 1024;
  const written = (
    bytesSinceSnapshot: number,
    size: number,
    options: { failure?: Error; isAtEnd?: true } = {},
  ) => {
    let count = 0;
    const snapshot = async () => {
      count += 1;
    };
    const snapshots = new Snapshots({
      store: { bytesSinceSnapshot, failure: options.failure, snapshot },
      target: { tree: { size, allEntries: () => [] }, checkedBy: undefined },
      now: () => new Date(0),
      log: { warn: () => {} },
      shownNumber: () => 1,
    });
    if (options.isAtEnd === true) snapshots.writeAtEnd();
    else snapshots.writeIfDue();
    return count;
  };

  it.each([
    ['4 MiB of journal', 4 * MIB, 10, 1],
    ['less than that', 4 * MIB - 1, 10, 0],
    ['512 octets of journal for each of very many entries', 51_200_000, 100_000, 1],
    ['less than that', 51_199_999, 100_000, 0],
  ])('while the server runs: %s', (_, octets, entries, count) => {
    expect(written(octets, entries)).toBe(count);
  });

  it('when the server ends: 512 KiB of journal, unless the store has failed', () => {
    expect(written(MIB / 2, 10, { isAtEnd: true })).toBe(1);
    expect(written(MIB / 2 - 1, 10, { isAtEnd: true })).toBe(0);
    expect(written(MIB / 2, 10, { isAtEnd: true, failure: new Error('The disk is broken.') })).toBe(0);
  });
});
