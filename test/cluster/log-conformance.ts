// What every log of a cluster guarantees, tested on two servers that share one.

import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { ClusterLog, LogHead, LogRecord, LogSnapshot } from '../../src/cluster/cluster-log.ts';

const HISTORY = 'c0ffee00-0000-4000-8000-000000000001';
export const START = 7;

export function snapshotAt(number: number, pieces: readonly string[] = ['dn: cn=config\n']): LogSnapshot {
  return { number, historyId: HISTORY, code: `${number}c`, seal: `${number}5ea1`, pieces };
}

export function recordsFrom(from: number, count: number, text = 'dn: cn=a,cn=config\n'): LogRecord[] {
  return Array.from({ length: count }, (_, index) => {
    const number = from + index;
    return { number, id: randomUUID(), text: `# ${number}\n${text}`, code: `${number}c` };
  });
}

/** Makes the logs of two servers of a new cluster. */
export interface LogPair {
  readonly one: ClusterLog;
  readonly other: ClusterLog;
}

export async function appended(log: ClusterLog, records: readonly LogRecord[]): Promise<LogHead> {
  const head = await log.append(await headOf(log), records);
  if (head === 'overtaken') throw new Error('Nobody else writes, and the log says overtaken.');
  return head;
}

export async function headOf(log: ClusterLog): Promise<LogHead> {
  const head = await log.head();
  if (head === undefined) throw new Error('There is no cluster.');
  return head;
}

/** Takes records from a follower until it has this number of them. */
export async function takeRecords(log: ClusterLog, after: number, count: number): Promise<LogRecord[]> {
  const ending = new AbortController();
  const taken: LogRecord[] = [];
  for await (const records of log.follow(after, ending.signal)) {
    taken.push(...records);
    if (taken.length >= count) break;
  }
  ending.abort();
  return taken;
}

export function describeLog(name: string, open: () => Promise<LogPair>): void {
  describe(name, () => {
    describe('order', () => orderOf(open));
    describe('followers', () => followersOf(open));
    describe('snapshots and space', () => spaceOf(open));
  });
}

function orderOf(open: () => Promise<LogPair>): void {
  it('has no end before there is a cluster, and one snapshot after', async () => {
    const { one, other } = await open();
    expect(await one.head()).toBeUndefined();
    expect(await one.readSnapshot()).toBeUndefined();
    const head = await one.create(snapshotAt(START, ['a', 'ä', '漢'.repeat(10)]));
    expect(head).toMatchObject({ number: START, historyId: HISTORY, code: `${START}c` });
    expect(await other.head()).toEqual(head);
    const snapshot = await other.readSnapshot();
    expect(snapshot).toMatchObject({
      number: START,
      historyId: HISTORY,
      seal: `${START}5ea1`,
      code: head.code,
    });
    expect([...(snapshot?.pieces ?? [])].join('')).toBe(`aä${'漢'.repeat(10)}`);
    await expect(other.create(snapshotAt(1))).rejects.toMatchObject({ problem: 'refused' });
    expect(await other.head()).toEqual(head);
  });

  it('shows what is appended to every server, in order', async () => {
    const { one, other } = await open();
    await one.create(snapshotAt(START));
    const records = recordsFrom(START + 1, 3, 'x: \u2028 "\\ \u0000 ä\n');
    const head = await appended(one, records);
    expect(head).toMatchObject({ number: START + 3, code: `${START + 3}c`, historyId: HISTORY });
    expect(await other.head()).toEqual(head);
    expect(await other.read(START + 1, 100)).toEqual(records);
    const more = recordsFrom(START + 4, 1);
    await appended(other, more);
    expect(await one.read(START + 3, 100)).toEqual([...records.slice(2), ...more]);
    expect(await one.read(START + 5, 100)).toEqual([]);
  });

  it('stores nothing of a server that was overtaken', async () => {
    const { one, other } = await open();
    await one.create(snapshotAt(START));
    const seen = await headOf(other);
    const first = recordsFrom(START + 1, 1);
    await appended(one, first);
    expect(await other.append(seen, recordsFrom(START + 1, 2))).toBe('overtaken');
    expect(await other.read(START + 1, 100)).toEqual(first);
  });

  it('takes one of two batches that come together', async () => {
    const { one, other } = await open();
    await one.create(snapshotAt(START));
    for (let round = 0; round < 10; round++) {
      const seen = await headOf(one);
      const [mine, theirs] = [recordsFrom(seen.number + 1, 1), recordsFrom(seen.number + 1, 1)];
      const ends = await Promise.all([one.append(seen, mine), other.append(seen, theirs)]);
      expect(ends.filter((end) => end === 'overtaken')).toHaveLength(1);
      const stored = ends[0] === 'overtaken' ? theirs : mine;
      expect(await one.read(seen.number + 1, 10)).toEqual(stored);
    }
  });
}

function followersOf(open: () => Promise<LogPair>): void {
  it('gives a follower each record once, from any number on', async () => {
    const { one, other } = await open();
    await one.create(snapshotAt(START));
    const before = recordsFrom(START + 1, 5);
    await appended(one, before.slice(0, 2));
    await appended(one, before.slice(2));
    const all = takeRecords(other, START, 12);
    const late = takeRecords(other, START + 3, 9);
    const after = recordsFrom(START + 6, 7);
    for (const record of after) await appended(one, [record]);
    expect(await all).toEqual([...before, ...after]);
    expect(await late).toEqual([...before.slice(3), ...after]);
  });

  it('ends a follower whose signal aborts', async () => {
    const { one } = await open();
    await one.create(snapshotAt(START));
    const ending = new AbortController();
    const following = (async () => {
      for await (const records of one.follow(START, ending.signal)) return records;
      return 'ended';
    })();
    ending.abort();
    expect(await following).toBe('ended');
  });
}

function spaceOf(open: () => Promise<LogPair>): void {
  it('keeps the newest snapshot, and tells who reads what is trimmed', async () => {
    const { one, other } = await open();
    await one.create(snapshotAt(START));
    const records = recordsFrom(START + 1, 6);
    for (const record of records) await appended(one, [record]);
    await one.writeSnapshot(snapshotAt(START + 4, ['new']));
    await other.writeSnapshot(snapshotAt(START + 2, ['old']));
    const snapshot = await other.readSnapshot();
    expect(snapshot?.number).toBe(START + 4);
    expect([...(snapshot?.pieces ?? [])].join('')).toBe('new');
    await one.trim(START + 4);
    expect(await other.read(START + 4, 100)).toEqual(records.slice(3));
    await expect(other.read(START + 3, 100)).rejects.toMatchObject({ problem: 'compacted' });
    await expect(takeRecords(other, START, 1)).rejects.toMatchObject({ problem: 'compacted' });
    expect(await takeRecords(other, START + 3, 3)).toEqual(records.slice(3));
    expect(await appended(other, recordsFrom(START + 7, 1))).toMatchObject({ number: START + 7 });
  });

  it('refuses everything once it is closed', async () => {
    const { one } = await open();
    await one.create(snapshotAt(START));
    const seen = await headOf(one);
    const following = takeRecords(one, START, 1);
    await one.close();
    expect(await following).toEqual([]);
    await expect(one.head()).rejects.toMatchObject({ problem: 'closed' });
    await expect(one.append(seen, recordsFrom(START + 1, 1))).rejects.toMatchObject({ problem: 'closed' });
  });
}
