/**
 * Times of single changes: how long one put of etcd takes, when a change is seen everywhere, and how long a watcher whose server is
 * killed sees nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { EtcdClient } from '../../src/etcd/etcd-client.ts';
import { Attribute } from '../../src/ldap/entry.ts';
import { LdapClient } from '../../src/ldap-client/ldap-client.ts';
import { mailServerName } from '../requests.ts';
import type { RunningServer } from '../servers/server.ts';
import type { ServerGroup } from './group.ts';
import { Watcher } from './watcher.ts';

/** About what confdit stores for one modify. */
const VALUE_OCTETS = 700;
const TIMEOUT_MS = 60_000;
/** A watcher that is refused asks the next server after this time, as one of an application might. */
const RETRY_MS = 10;
/** Between the changes that a watcher is to see while its server is killed. */
const CHANGE_PAUSE_MS = 5;
/** Changes that a watcher sees before its server is killed. */
const BEFORE_KILL = 5;

let lastNumber = Date.now();

/** Puts values one after the other. Returns the milliseconds that each put took. */
export async function timePuts(client: EtcdClient, seconds: number): Promise<number[]> {
  const times: number[] = [];
  await putFor(client, seconds, times);
  return times;
}

/** Puts values from so many loops at once. Returns puts a second. */
export async function ratePuts(client: EtcdClient, seconds: number, atOnce: number): Promise<number> {
  const times: number[] = [];
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: atOnce }, () => putFor(client, seconds, times)));
  return times.length / ((performance.now() - startedAt) / 1000);
}

async function putFor(client: EtcdClient, seconds: number, times: number[]): Promise<void> {
  const endAt = performance.now() + seconds * 1000;
  const value = Buffer.alloc(VALUE_OCTETS, 0x2e);
  for (let at = performance.now(); at < endAt; ) {
    lastNumber += 1;
    await client.put({ key: `puts/${lastNumber}`, value });
    const now = performance.now();
    times.push(now - at);
    at = now;
  }
}

/**
 * Changes one mail server at the first server, again and again. Returns the milliseconds from each request until it was answered and
 * every other server had sent the change to a client that follows it there.
 */
export async function timeVisible({ servers }: ServerGroup, seconds: number): Promise<number[]> {
  const [first, ...others] = servers;
  if (first === undefined) throw new RangeError('The group has no server.');
  const dn = dnAt(first);
  const writer = await connect(first);
  let value = '';
  let missing = 0;
  let seen = Promise.withResolvers<void>();
  const watchers = others.map(
    (server) =>
      new Watcher(server, dn, undefined, {
        seen: (found) => {
          if (found === value) missing -= 1;
          if (missing === 0) seen.resolve();
        },
        lost: (reason) => seen.reject(new Error(reason)),
      }),
  );
  await Promise.all(watchers.map(({ watching }) => watching));
  const times: number[] = [];
  const endAt = performance.now() + seconds * 1000;
  while (performance.now() < endAt) {
    value = nextValue();
    missing = others.length;
    seen = Promise.withResolvers();
    const startedAt = performance.now();
    await Promise.all([change(writer, dn, value), seen.promise]);
    times.push(performance.now() - startedAt);
  }
  for (const watcher of watchers) watcher.close();
  writer.close();
  return times;
}

/**
 * Kills the last server, which a client follows; the client goes on at the first one, which takes changes all the time. Returns the
 * milliseconds from the kill until the client has the first change that was asked for after it. The server is started again.
 */
export async function timeFailOver(group: ServerGroup): Promise<number> {
  const [first] = group.servers;
  const index = group.servers.length - 1;
  const last = group.servers[index];
  if (first === undefined || last === undefined) throw new RangeError('The group has no server.');
  const dn = dnAt(first);
  const writer = await connect(first);
  const found = Promise.withResolvers<void>();
  let count = 0;
  let isNextLate = false;
  const late = new Set<string>();
  const seen = (value: string) => {
    count += 1;
    if (late.has(value)) found.resolve();
  };
  let watcher = new Watcher(last, dn, undefined, { seen, lost: () => goOn() });
  const goOn = () => {
    watcher = new Watcher(first, dn, watcher.cookie, {
      seen,
      lost: () => setTimeout(goOn, RETRY_MS),
    });
  };
  await watcher.watching;
  let isOver = false;
  const writing = (async () => {
    while (!isOver) {
      const value = nextValue();
      if (isNextLate) late.add(value);
      await change(writer, dn, value);
      await sleep(CHANGE_PAUSE_MS);
    }
  })();
  while (count < BEFORE_KILL) await sleep(RETRY_MS);
  const killedAt = performance.now();
  isNextLate = true;
  const ended = group.end(index, true);
  await found.promise;
  const ms = performance.now() - killedAt;
  isOver = true;
  await Promise.all([writing, ended]);
  watcher.close();
  writer.close();
  await group.restart(index);
  return ms;
}

function dnAt({ target }: RunningServer): string {
  return `cn=${mailServerName(1)},${target.container}`;
}

function nextValue(): string {
  lastNumber += 1;
  return `mail.smtp.localhost=client-${lastNumber}.example.com`;
}

async function connect({ port, target }: RunningServer): Promise<LdapClient> {
  const place = { host: '127.0.0.1', port };
  const client = await LdapClient.open({ place, security: 'none', timeoutMs: TIMEOUT_MS });
  const { result } = await client.bind({ dn: target.bindDn, password: target.password });
  if (result.code !== 0) throw new Error(`the login was refused with ${result.code}`);
  return client;
}

async function change(client: LdapClient, dn: string, value: string): Promise<void> {
  const attribute = new Attribute('ds-cfg-smtp-property', [value]);
  const { result } = await client.ask({
    type: 'modifyRequest',
    dn,
    modifications: [{ operation: 'replace', attribute }],
  });
  if (result.code !== 0)
    throw new Error(`the change was refused with ${result.code}: ${result.diagnosticMessage}`);
}
