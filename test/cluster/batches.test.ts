// How many changes go together: those that a server stores as one batch, and those of other servers that it writes at once.

import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ANONYMOUS } from '../../src/backend/backend.ts';
import { livingTimer, type Timer } from '../../src/time/deadline.ts';
import { add, allCaughtUp, Copy, newLog, open } from '../support/cluster/log-servers.ts';
import type { SharedLog } from '../support/cluster/memory-log.ts';
import { until } from '../support/until.ts';

describe('a batch', () => {
  /** Clients that make three changes each, one after the other; the others begin while the first change is being stored. */
  async function batchesOf(timer: Timer): Promise<readonly number[]> {
    const here = open(newLog(), { timer });
    const { append } = here.log;
    const sizes: number[] = [];
    const begun = Promise.withResolvers<void>();
    here.log.append = async (seen, records) => {
      sizes.push(records.length);
      begun.resolve();
      await setImmediate();
      return append.call(here.log, seen, records);
    };
    const work = async (name: string) => {
      for (let count = 1; count <= 3; count++)
        await here.writePath.submit(add(`${name} ${count}`), ANONYMOUS);
    };
    const first = work('first');
    await begun.promise;
    await Promise.all([first, ...Array.from({ length: 7 }, (_, index) => work(`client ${index}`))]);
    return sizes;
  }

  it('waits for those who were answered, and ask again at once', async () => {
    const sizes = await batchesOf(livingTimer);
    expect(sizes.slice(0, 3)).toEqual([1, 8, 8]);
  });

  it('waits no longer than a moment', async () => {
    const here = open(newLog());
    await Promise.all(['one', 'two'].map((name) => here.writePath.submit(add(name), ANONYMOUS)));
    expect(await here.writePath.submit(add('three'), ANONYMOUS)).toMatchObject({ number: 3 });
  });
});

describe('what comes from others at once', () => {
  /** A log with three changes, and a server that has not followed it yet. */
  async function behind(change: (shared: SharedLog) => void) {
    const shared = newLog();
    for (const name of ['one', 'two', 'three']) await open(shared).writePath.submit(add(name), ANONYMOUS);
    change(shared);
    const local = new Copy();
    const { append } = local;
    const sizes: number[] = [];
    local.append = (commits) => {
      sizes.push(commits.length);
      return append.call(local, commits);
    };
    return { server: open(shared, { local }), shared, sizes };
  }

  it('is written to the copy at once', async () => {
    const { server, shared, sizes } = await behind(() => {});
    await allCaughtUp([server], shared);
    expect(server.told).toEqual([1, 2, 3]);
    expect(sizes).toEqual([3]);
  });

  it('is made up to a record that somebody has changed', async () => {
    const { server, sizes } = await behind(({ records }) => {
      const [, , third] = records;
      if (third !== undefined) records[2] = { ...third, text: third.text.replace('three', 'other') };
    });
    await until(() => server.stopped.length > 0);
    expect(server.stopped).toEqual([
      expect.stringContaining('Change 3 of the cluster does not have the code'),
    ]);
    expect(server.told).toEqual([1, 2]);
    expect(sizes).toEqual([2]);
  });

  it('is read again if it was learned of while the log was read', async () => {
    const shared = newLog();
    const [reading, going] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const here = open(shared, {
      before: (log) => {
        const { read } = log;
        log.follow = async function* () {
          await new Promise<never>(() => {});
        };
        log.read = async (from, max) => {
          const records = await read.call(log, from, max);
          reading.resolve();
          await going.promise;
          return records;
        };
      },
    });
    await here.store.has(0);
    const first = here.writePath.follow();
    await reading.promise;
    await open(shared).writePath.submit(add('one'), ANONYMOUS);
    expect(await here.store.has(1)).toBe(true);
    going.resolve();
    await first;
    await here.writePath.follow();
    expect(here.told).toEqual([1]);
  });
});
