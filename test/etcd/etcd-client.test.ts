// The client against three real members that are killed, stopped, and away.

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { EtcdClient } from '../../src/etcd/etcd-client.ts';
import { EtcdError } from '../../src/etcd/etcd-error.ts';
import { clientOf, closeClients, endOf, octets, putSurely } from '../support/etcd/clients.ts';
import { EtcdCluster, type EtcdMember } from '../support/etcd/etcd-cluster.ts';
import { until } from '../support/until.ts';

let cluster: EtcdCluster;
let keys = 0;

beforeAll(async () => {
  cluster = await EtcdCluster.start();
});

afterEach(closeClients);

afterAll(() => cluster.close());

/** A prefix that no other test has. */
function newPrefix(): string {
  keys += 1;
  return `test${keys}/`;
}

/** The URLs, beginning with that of a member. */
function urlsFrom(member: EtcdMember): string[] {
  return [member.url, ...cluster.urls.filter((url) => url !== member.url)];
}

async function valueAt(client: EtcdClient, key: string): Promise<string | undefined> {
  const { values } = await client.range({ key });
  return values[0] === undefined ? undefined : Buffer.from(values[0].value).toString('utf8');
}

/** Collects events of a watch as `key=value`, until it is stopped. */
function collect(client: EtcdClient, prefix: string, fromRevision: bigint) {
  const ending = new AbortController();
  const seen: string[] = [];
  const signs = { count: 0 };
  const ended = (async () => {
    for await (const { events } of client.watch(
      { key: prefix, end: endOf(prefix), fromRevision },
      ending.signal,
    )) {
      signs.count += 1;
      for (const { type, value } of events) {
        const text = type === 'delete' ? 'deleted' : Buffer.from(value.value).toString('utf8');
        seen.push(`${value.key.slice(prefix.length)}=${text}`);
      }
    }
  })();
  return { seen, signs, stop: () => ending.abort(), ended };
}

describe('calls', () => {
  it('put, read, compare and delete', async () => {
    const client = clientOf(cluster.urls);
    const prefix = newPrefix();
    const put = await client.put({ key: `${prefix}a`, value: octets('ä\0') });
    const { values, count, hasMore } = await client.range({ key: `${prefix}a` });
    expect([count, hasMore]).toEqual([1, false]);
    expect(values[0]).toMatchObject({
      key: `${prefix}a`,
      createRevision: put.revision,
      modRevision: put.revision,
    });
    expect(await valueAt(client, `${prefix}a`)).toBe('ä\0');
    const comparisons = [{ target: 'modRevision', key: `${prefix}a`, equals: put.revision } as const];
    const transaction = {
      comparisons,
      success: [
        { type: 'put', key: `${prefix}a`, value: octets('b') },
        { type: 'delete', key: `${prefix}c` },
      ],
      failure: [{ type: 'range', key: `${prefix}a` }],
    } as const;
    expect(await client.transaction(transaction)).toMatchObject({ succeeded: true, ranges: [] });
    const second = await client.transaction(transaction);
    expect(second.succeeded).toBe(false);
    expect(Buffer.from(second.ranges[0]?.values[0]?.value ?? []).toString()).toBe('b');
    await client.delete({ key: prefix, end: endOf(prefix) });
    expect(await valueAt(client, `${prefix}a`)).toBeUndefined();
  });

  it('say what is wrong with a request', async () => {
    const client = clientOf(cluster.urls);
    const tooLarge = client.put({ key: 'large', value: Buffer.alloc(2_000_000) });
    await expect(tooLarge).rejects.toMatchObject({
      problem: 'too-large',
      message: expect.stringMatching(
        /^The etcd member http:\S+ refuses a request: it takes no request of this size/,
      ),
    });
    expect(await client.keepAlive(4711n)).toMatchObject({ ttl: 0 });
  });
});

describe('a member that fails', () => {
  it('is left for another when it is killed, and no acknowledged write is lost', async () => {
    const leader = await cluster.leader();
    const client = clientOf(urlsFrom(leader));
    const prefix = newPrefix();
    const acknowledged: string[] = [];
    let isUnderWay = true;
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let index = 0; isUnderWay; index++) {
        const key = `${prefix}${writer}-${index}`;
        try {
          await client.put({ key, value: octets(key) });
          acknowledged.push(key);
        } catch (error) {
          if (!(error instanceof EtcdError) || error.problem !== 'unknown') throw error;
        }
      }
    });
    await until(() => acknowledged.length > 50);
    await leader.end('SIGKILL');
    const before = acknowledged.length;
    await until(() => acknowledged.length > before + 50);
    isUnderWay = false;
    await Promise.all(writers);
    const found = new Set<string>();
    for await (const { values } of client.pages({ key: prefix, end: endOf(prefix) })) {
      for (const { key } of values) found.add(key);
    }
    expect(acknowledged.filter((key) => !found.has(key))).toEqual([]);
    leader.start();
    await cluster.healthy();
  });

  it('is left for another when it is frozen', async () => {
    const member = cluster.member(1);
    const client = clientOf(urlsFrom(member), { callMs: 1000 });
    const prefix = newPrefix();
    await putSurely(client, `${prefix}a`, '1');
    member.freeze();
    // A write that a frozen member has taken may be done later; a read says what is so.
    await client.put({ key: `${prefix}a`, value: octets('2') }).catch((error: EtcdError) => {
      expect(error.problem).toBe('unknown');
      expect(error.message).toContain(`${member.url} cannot serve a request: it did not answer within 1 s`);
    });
    expect(['1', '2']).toContain(await valueAt(client, `${prefix}a`));
    await putSurely(client, `${prefix}a`, '3');
    expect(await valueAt(client, `${prefix}a`)).toBe('3');
    member.thaw();
    await cluster.healthy();
  });

  it('is named with the others when all are away, and used again when they are back', async () => {
    const client = clientOf(cluster.urls);
    const prefix = newPrefix();
    await putSurely(client, `${prefix}a`, '1');
    await Promise.all(cluster.members.map((member) => member.end('SIGKILL')));
    const others = clientOf(cluster.urls, { patienceMs: 1 });
    const error = await others.range({ key: `${prefix}a` }).catch((caught: EtcdError) => caught);
    if (!(error instanceof EtcdError)) throw new Error('The members are away, and answer.');
    expect(error.problem).toBe('unavailable');
    for (const url of cluster.urls) {
      expect(error.message).toContain(
        `The etcd member ${url} cannot be reached: nothing listens on that port.`,
      );
    }
    for (const member of cluster.members) member.start();
    await cluster.healthy();
    expect(await valueAt(client, `${prefix}a`)).toBe('1');
  });

  it('refuses what needs a leader, at once', async () => {
    await cluster.member(1).end('SIGKILL');
    await cluster.member(2).end('SIGKILL');
    const client = clientOf([cluster.member(0).url], { patienceMs: 1 });
    const refused = async () => {
      const error = await client.put({ key: 'a', value: octets('1') }).catch((caught: EtcdError) => caught);
      return (
        error instanceof EtcdError && error.problem === 'unavailable' && error.message.includes('no leader')
      );
    };
    await until(refused);
    cluster.member(1).start();
    cluster.member(2).start();
    await cluster.healthy();
  });
});

describe('a watch', () => {
  it('delivers each event once, in order, while its member is killed', async () => {
    const member = cluster.member(0);
    const writer = clientOf(cluster.urls.slice(1));
    const prefix = newPrefix();
    const revision = await putSurely(writer, `${prefix}before`, '0');
    const { seen, stop, ended } = collect(clientOf(urlsFrom(member)), prefix, revision + 1n);
    const expected: string[] = [];
    const write = async (count: number) => {
      for (let index = 0; index < count; index++) {
        const key = `k${expected.length % 7}`;
        const value = String(expected.length);
        expected.push(`${key}=${value}`);
        await putSurely(writer, `${prefix}${key}`, value);
      }
    };
    await write(30);
    await until(() => seen.length >= 10);
    await member.end('SIGKILL');
    await write(30);
    await until(() => seen.length >= expected.length);
    expect(seen).toEqual(expected);
    await writer.delete({ key: `${prefix}k0` }).catch(() => {});
    await until(() => seen.length > expected.length);
    expect(seen.at(-1)).toBe('k0=deleted');
    stop();
    await ended;
    member.start();
    await cluster.healthy();
  });

  it('leaves a member that is silent', async () => {
    const member = cluster.member(1);
    const prefix = newPrefix();
    const writer = clientOf(cluster.urls.filter((url) => url !== member.url));
    const revision = await putSurely(writer, `${prefix}a`, '0');
    const { seen, signs, stop, ended } = collect(clientOf(urlsFrom(member)), prefix, revision + 1n);
    // The first is that the watch exists; another comes only when it was asked for.
    await until(() => signs.count >= 2);
    member.freeze();
    await putSurely(writer, `${prefix}a`, '1');
    await until(() => seen.length > 0);
    expect(seen).toEqual(['a=1']);
    member.thaw();
    stop();
    await ended;
    await cluster.healthy();
  });

  it('reports what is compacted, with the revision', async () => {
    const client = clientOf(cluster.urls);
    const prefix = newPrefix();
    const first = await putSurely(client, `${prefix}a`, '1');
    const last = await putSurely(client, `${prefix}a`, '2');
    await client.compact(last);
    const { ended } = collect(client, prefix, first);
    await expect(ended).rejects.toMatchObject({ problem: 'compacted', compactRevision: last });
    await expect(client.range({ key: `${prefix}a`, revision: first })).rejects.toMatchObject({
      problem: 'compacted',
    });
  });
});
