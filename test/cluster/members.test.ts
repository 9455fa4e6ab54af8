// Leases that are kept alive, and servers that see each other, with a real etcd.

import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EtcdMirror } from '../../src/cluster/etcd-mirror.ts';
import { LogKeys } from '../../src/cluster/log-keys.ts';
import { sealed } from '../../src/cluster/member-values.ts';
import { EtcdError } from '../../src/etcd/etcd-error.ts';
import {
  codes,
  codesOf,
  endServers,
  leaseOf,
  serverOf,
  type TestServer,
} from '../support/cluster/test-servers.ts';
import { clientOf, closeClients, octets } from '../support/etcd/clients.ts';
import { EtcdCluster } from '../support/etcd/etcd-cluster.ts';
import { until } from '../support/until.ts';

const ABOUT = {
  name: 'evil',
  version: '1',
  urls: ['ldap://evil.example'],
  number: 1,
  head: 1,
  since: 1,
  at: 1,
  isStopped: false,
  notInForce: [],
  waiting: 0,
  problem: '',
};

let etcd: EtcdCluster;
let prefixes = 0;

beforeAll(async () => {
  etcd = await EtcdCluster.start({ members: 1 });
});

afterEach(async () => {
  await endServers();
  closeClients();
});

afterAll(() => etcd.close());

function newKeys(): LogKeys {
  prefixes += 1;
  return new LogKeys(`/members/${prefixes}`);
}

function states({ members }: TestServer): readonly string[] {
  return members.all.map(({ name, state, waiting }) => `${name} ${state} ${waiting}`);
}

/** Ends a server as a crash does, and its lease at once. */
async function endLeaseOf({ client, lease }: TestServer): Promise<void> {
  const { id = 0n } = lease;
  client.close();
  await clientOf(etcd.urls).revokeLease(id);
}

/** Lets the next transaction that changes the mark of an absence have no answer, although it is done. */
function loseAnswer({ client }: TestServer): void {
  const { transaction } = client;
  let isLost = false;
  client.transaction = async (request) => {
    const answer = await transaction.call(client, request);
    const isMark = request.success.some((one) => 'key' in one && one.key.endsWith('/away'));
    if (!isMark || isLost) return answer;
    isLost = true;
    throw new EtcdError('unknown', 'The member has not answered.');
  };
}

describe('a lease', () => {
  it('keeps the keys that are bound to it, until nobody renews it', async () => {
    const client = clientOf(etcd.urls);
    const reader = clientOf(etcd.urls);
    const { key } = newKeys().servers;
    let renewals = 0;
    const lease = leaseOf(client);
    lease.each(async (id) => {
      await client.put({ key, value: octets('here'), lease: id });
      renewals += 1;
    });
    // It would have ended after three.
    await until(() => renewals > 5);
    expect(lease.id).toBeDefined();
    client.close();
    await until(async () => (await reader.range({ key })).values.length === 0);
    await until(() => lease.id === undefined);
  });

  it('is lost when etcd does not answer, and another takes its place', async () => {
    const client = clientOf(etcd.urls, { callMs: 500, connectMs: 500, patienceMs: 500 });
    const lease = leaseOf(client);
    const { key } = newKeys().servers;
    let losses = 0;
    lease.onLost(() => losses++);
    lease.each(async (id) => void (await client.put({ key, value: octets('here'), lease: id })));
    await until(() => lease.id !== undefined);
    const before = lease.id;
    etcd.member(0).freeze();
    await until(() => losses > 0);
    expect(lease.id).toBeUndefined();
    etcd.member(0).thaw();
    await until(() => lease.id !== undefined);
    await until(async () => (await client.range({ key })).values[0]?.lease === lease.id);
    // etcd may have kept the old one while it stood still: then it is dropped all the same.
    expect([before, lease.id].every((id) => id !== undefined)).toBe(true);
  });
});

describe('servers', () => {
  it('see each other; who is missed is reported once, and so is who is back', async () => {
    const keys = newKeys();
    const [first, second, third] = [
      serverOf(etcd.urls, keys, 'a'),
      serverOf(etcd.urls, keys, 'b'),
      serverOf(etcd.urls, keys, 'c'),
    ];
    for (const one of [first, second, third])
      await until(() => states(one).join() === 'a here 0,b here 0,c here 0');
    third.self.waiting = 3;
    third.lease.wake();
    await until(() => states(first).includes('c here 3') && states(second).includes('c here 3'));
    await endLeaseOf(third);
    await until(() => [...first.told, ...second.told].length > 0);
    await until(() => states(first).includes('c away 3') && states(second).includes('c away 3'));
    // A new server learns from etcd who is missing.
    const later = serverOf(etcd.urls, keys, 'd');
    await until(() => states(later).join() === 'a here 0,b here 0,c away 3,d here 0');
    const again = serverOf(etcd.urls, keys, 'c', third.id);
    await until(() => states(first).includes('c here 0') && states(later).includes('c here 0'));
    const all = () => [first, second, later, again].flatMap(({ told }) => told);
    await until(() => all().length > 1);
    expect(all().sort()).toEqual(['c away 3', 'c back']);
    // Who stops says so.
    await again.members.close();
    await until(() => states(first).includes('c stopped 0'));
  });

  it('believe nothing that was written without the master key', async () => {
    const keys = newKeys();
    const server = serverOf(etcd.urls, keys, 'a');
    await until(() => states(server).length === 1);
    const client = clientOf(etcd.urls);
    const put = (id: string, kind: string, value: Uint8Array) =>
      client.put({ key: `${keys.server(id).key}${kind}`, value });
    const [forged, moved, hostile] = [randomUUID(), randomUUID(), randomUUID()];
    await put(forged, 'about', sealed(codesOf(2), forged, 'about', ABOUT));
    await put(moved, 'about', sealed(codes, forged, 'about', ABOUT));
    const values = ['', '{', 'null', '{"text":7}', '\u0000'.repeat(70_000)];
    for (const value of values) await put(hostile, 'about', octets(value));
    await put(server.id, 'away', octets('{"text":"{\\"since\\":1}","code":"00"}'));
    const genuine = randomUUID();
    await put(genuine, 'about', sealed(codes, genuine, 'about', { ...ABOUT, name: 'z' }));
    await until(() => states(server).some((text) => text.startsWith('z ')));
    expect(states(server).map((text) => text.slice(0, 2))).toEqual(['a ', 'z ']);
    expect(server.told).toEqual([]);
  });

  it('report who is missed and who is back, also if etcd does not say what came of the record', async () => {
    const keys = newKeys();
    const [first, other] = [serverOf(etcd.urls, keys, 'a'), serverOf(etcd.urls, keys, 'b')];
    await until(() => states(first).join() === 'a here 0,b here 0');
    loseAnswer(first);
    await endLeaseOf(other);
    const told = (count: number) => {
      first.lease.wake();
      return first.told.length >= count;
    };
    await until(() => told(1));
    loseAnswer(first);
    serverOf(etcd.urls, keys, 'b', other.id);
    await until(() => told(2));
    expect(first.told).toEqual(['b away 0', 'b back']);
  });

  it('say last that they stop, also while they say something else', async () => {
    const keys = newKeys();
    const [first, other] = [serverOf(etcd.urls, keys, 'a'), serverOf(etcd.urls, keys, 'b')];
    for (const one of [first, other]) await until(() => states(one).join() === 'a here 0,b here 0');
    const { client, members, lease } = first;
    const { transaction } = client;
    const going = Promise.withResolvers<void>();
    let count = 0;
    client.transaction = async (request) => {
      count += 1;
      if (count === 1) await going.promise;
      return transaction.call(client, request);
    };
    first.self.waiting = 1;
    lease.wake();
    await until(() => count === 1);
    const closing = members.close();
    expect(count).toBe(1);
    going.resolve();
    await closing;
    await until(() => states(other).includes('a stopped 1'));
  });

  it('miss those that they have not seen after a while by their own clock', async () => {
    const keys = newKeys();
    const id = randomUUID();
    const value = sealed(codes, id, 'about', { ...ABOUT, name: 'z' });
    await clientOf(etcd.urls).put({ key: `${keys.server(id).key}about`, value });
    let elapsed = 0;
    const server = serverOf(etcd.urls, keys, 'a', randomUUID(), () => elapsed);
    await until(() => states(server).join() === 'a here 0,z away 0');
    expect(server.told).toEqual([]);
    elapsed = 30_000;
    server.lease.wake();
    await until(() => server.told.join() === 'z away 0');
    // Nobody has seen it go.
    expect(server.members.all.find(({ name }) => name === 'z')?.isSinceNews).toBe(true);
  });
});

describe('a mirror', () => {
  it('keeps the keys that are wanted, and no more octets than it may', async () => {
    const { servers } = newKeys();
    const client = clientOf(etcd.urls);
    const value = Buffer.alloc(65_000);
    const numbers = Array.from({ length: 70 }, (_, index) => 100 + index);
    await Promise.all(numbers.map((number) => client.put({ key: `${servers.key}${number}`, value })));
    await client.put({ key: `${servers.key}other`, value: octets('other') });
    const mirror = new EtcdMirror(client, servers, (key) => !key.endsWith('other'));
    await until(() => mirror.isCurrent);
    const size = () =>
      [...mirror.values.values()].reduce((sum, one) => sum + one.key.length + one.value.length, 0);
    expect(size()).toBeGreaterThan(4_000_000);
    expect(size()).toBeLessThanOrEqual(4 * 1024 * 1024);
    // What goes makes room.
    await client.delete({ key: `${servers.key}100` });
    await client.put({ key: `${servers.key}other`, value: octets('again') });
    await client.put({ key: `${servers.key}last`, value });
    await until(() => mirror.values.has(`${servers.key}last`));
    expect(size()).toBeLessThanOrEqual(4 * 1024 * 1024);
    expect(mirror.values.has(`${servers.key}other`)).toBe(false);
    client.close();
    await mirror.close();
  });
});
