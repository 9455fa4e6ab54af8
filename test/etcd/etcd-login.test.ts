// The client against members that ask for TLS, certificates and passwords, and against one without space.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EtcdLog } from '../../src/cluster/etcd-log.ts';
import { FileReader } from '../../src/files/file-reader.ts';
import { appended, recordsFrom, START, snapshotAt } from '../cluster/log-conformance.ts';
import { Authority, type Issued } from '../support/certificates.ts';
import { clientOf, closeClients, octets, putSurely } from '../support/etcd/clients.ts';
import { EtcdCluster } from '../support/etcd/etcd-cluster.ts';
import { until } from '../support/until.ts';

let authority: Authority;
let issued: Issued;

beforeAll(async () => {
  authority = await Authority.create('etcd Authority');
  issued = await authority.issue();
});

afterEach(closeClients);

afterAll(() => authority.remove());

const QUICK = { patienceMs: 1 };

async function fileWith(name: string, text: string): Promise<string> {
  const path = join(authority.folder, name);
  await writeFile(path, text);
  return path;
}

describe('TLS', () => {
  let cluster: EtcdCluster;

  beforeAll(async () => {
    const { certificateFile, keyFile } = issued;
    const tls = { certificateFile, keyFile, clientAuthority: authority.certificateFile };
    cluster = await EtcdCluster.start({ members: 1, tls });
  });

  afterAll(() => cluster.close());

  it('lets a client in that trusts the authority and shows a certificate', async () => {
    const { certificateFile, keyFile } = issued;
    const files = { authorityFile: authority.certificateFile, certificateFile, keyFile };
    const client = clientOf(cluster.urls, files);
    await client.put({ key: 'a', value: octets('1') });
    const byName = cluster.urls.map((url) => url.replace('127.0.0.1', 'localhost'));
    expect((await clientOf(byName, files).range({ key: 'a' })).count).toBe(1);
  });

  it('says why not', async () => {
    const { certificateFile, keyFile } = issued;
    const other = await Authority.create('Other Authority');
    const stranger = await other.issue();
    const authorityFile = authority.certificateFile;
    const wrongName = await authority.issue({ names: 'DNS:elsewhere.example.com' });
    const misnamed = await EtcdCluster.start({ members: 1, tls: wrongName });
    const reasons = async (urls: readonly string[], files: Parameters<typeof clientOf>[1]) => {
      const client = clientOf(urls, { ...QUICK, ...files });
      return client.range({ key: 'a' }).then(
        () => 'it answers',
        (error: Error) => error.message,
      );
    };
    const plain = cluster.urls.map((url) => url.replace('https:', 'http:'));
    expect(await reasons(cluster.urls, { certificateFile, keyFile })).toContain(
      'the authority of its certificate is not trusted',
    );
    expect(await reasons(cluster.urls, { authorityFile })).toContain('certificate of this server');
    expect(
      await reasons(cluster.urls, {
        authorityFile,
        certificateFile: stranger.certificateFile,
        keyFile: stranger.keyFile,
      }),
    ).toContain('certificate of this server');
    expect(await reasons(misnamed.urls, { authorityFile })).toContain('its certificate is for another name');
    expect(await reasons(plain, {})).toContain('its URL may have to begin with https:');
    expect(await reasons(cluster.urls, { authorityFile: '/nowhere/ca.pem' })).toContain('/nowhere/ca.pem');
    await misnamed.close();
    await other.remove();
  });
});

describe('a login', () => {
  let cluster: EtcdCluster;
  let passwordFile: string;

  beforeAll(async () => {
    cluster = await EtcdCluster.start({ members: 1 });
    passwordFile = await fileWith('password', 'app-password\n');
    await cluster.ctl('user', 'add', 'root:root-password');
    await cluster.ctl('user', 'grant-role', 'root', 'root');
    await cluster.ctl('role', 'add', 'app');
    await cluster.ctl('role', 'grant-permission', 'app', 'readwrite', 'app/', 'app0');
    await cluster.ctl('user', 'add', 'app:app-password');
    await cluster.ctl('user', 'grant-role', 'app', 'app');
    await cluster.ctl('auth', 'enable');
  });

  afterAll(() => cluster.close());

  const asRoot = ['--user', 'root:root-password'];

  it('allows what the user may do, and no more', async () => {
    const client = clientOf(cluster.urls, { login: { user: 'app', passwordFile } });
    await client.put({ key: 'app/a', value: octets('1') });
    await expect(client.put({ key: 'other', value: octets('1') })).rejects.toMatchObject({
      problem: 'permission',
      message: expect.stringContaining('the user has no permission for these keys'),
    });
    expect((await client.range({ key: 'app/a' })).count).toBe(1);
  });

  it('that is missing or wrong is named, without the password', async () => {
    const wrong = await fileWith('wrong', 'not-the-password');
    await expect(clientOf(cluster.urls).range({ key: 'app/a' })).rejects.toMatchObject({
      problem: 'unauthenticated',
      message: expect.stringContaining('it asks for a user and a password'),
    });
    const client = clientOf(cluster.urls, { login: { user: 'app', passwordFile: wrong } });
    await expect(client.range({ key: 'app/a' })).rejects.toMatchObject({
      problem: 'unauthenticated',
      message: expect.not.stringContaining('not-the-password'),
    });
    const absent = clientOf(cluster.urls, { login: { user: 'app', passwordFile: '/nowhere/password' } });
    await expect(absent.range({ key: 'app/a' })).rejects.toMatchObject({ problem: 'invalid' });
  });

  it('is renewed when its token ends, for calls, watches and leases', async () => {
    const client = clientOf(cluster.urls, { login: { user: 'app', passwordFile } });
    const revision = await putSurely(client, 'app/b', '0');
    const ending = new AbortController();
    const seen: string[] = [];
    const watching = (async () => {
      let fromRevision = revision + 1n;
      while (!ending.signal.aborted) {
        try {
          for await (const { events } of client.watch({ key: 'app/b', fromRevision }, ending.signal)) {
            for (const { value } of events) {
              seen.push(Buffer.from(value.value).toString());
              fromRevision = value.modRevision + 1n;
            }
          }
        } catch (error) {
          // The only member is away for a while.
          expect(error).toMatchObject({ problem: 'unavailable' });
        }
      }
    })();
    await putSurely(client, 'app/b', '1');
    await until(() => seen.length === 1);
    const { id } = await client.grantLease(60);
    // Every change of users makes all tokens old; a restart forgets them.
    await cluster.ctl(...asRoot, 'user', 'add', 'another:password');
    await putSurely(client, 'app/b', '2');
    expect((await client.keepAlive(id)).ttl).toBeGreaterThan(0);
    await cluster.member(0).end();
    cluster.member(0).start();
    // etcdctl calls a member unhealthy that asks for a login.
    const isBack = () => client.range({ key: 'app/b' }).then(Boolean, () => false);
    await until(isBack);
    await putSurely(client, 'app/b', '3');
    await until(() => seen.length === 3);
    expect(seen).toEqual(['1', '2', '3']);
    expect((await client.keepAlive(id)).ttl).toBeGreaterThan(0);
    ending.abort();
    await watching;
  });

  it('takes a new password from its file', async () => {
    const client = clientOf(cluster.urls, { login: { user: 'app', passwordFile } });
    await client.range({ key: 'app/b' });
    await cluster.ctl(...asRoot, 'user', 'delete', 'app');
    await cluster.ctl(...asRoot, 'user', 'add', 'app:second-password');
    await cluster.ctl(...asRoot, 'user', 'grant-role', 'app', 'app');
    await expect(client.range({ key: 'app/b' })).rejects.toMatchObject({ problem: 'unauthenticated' });
    await writeFile(passwordFile, 'second-password\n');
    expect((await client.range({ key: 'app/b' })).count).toBe(1);
  });

  it('is no longer needed when etcd stops asking for it', async () => {
    const client = clientOf(cluster.urls, { login: { user: 'app', passwordFile } });
    await client.range({ key: 'app/b' });
    await cluster.ctl(...asRoot, 'auth', 'disable');
    expect((await client.range({ key: 'app/b' })).count).toBe(1);
    const fresh = clientOf(cluster.urls, { login: { user: 'app', passwordFile } });
    expect((await fresh.range({ key: 'app/b' })).count).toBe(1);
  });
});

describe('a full database', () => {
  it('is reported, refuses the log new records, and takes them again after the alarm', async () => {
    const cluster = await EtcdCluster.start({
      members: 1,
      args: [`--quota-backend-bytes=${2 * 1024 * 1024}`],
    });
    const log = new EtcdLog({
      prefix: '/full',
      urls: cluster.urls,
      files: new FileReader(),
      now: () => Date.now(),
    });
    const head = await log.create(snapshotAt(START));
    const client = clientOf(cluster.urls);
    const value = Buffer.alloc(200_000, 'x');
    const fill = async () => {
      for (;;) await client.put({ key: 'filler', value });
    };
    await expect(fill()).rejects.toMatchObject({
      problem: 'full',
      message: expect.stringContaining('etcdctl alarm disarm'),
    });
    await expect(log.append(head, recordsFrom(START + 1, 1))).rejects.toMatchObject({ problem: 'full' });
    expect(await log.head()).toEqual(head);
    // Deletes and the compaction are done all the same.
    await log.trim(START + 1);
    await cluster.ctl('defrag');
    await cluster.ctl('alarm', 'disarm');
    expect(await appended(log, recordsFrom(START + 1, 1))).toMatchObject({ number: START + 1 });
    await log.close();
    await cluster.close();
  });
});
