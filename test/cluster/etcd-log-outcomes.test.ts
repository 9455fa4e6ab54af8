// The log in etcd, where the outcome of a write is open: without an answer, and when etcd is full.

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { LogError } from '../../src/cluster/cluster-log.ts';
import type { EtcdLog, EtcdLogOptions } from '../../src/cluster/etcd-log.ts';
import { EtcdLogs } from '../support/cluster/etcd-logs.ts';
import { DelayingMember } from '../support/etcd/delaying-member.ts';
import { EtcdCluster } from '../support/etcd/etcd-cluster.ts';
import { appended, headOf, recordsFrom, START, snapshotAt } from './log-conformance.ts';

let cluster: EtcdCluster;
const logs = new EtcdLogs('outcomes');

beforeAll(async () => {
  cluster = await EtcdCluster.start({ members: 1 });
});

afterEach(() => logs.close());

afterAll(() => cluster.close());

function openLog(options: Partial<EtcdLogOptions> = {}): EtcdLog {
  return logs.open(cluster.urls, options);
}

describe('a write without an answer', () => {
  it('that is done after it was looked for is found, and not made twice', async () => {
    logs.newPrefix();
    const [record] = recordsFrom(START + 1, 1);
    const id = record?.id ?? '';
    const member = await DelayingMember.start(cluster.member(0).url, ({ request }) => request.includes(id));
    const log = openLog({ urls: [member.url], callMs: 300, patienceMs: 1 });
    await openLog().create(snapshotAt(START));
    // The first transaction is kept back until the second one comes, which then finds another head.
    const head = await appended(log, record === undefined ? [] : [record]);
    expect(head).toMatchObject({ number: START + 1, code: record?.code });
    expect(await headOf(openLog())).toEqual(head);
    expect(await log.read(START + 1, 10)).toEqual([record]);
    const next = recordsFrom(START + 2, 1);
    expect(await log.append(head, next)).toMatchObject({ number: START + 2 });
    await member.close();
  });

  it('that is never done is unknown when nothing answers any more', async () => {
    logs.newPrefix();
    const [record] = recordsFrom(START + 1, 1);
    const id = record?.id ?? '';
    await openLog().create(snapshotAt(START));
    let isAway = false;
    const member = await DelayingMember.start(cluster.member(0).url, ({ request, stream }) => {
      isAway ||= request.includes(id);
      if (isAway) stream.close(2);
      return isAway;
    });
    const log = openLog({ urls: [member.url], callMs: 300, patienceMs: 1, lookUpMs: 500 });
    await expect(appended(log, record === undefined ? [] : [record])).rejects.toMatchObject({
      problem: 'unknown',
      message: expect.stringMatching(
        /^It is not known whether the change was stored: the etcd member http\S+ cannot serve a request: [^:]*\.$/,
      ),
    });
    await member.close();
  });
});

describe('a write whose first try got no answer', () => {
  const laterAnswers = [
    ['has no space', 8, 'etcdserver: mvcc: database space exceeded'],
    ['refuses the login', 7, 'etcdserver: permission denied'],
    ['does not accept it', 3, 'etcdserver: request is too large'],
  ] as const;

  it.each(laterAnswers)('stays unknown when etcd %s at the next', async (_, status, message) => {
    logs.newPrefix();
    const records = recordsFrom(START + 1, 1);
    const id = records[0]?.id ?? '';
    await openLog().create(snapshotAt(START));
    let tries = 0;
    const member = await DelayingMember.start(cluster.member(0).url, (call) => {
      if (!call.request.includes(id)) return false;
      tries += 1;
      if (tries > 1) call.end(status, message);
      return true;
    });
    const log = openLog({ urls: [member.url], callMs: 300, patienceMs: 1 });
    await expect(appended(log, records)).rejects.toMatchObject({ problem: 'unknown' });
    // The first try comes through when the client has its answer.
    await member.release();
    expect(await openLog().read(START + 1, 10)).toEqual(records);
    await member.close();
  });

  it.each(laterAnswers)(
    'stays unknown when etcd %s as the write is looked for',
    async (_, status, message) => {
      logs.newPrefix();
      const records = recordsFrom(START + 1, 1);
      const id = records[0]?.id ?? '';
      await openLog().create(snapshotAt(START));
      let isTried = false;
      const member = await DelayingMember.start(cluster.member(0).url, (call) => {
        if (isTried) call.end(status, message);
        isTried ||= call.request.includes(id);
        return isTried;
      });
      const log = openLog({ urls: [member.url], callMs: 300, patienceMs: 1 });
      await expect(appended(log, records)).rejects.toMatchObject({ problem: 'unknown' });
      await member.release();
      expect(await openLog().read(START + 1, 10)).toEqual(records);
      await member.close();
    },
  );
});

describe('an etcd that reports that it is full', () => {
  const FULL = 'etcdserver: mvcc: database space exceeded';

  it('has stored the change if it is found, and has refused it if it is not', async () => {
    logs.newPrefix();
    const [stored, refused] = [recordsFrom(START + 1, 1), recordsFrom(START + 2, 1)];
    const [storedId, refusedId] = [stored[0]?.id ?? '', refused[0]?.id ?? ''];
    await openLog().create(snapshotAt(START));
    const member: DelayingMember = await DelayingMember.start(cluster.member(0).url, (call) => {
      if (call.request.includes(storedId)) void member.forward(call).then(() => call.end(8, FULL));
      else if (call.request.includes(refusedId)) call.end(8, FULL);
      else return false;
      return true;
    });
    const log = openLog({ urls: [member.url] });
    const head = await appended(log, stored);
    expect(head).toEqual(await headOf(openLog()));
    await expect(log.append(head, refused)).rejects.toMatchObject({ problem: 'full' });
    expect(await headOf(openLog())).toEqual(head);
    await member.close();
  });

  it('has in its log what it acknowledged, and nothing that it refused', async () => {
    const small = await EtcdCluster.start({ members: 1, args: [`--quota-backend-bytes=${4 * 1024 * 1024}`] });
    try {
      logs.newPrefix();
      const writers = Array.from({ length: 4 }, () => openLog({ urls: small.urls }));
      await writers[0]?.create(snapshotAt(START));
      const outcomes = new Map<string, string>();
      await Promise.all(
        writers.map(async (log) => {
          for (let outcome = ''; outcome !== 'full'; ) {
            const seen = await headOf(log);
            const records = recordsFrom(seen.number + 1, 1, `x: ${'y'.repeat(100_000)}\n`);
            outcome = await log.append(seen, records).then(
              (end) => (end === 'overtaken' ? end : 'acknowledged'),
              (error: LogError) => error.problem,
            );
            outcomes.set(records[0]?.id ?? '', outcome);
          }
        }),
      );
      const { number } = await headOf(openLog({ urls: small.urls }));
      const stored = (await openLog({ urls: small.urls }).read(START + 1, number)).map(({ id }) => id);
      const idsOf = (...wanted: readonly string[]) =>
        [...outcomes].filter(([, outcome]) => wanted.includes(outcome)).map(([id]) => id);
      expect(idsOf('acknowledged').filter((id) => !stored.includes(id))).toEqual([]);
      expect(idsOf('full', 'overtaken').filter((id) => stored.includes(id))).toEqual([]);
    } finally {
      await small.close();
    }
  });
});
