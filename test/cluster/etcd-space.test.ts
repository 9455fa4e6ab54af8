// An etcd that takes little: its quota is small, and so are the requests that it takes.

import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { ClusterKeys } from '../../src/cluster/cluster-keys.ts';
import { SharedSnapshots } from '../../src/cluster/shared-snapshots.ts';
import { formatLogSnapshot } from '../../src/cluster/snapshot-text.ts';
import { masterKeyOf } from '../../src/store/encryption/data-keys.ts';
import { VALUES_AS_STORED as values } from '../../src/store/encryption/stored-values.ts';
import { EtcdLogs } from '../support/cluster/etcd-logs.ts';
import { EtcdCluster } from '../support/etcd/etcd-cluster.ts';
import { appended, headOf, recordsFrom } from './log-conformance.ts';

const HISTORY = '7d3ea4ac-33a8-4d5a-8d7d-64dc5e0b9f4b';
const KEYS = new ClusterKeys(masterKeyOf(Buffer.alloc(32, 7)), HISTORY);
const QUOTA = 8 * 1024 * 1024;
const REQUEST_MAX = 128 * 1024;
const TEXT = 'x'.repeat(100 * 1024);

const logs = new EtcdLogs('space');
let etcd: EtcdCluster;

beforeAll(async () => {
  const args = [`--quota-backend-bytes=${QUOTA}`, `--max-request-bytes=${REQUEST_MAX}`];
  etcd = await EtcdCluster.start({ members: 1, args });
});

beforeEach(() => logs.newPrefix());

afterAll(async () => {
  await logs.close();
  await etcd.close();
});

function snapshots(log: ReturnType<EtcdLogs['open']>, more: object = {}) {
  const problems: string[] = [];
  const failed = (sentence: string) => void problems.push(sentence);
  return {
    problems,
    shared: new SharedSnapshots({ log, historyId: HISTORY, keys: KEYS, values, failed, ...more }),
  };
}

async function newLog() {
  const log = logs.open(etcd.urls);
  const parts = { number: 0, historyId: HISTORY, code: KEYS.firstCode(0), entries: [] };
  await log.create(formatLogSnapshot(parts, KEYS, values));
  return log;
}

it('refuses a batch that is larger than its requests, and takes the next', async () => {
  const log = await newLog();
  const seen = await headOf(log);
  await expect(log.append(seen, recordsFrom(1, 2, TEXT))).rejects.toMatchObject({
    problem: 'too-large',
    message: expect.stringContaining('--max-request-bytes'),
  });
  expect(await log.head()).toEqual(seen);
  expect(await appended(log, recordsFrom(1, 1, TEXT))).toMatchObject({ number: 1 });
});

it('keeps records as far as their octets allow, and what is dropped is compacted', async () => {
  const log = await newLog();
  for (const record of recordsFrom(1, 20, TEXT)) await appended(log, [record]);
  const { shared, problems } = snapshots(log, { keptOctets: 5.5 * TEXT.length });
  await shared.share({ entries: [], number: 20, code: '20c', before: 0 });
  expect(problems).toEqual([]);
  expect(await log.firstNumber()).toBe(16);
  await appended(log, recordsFrom(21, 1, TEXT));
  await shared.share({ entries: [], number: 21, code: '21c', before: 20 });
  expect(await log.firstNumber()).toBe(17);
});

it('without space drops what its snapshot has, and takes changes again after defragmentation', async () => {
  const log = await newLog();
  const { shared, problems } = snapshots(log);
  for (const record of recordsFrom(1, 30, TEXT)) await appended(log, [record]);
  await shared.share({ entries: [], number: 30, code: '30c', before: 0 });
  expect(await log.firstNumber()).toBe(1);
  const full = await fill(log);
  expect(full).toMatchObject({ problem: 'full', message: expect.stringContaining('has reached its quota') });
  // A snapshot cannot be written any more: only what the last one has can be dropped.
  expect(await shared.makeSpace()).toContain('The changes up to 30 were deleted');
  expect(await log.firstNumber()).toBe(31);
  expect(problems).toEqual([]);
  // What the sentence says to do.
  await etcd.ctl('defrag');
  await etcd.ctl('alarm', 'disarm');
  const { number } = await headOf(log);
  expect(await appended(log, recordsFrom(number + 1, 1, TEXT))).toMatchObject({ number: number + 1 });
});

/** Appends until there is no space. Resolves to the error. */
async function fill(log: ReturnType<EtcdLogs['open']>): Promise<unknown> {
  for (;;) {
    const { number } = await headOf(log);
    try {
      await appended(log, recordsFrom(number + 1, 1, TEXT));
    } catch (error) {
      return error;
    }
  }
}
