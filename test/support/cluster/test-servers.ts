// Servers of a cluster for tests, as far as others see them: each with a client, a lease and an entry of its own.

import { createSecretKey, randomUUID } from 'node:crypto';
import { ClusterKeys } from '../../../src/cluster/cluster-keys.ts';
import { EtcdLease } from '../../../src/cluster/etcd-lease.ts';
import type { LogKeys } from '../../../src/cluster/log-keys.ts';
import { type Member, Members, type SelfDescription } from '../../../src/cluster/members.ts';
import type { EtcdClient } from '../../../src/etcd/etcd-client.ts';
import { clientOf } from '../etcd/clients.ts';

/** Seconds: the shortest that a member grants with its election timeout. */
const SHORT_TTL = 2;
/** Seconds: longer than the processors are kept from a test, however busy the machine is. */
const LONG_TTL = 60;
const HISTORY = '7c5f3c1e-0000-4000-8000-000000000001';

export const codes = codesOf(1);
const ends: (() => Promise<void>)[] = [];

/** Returns the keys of a cluster with another master key. */
export function codesOf(octet: number): ClusterKeys {
  const key = createSecretKey(Buffer.alloc(32, octet));
  return new ClusterKeys({ id: 'test', key }, HISTORY);
}

export interface TestServer {
  readonly members: Members;
  readonly client: EtcdClient;
  readonly lease: EtcdLease;
  readonly id: string;
  /** Reports of this server about others. */
  readonly told: string[];
  readonly self: { -readonly [Name in keyof SelfDescription]: SelfDescription[Name] };
}

/** Opens a lease; `endServers` ends it. */
export function leaseOf(client: EtcdClient, ttl: number = SHORT_TTL): EtcdLease {
  const lease = new EtcdLease({ client, elapsed: () => performance.now(), ttl });
  ends.push(async () => {
    client.close();
    await lease.close();
  });
  return lease;
}

/** Opens a server that announces itself, and whose lease does not end by itself; `endServers` ends it. */
export function serverOf(
  urls: readonly string[],
  keys: LogKeys,
  name: string,
  id: string = randomUUID(),
  elapsed = () => performance.now(),
): TestServer {
  const client = clientOf(urls);
  const told: string[] = [];
  const reports = {
    away: (member: Member) => told.push(`${member.name} ${member.state} ${member.waiting}`),
    back: (member: Member) => told.push(`${member.name} back`),
  };
  const lease = leaseOf(client, LONG_TTL);
  const members = new Members({ client, lease, keys, codes, id, now: () => new Date(), elapsed, reports });
  ends.push(() => members.close());
  const self = {
    name,
    version: '1.0.0',
    urls: [`ldap://${name}.example:1389`],
    number: 7,
    since: Date.now(),
    notInForce: [],
    waiting: 0,
    problem: '',
  };
  members.announce(() => self);
  return { members, client, lease, id, told, self };
}

export async function endServers(): Promise<void> {
  for (const end of ends.splice(0)) await end();
}
