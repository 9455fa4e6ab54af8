// The log in etcd, while members, answers and keys go.

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { LogHead, LogRecord } from '../../src/cluster/cluster-log.ts';
import { LogError } from '../../src/cluster/cluster-log.ts';
import type { EtcdLog, EtcdLogOptions } from '../../src/cluster/etcd-log.ts';
import { EtcdLogs } from '../support/cluster/etcd-logs.ts';
import { clientOf, closeClients } from '../support/etcd/clients.ts';
import { DelayingMember } from '../support/etcd/delaying-member.ts';
import { EtcdCluster } from '../support/etcd/etcd-cluster.ts';
import { until } from '../support/until.ts';
import { appended, headOf, recordsFrom, START, snapshotAt, takeRecords } from './log-conformance.ts';

let cluster: EtcdCluster;
const logs = new EtcdLogs('faults', { callMs: 2000, silenceMs: 500 });

beforeAll(async () => {
  cluster = await EtcdCluster.start();
});

afterEach(() => logs.close());

afterAll(() => cluster.close());

function openLog(options: Partial<EtcdLogOptions> = {}): EtcdLog {
  return logs.open(cluster.urls, options);
}

/** Appends one record, after however many of others, as a server does. Returns it. */
async function appendNext(log: EtcdLog, head: LogHead, text: string): Promise<[LogRecord, LogHead]> {
  for (let seen = head; ; seen = await headOf(log)) {
    const [record] = recordsFrom(seen.number + 1, 1, text);
    if (record === undefined) throw new Error('There is always one.');
    const end = await log.append(seen, [record]);
    if (end !== 'overtaken') return [record, end];
  }
}

describe('writers at several servers', () => {
  it('lose nothing that was acknowledged while members are killed and frozen', async () => {
    logs.newPrefix();
    await openLog().create(snapshotAt(START));
    const acknowledged = new Map<number, string>();
    const unknown = new Set<string>();
    let isUnderWay = true;
    const writers = Array.from({ length: 6 }, async (_, index) => {
      const urls = [...cluster.urls.slice(index % 3), ...cluster.urls.slice(0, index % 3)];
      const log = openLog({ urls });
      let head = await headOf(log);
      while (isUnderWay) {
        try {
          const [record, end] = await appendNext(log, head, `writer: ${index}\n`);
          acknowledged.set(record.number, record.id);
          head = end;
        } catch (error) {
          if (!(error instanceof LogError) || error.problem !== 'unknown') throw error;
          unknown.add(error.message);
          head = await headOf(log);
        }
      }
    });
    const more = async (count: number) => {
      const before = acknowledged.size;
      await until(() => acknowledged.size >= before + count);
    };
    await more(20);
    const leader = await cluster.leader();
    await leader.end('SIGKILL');
    await more(20);
    leader.start();
    await cluster.healthy();
    const frozen = await cluster.leader();
    frozen.freeze();
    await more(20);
    frozen.thaw();
    await more(20);
    isUnderWay = false;
    await Promise.all(writers);
    const { number } = await headOf(openLog());
    const records = await takeRecords(openLog(), START, number - START);
    expect(records.map((record) => record.number)).toEqual(
      Array.from({ length: number - START }, (_, index) => START + 1 + index),
    );
    expect(new Set(records.map(({ id }) => id)).size).toBe(records.length);
    for (const { number: at, id } of records) {
      // What is there and was not acknowledged is of a writer that learned that it does not know.
      if (acknowledged.get(at) !== id) expect(unknown.size).toBeGreaterThan(0);
      acknowledged.delete(at);
    }
    expect([...acknowledged]).toEqual([]);
  });
});

describe('a follower', () => {
  it('goes on when all members were away, and says meanwhile that they are', async () => {
    logs.newPrefix();
    const writer = openLog();
    await writer.create(snapshotAt(START));
    const follower = openLog({ patienceMs: 100 });
    const taking = takeRecords(follower, START, 2);
    const [first] = await appendNext(writer, await headOf(writer), 'first\n');
    await until(() => follower.state.isConnected);
    await Promise.all(cluster.members.map((member) => member.end('SIGKILL')));
    await until(() => !follower.state.isConnected);
    expect(follower.state.why).toMatch(/^The etcd member http\S+ cannot /);
    const impatient = openLog({ patienceMs: 1, lookUpMs: 1 });
    await expect(impatient.head()).rejects.toMatchObject({ problem: 'unavailable' });
    for (const member of cluster.members) member.start();
    await cluster.healthy();
    const [second] = await appendNext(writer, await headOf(writer), 'second\n');
    expect(await taking).toEqual([first, second]);
    expect(follower.state.isConnected).toBe(true);
  });

  it('that slept reads on after a compaction, and learns what was trimmed', async () => {
    logs.newPrefix();
    const writer = openLog();
    await writer.create(snapshotAt(START));
    const sleeper = openLog();
    const ending = new AbortController();
    const following = sleeper.follow(START, ending.signal)[Symbol.asyncIterator]();
    const records = recordsFrom(START + 1, 4);
    await appended(writer, records.slice(0, 1));
    expect((await following.next()).value).toEqual(records.slice(0, 1));
    // It does not ask for more until all this is done.
    await appended(writer, records.slice(1, 2));
    await appended(writer, records.slice(2));
    await writer.writeSnapshot(snapshotAt(START + 1));
    await writer.trim(START + 2);
    const rest: LogRecord[] = [];
    while (rest.length < 3) rest.push(...((await following.next()).value ?? []));
    expect(rest).toEqual(records.slice(1));
    await writer.writeSnapshot(snapshotAt(START + 4));
    await writer.trim(START + 5);
    await expect(takeRecords(sleeper, START + 1, 1)).rejects.toMatchObject({ problem: 'compacted' });
    ending.abort();
  });
});

describe('a batch that is too large for one value', () => {
  it('is there as a whole, for readers and followers, and goes with the log', async () => {
    logs.newPrefix();
    const [writer, reader] = [openLog({ callMs: 60_000 }), openLog({ callMs: 60_000 })];
    await writer.create(snapshotAt(START));
    const taking = takeRecords(reader, START, 41);
    const records = recordsFrom(START + 1, 40, `x: ${'ä'.repeat(40_000)}\n`);
    await appended(writer, records);
    const after = recordsFrom(START + 41, 1);
    await appended(writer, after);
    expect(await reader.read(START + 3, 1)).toEqual(records.slice(2));
    expect(await taking).toEqual([...records, ...after]);
    const parts = () => cluster.ctl('get', '--prefix', '--keys-only', `${logs.prefix}/part/`);
    expect((await parts()).trim().split(/\s+/)).toHaveLength(4);
    // They outlive the lease that they were put with.
    expect(await cluster.ctl('lease', 'list')).toMatch(/found [1-9]/);
    const [, lease] = /\n([0-9a-f]{8,})/.exec(await cluster.ctl('lease', 'list')) ?? [];
    await cluster.ctl('lease', 'revoke', lease ?? '');
    expect(await reader.read(START + 40, 1)).toEqual(records.slice(39));
    await writer.writeSnapshot(snapshotAt(START + 41));
    await writer.trim(START + 42);
    expect((await parts()).trim()).toBe('');
  });

  it('is read only if it is wanted, and not with all others at once', async () => {
    logs.newPrefix();
    const writer = openLog({ callMs: 60_000 });
    await writer.create(snapshotAt(START));
    const records = recordsFrom(START + 1, 4, `x: ${'y'.repeat(2_500_000)}\n`);
    for (const record of records) await appended(writer, [record]);
    const batchesRead = new Set<string>();
    const member = await DelayingMember.start(cluster.member(0).url, ({ request }) => {
      const [name] = /part\/\d+/.exec(request.toString('latin1')) ?? [];
      if (name !== undefined) batchesRead.add(name);
      return false;
    });
    const reader = openLog({ urls: [member.url], callMs: 60_000 });
    expect((await reader.read(START + 2, 1)).map(({ id }) => id)).toEqual([records[1]?.id]);
    expect(batchesRead.size).toBe(1);
    // A reader asks again for what comes after.
    expect((await reader.read(START + 1, 100)).map(({ number }) => number)).toEqual([START + 1, START + 2]);
    expect((await takeRecords(reader, START, 4)).map(({ id }) => id)).toEqual(records.map(({ id }) => id));
    await member.close();
  });

  it('leaves nothing behind when it was overtaken', async () => {
    logs.newPrefix();
    const writer = openLog({ callMs: 60_000 });
    await writer.create(snapshotAt(START));
    const seen = await headOf(writer);
    await appended(writer, recordsFrom(START + 1, 1));
    const large = recordsFrom(START + 1, 2, `x: ${'y'.repeat(700_000)}\n`);
    expect(await writer.append(seen, large)).toBe('overtaken');
    expect((await headOf(writer)).number).toBe(START + 1);
    const leases = (await cluster.ctl('lease', 'list')).match(/\n[0-9a-f]{8,}/g) ?? [];
    for (const lease of leases) await cluster.ctl('lease', 'revoke', lease.trim());
    expect((await cluster.ctl('get', '--prefix', '--keys-only', `${logs.prefix}/part/`)).trim()).toBe('');
  });
});

describe('a snapshot', () => {
  it('of many parts is read as it was written, also in the middle of a character', async () => {
    logs.newPrefix();
    const writer = openLog();
    await writer.create(snapshotAt(START));
    const pieces = Array.from({ length: 30 }, (_, index) => `${index}${'漢'.repeat(40_000)}`);
    await writer.writeSnapshot(snapshotAt(START + 1, pieces));
    const read = await openLog().readSnapshot();
    expect([...(read?.pieces ?? [])].join('') === pieces.join('')).toBe(true);
    const keys = await cluster.ctl('get', '--prefix', '--keys-only', `${logs.prefix}/snapshot/`);
    // Parts of the one before are gone.
    expect(keys.trim().split(/\s+/)).toHaveLength(4);
  });
});

describe('a cluster that is not what it was', () => {
  it('is noticed when its keys are gone', async () => {
    logs.newPrefix();
    const writer = openLog();
    await writer.create(snapshotAt(START));
    const seen = await headOf(writer);
    await cluster.ctl('del', '--prefix', `${logs.prefix}/`);
    const records = recordsFrom(START + 1, 1);
    await expect(writer.append(seen, records)).rejects.toMatchObject({ problem: 'foreign' });
    await expect(writer.head()).rejects.toMatchObject({ problem: 'foreign' });
  });

  it.each([
    ['its keys are gone', async () => void (await cluster.ctl('del', '--prefix', `${logs.prefix}/`))],
    [
      'its end went back',
      async (before: string) => void (await cluster.ctl('put', `${logs.prefix}/head`, before)),
    ],
    [
      'its end went back and others write to it',
      async (before: string) => {
        await cluster.ctl('put', `${logs.prefix}/head`, before);
        const other = openLog();
        for (let count = 0; count < 3; count++) await appendNext(other, await headOf(other), 'other\n');
      },
    ],
  ])('is noticed by a server that only follows when %s', async (_, takeBack) => {
    logs.newPrefix();
    const [writer, follower] = [openLog(), openLog()];
    await writer.create(snapshotAt(START));
    await appended(writer, recordsFrom(START + 1, 1));
    const before = await cluster.ctl('get', '--print-value-only', `${logs.prefix}/head`);
    const following = follower.follow(START, new AbortController().signal)[Symbol.asyncIterator]();
    await following.next();
    for (const record of recordsFrom(START + 2, 4)) {
      await appended(writer, [record]);
      await following.next();
    }
    const noticed = expect(following.next()).rejects.toMatchObject({ problem: 'foreign' });
    await takeBack(before.trim());
    await noticed;
    await expect(follower.head()).rejects.toMatchObject({ problem: 'foreign' });
  });

  it('is noticed when another etcd is behind the same address', async () => {
    logs.newPrefix();
    const other = await EtcdCluster.start({ members: 1 });
    try {
      const log = openLog({ urls: [cluster.urls[0] ?? '', other.urls[0] ?? ''], callMs: 60_000 });
      await log.create(snapshotAt(START));
      await cluster.member(0).end();
      await until(async () => {
        const error = await log.head().catch((caught: LogError) => caught);
        return error instanceof LogError && error.problem === 'foreign';
      });
      cluster.member(0).start();
      await cluster.healthy();
    } finally {
      await other.close();
    }
  });

  it('of a newer format is not touched', async () => {
    logs.newPrefix();
    const log = openLog();
    await log.create(snapshotAt(START));
    const seen = await headOf(log);
    await cluster.ctl('put', `${logs.prefix}/format`, '{"format":2}');
    const newer = { problem: 'format', message: expect.stringContaining('Upgrade this server') };
    await expect(log.head()).rejects.toMatchObject(newer);
    await expect(log.append(seen, recordsFrom(START + 1, 1))).rejects.toMatchObject(newer);
    await expect(log.read(START + 1, 1)).rejects.toMatchObject(newer);
    await expect(log.readSnapshot()).rejects.toMatchObject(newer);
    await cluster.ctl('put', `${logs.prefix}/format`, '{"format":1}');
    expect(await headOf(log)).toEqual(seen);
  });

  it('with values that confdit does not write is refused', async () => {
    logs.newPrefix();
    const [log, client] = [openLog(), clientOf(cluster.urls)];
    await log.create(snapshotAt(START));
    await appended(log, recordsFrom(START + 1, 1));
    const texts = ['', '[]', '{"number":"1"}', '{"records":[{}]}', '{"records":[]}', '{"id":1}', '\xff'];
    for (const key of [`commit/000000000000000${START + 1}`, 'snapshot', 'head']) {
      for (const text of texts) {
        await client.put({ key: `${logs.prefix}/${key}`, value: Buffer.from(text, 'latin1') });
        const reading = key === 'snapshot' ? log.readSnapshot() : log.read(START + 1, 1);
        await expect(reading).rejects.toMatchObject({ problem: 'format' });
      }
    }
    closeClients();
  });
});
