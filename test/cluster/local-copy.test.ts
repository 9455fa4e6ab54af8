// The local copy of a server whose disk is full for long: what waits for it takes little memory, and nothing is missing in the end.

import { describe, expect, it } from 'vitest';
import { ANONYMOUS } from '../../src/backend/backend.ts';
import type { Commit } from '../../src/store/store.ts';
import { StoreError } from '../../src/store/store-error.ts';
import { add, allCaughtUp, Copy, describeAs, newLog, open } from '../support/cluster/log-servers.ts';
import { until } from '../support/until.ts';

/** A copy on a disk that may be full. */
class FullCopy extends Copy {
  isFull = true;
  /** Number of commits of the last append. */
  asked = 0;

  override append(commits: readonly Commit[]): Promise<void> {
    this.asked = commits.length;
    if (this.isFull) return Promise.reject(new StoreError('The disk is full.'));
    return super.append(commits);
  }
}

describe.each([
  { name: 'many commits', count: 1_500, text: 'small' },
  { name: 'large commits', count: 34, text: 'x'.repeat(1024 * 1024) },
])('$name that a full disk does not take', ({ count, text }) => {
  it('are forgotten but for some, and read from the log when the disk takes them', async () => {
    const shared = newLog();
    const local = new FullCopy();
    const [here, there] = [open(shared, { local }), open(shared)];
    await here.writePath.submit(add('one'), ANONYMOUS);
    const half = Math.ceil(count / 2);
    const changes = (first: number, server: typeof here) =>
      Array.from({ length: half }, (_, index) =>
        server.writePath.submit(describeAs('one', `${first + index} ${text}`), ANONYMOUS),
      );
    await Promise.all(changes(0, here));
    await allCaughtUp([here, there], shared);
    await Promise.all(changes(half, there));
    await allCaughtUp([here, there], shared);
    expect(local.commits).toEqual([]);
    // No longer all of them.
    expect(local.asked).toBeLessThan(count);
    expect(here.copyFailed).toHaveLength(1);
    await expect(here.writePath.snapshot()).rejects.toThrow('ends with change 0');
    local.isFull = false;
    await until(async () => {
      await here.writePath.submit(describeAs('one', 'more'), ANONYMOUS);
      return local.lastNumber === here.writePath.feed.number;
    });
    expect(local.commits.map(({ number }) => number)).toEqual(here.told);
    expect(local.commits.map(({ id }) => id)).toEqual(shared.records.map(({ id }) => id));
    expect(here.stopped).toEqual([]);
    await here.store.close();
  });
});

it('a few commits that a full disk does not take are written with the next one', async () => {
  const shared = newLog();
  const local = new FullCopy();
  const here = open(shared, { local });
  await here.writePath.submit(add('one'), ANONYMOUS);
  await here.writePath.submit(add('two'), ANONYMOUS);
  expect(here.copyFailed).toEqual([
    expect.stringContaining('The local copy of change 1 could not be written'),
  ]);
  local.isFull = false;
  await here.writePath.submit(add('three'), ANONYMOUS);
  expect(local.commits.map(({ number }) => number)).toEqual([1, 2, 3]);
});
