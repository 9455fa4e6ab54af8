// Servers share their snapshots, so that the log of a cluster does not grow for ever.

import { beforeEach, expect, it } from 'vitest';
import { ClusterKeys } from '../../src/cluster/cluster-keys.ts';
import { SharedSnapshots } from '../../src/cluster/shared-snapshots.ts';
import { formatLogSnapshot, readLogSnapshot } from '../../src/cluster/snapshot-text.ts';
import { Dn } from '../../src/ldap/dn.ts';
import { Entry } from '../../src/ldap/entry.ts';
import { masterKeyOf } from '../../src/store/encryption/data-keys.ts';
import { VALUES_AS_STORED as values } from '../../src/store/encryption/stored-values.ts';
import { MemoryLog, SharedLog } from '../support/cluster/memory-log.ts';
import { appended, recordsFrom } from './log-conformance.ts';

const HISTORY = '7d3ea4ac-33a8-4d5a-8d7d-64dc5e0b9f4b';
const KEYS = new ClusterKeys(masterKeyOf(Buffer.alloc(32, 7)), HISTORY);

let shared: SharedLog;
let log: MemoryLog;
let problems: string[];
let snapshots: SharedSnapshots;

beforeEach(async () => {
  shared = new SharedLog();
  log = new MemoryLog(shared);
  problems = [];
  const failed = (sentence: string) => void problems.push(sentence);
  snapshots = new SharedSnapshots({ log, historyId: HISTORY, keys: KEYS, values, failed, kept: 3 });
  const parts = { number: 0, historyId: HISTORY, code: KEYS.firstCode(0), entries: entriesOf(1) };
  await log.create(formatLogSnapshot(parts, KEYS, values));
  for (const record of recordsFrom(1, 10)) await appended(log, [record]);
});

function entriesOf(count: number): Entry[] {
  return Array.from({ length: count }, (_, index) =>
    Entry.of(Dn.parse(`cn=${index},cn=config`), { objectClass: 'top', cn: String(index) }),
  );
}

it('shares a snapshot that every server of the cluster can read, and drops records but those kept', async () => {
  const entries = entriesOf(3000);
  await snapshots.share({ entries, number: 9, code: undefined, before: 0 });
  const written = await log.readSnapshot();
  expect(written).toMatchObject({ number: 9, code: '9c' });
  const read = written === undefined ? [] : readLogSnapshot(written, KEYS, values);
  expect(read.map(({ dn }) => dn.toString())).toEqual(entries.map(({ dn }) => dn.toString()));
  expect((await log.read(7, 10)).map(({ number }) => number)).toEqual([7, 8, 9, 10]);
  await expect(log.read(6, 10)).rejects.toMatchObject({ problem: 'compacted' });
  expect(problems).toEqual([]);
});

it('leaves it to the server that has shared one since', async () => {
  await snapshots.share({ entries: entriesOf(1), number: 5, code: '5c', before: 0 });
  await snapshots.share({ entries: entriesOf(2), number: 9, code: '9c', before: 4 });
  expect(await log.snapshotNumber()).toBe(5);
  await snapshots.share({ entries: entriesOf(2), number: 10, code: '10c', before: 9 });
  expect(await log.snapshotNumber()).toBe(10);
});

it('reports what the log cannot do, and goes on', async () => {
  log.cut('unavailable');
  await snapshots.share({ entries: entriesOf(1), number: 9, code: '9c', before: 0 });
  expect(problems).toEqual([
    'The snapshot of change 9 could not be shared with the cluster: The log is unavailable.',
  ]);
  log.heal();
  await snapshots.share({ entries: entriesOf(1), number: 9, code: '9c', before: 0 });
  expect(await log.snapshotNumber()).toBe(9);
});

it('drops what the last snapshot has before it writes the next, also without space', async () => {
  await snapshots.share({ entries: entriesOf(1), number: 5, code: '5c', before: 0 });
  shared.isFull = true;
  await snapshots.share({ entries: entriesOf(1), number: 10, code: '10c', before: 5 });
  expect(problems).toHaveLength(1);
  expect(await log.snapshotNumber()).toBe(5);
  expect((await log.read(6, 10)).map(({ number }) => number)).toEqual([6, 7, 8, 9, 10]);
  await expect(log.read(5, 10)).rejects.toMatchObject({ problem: 'compacted' });
});
