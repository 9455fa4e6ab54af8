// Servers of a cluster start whatever became of etcd: without changes, from what they have, and they say what to do.

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mailServerDn, mailServerLdif } from '../mail/mail-servers-in-ldif.ts';
import { runHere } from '../support/confdit-program.ts';
import { EtcdCluster } from '../support/etcd/etcd-cluster.ts';
import { removeFolder } from '../support/folders.ts';
import { freePort } from '../support/free-port.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { endReceivers, SmtpReceiver } from '../support/mail/smtp-receiver.ts';
import { copySample } from '../support/sample-instance.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { runTask } from '../support/tasks.ts';
import { until } from '../support/until.ts';

const POLICIES = 'cn=Password Policies,cn=config';
const SAMPLE_PASSWORD = 'sample-administrator-1';

let etcd: EtcdCluster;
let base: string;

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'confdit-cluster-'));
  etcd = await EtcdCluster.start({ members: 1 });
});

afterAll(async () => {
  await endReceivers();
  await etcd.close();
  await removeFolder(base);
});

function environmentOf(prefix: string) {
  return { CONFDIT_ETCD: etcd.urls.join(), CONFDIT_ETCD_PREFIX: prefix };
}

async function cluster(word: string, folder: string, prefix: string, ...more: readonly string[]) {
  const words = ['cluster', word, '--instance', folder, ...more];
  return runHere(words, { environment: environmentOf(prefix) });
}

function mailServer(name: string, port: number): string {
  return mailServerLdif(name, { 'smtp-server': `127.0.0.1:${port}`, 'use-start-tls': false });
}

describe('a server whose copy has more than etcd, which was restored from a backup', () => {
  const prefix = '/confdit/restored';

  it('starts with its copy, sends mail, takes no changes, and says how to go on', async () => {
    const receiver = await SmtpReceiver.start({ hideSTARTTLS: true });
    const alone = await startServer();
    const { folder, password } = alone;
    await alone.stop();
    expect(await cluster('init', folder, prefix)).toMatchObject({ code: 0 });
    let server = await startServer({ folder, password, environment: environmentOf(prefix) });
    const backup = await etcd.save();
    expect(await new LdapTools(server).add(mailServer('After', receiver.port))).toMatchObject({ code: 0 });
    expect((await cluster('check', folder, prefix)).stdout).toContain('as its cluster in etcd has it');
    await server.stop();
    await etcd.restore(backup);

    server = await startServer({ folder, password, environment: environmentOf(prefix) });
    const failure = await server.waitForLog(({ msg }) => msg.includes('was restored from an older backup'));
    expect(failure.msg).toMatch(
      /^The cluster in etcd ends with change \d+, and this server has change \d+: etcd/,
    );
    const message = ['sender: a@example.com', 'recipient: b@example.com'].map((one) => `ds-task-mail-${one}`);
    const named = `ds-task-mail-server: ${mailServerDn('After')}`;
    const sent = await runTask(new LdapTools(server), 'ds-task-send-test-message', [named, ...message]);
    expect(sent.first('ds-task-state')).toBe('COMPLETED_SUCCESSFULLY');
    expect(receiver.messages).toHaveLength(1);
    const refused = await new LdapTools(server).add(mailServer('Refused', receiver.port));
    expect(refused).toMatchObject({ code: 52, stderr: expect.stringContaining('an older backup') });
    const checked = await cluster('check', folder, prefix);
    expect(checked).toMatchObject({ code: 1, stderr: expect.stringContaining('confdit cluster leave') });
    await server.stop();

    // What the command says to do.
    const again = '/confdit/restored-again';
    expect(await cluster('leave', folder, again)).toMatchObject({ code: 0 });
    expect(await cluster('init', folder, again)).toMatchObject({ code: 0 });
    server = await startServer({ folder, password, environment: environmentOf(again) });
    expect(await new LdapTools(server).add(mailServer('Taken', receiver.port))).toMatchObject({ code: 0 });
    await server.stop();
  });
});

describe('servers of an instance of an earlier version', () => {
  const prefix = '/confdit/upgraded';
  const start = async (folder: string): Promise<RunningServer> => {
    const ports = { HTTP_PORT: String(await freePort()), SINK_PORT: String(await freePort()) };
    return startServer({
      folder,
      password: SAMPLE_PASSWORD,
      environment: { ...environmentOf(prefix), ...ports },
    });
  };
  const policies = (server: RunningServer) => new LdapTools(server).search(POLICIES, '-s', 'one', 'cn');

  it('start while etcd takes no changes, and add together what their version has', async () => {
    const here = await copySample('0.1.0');
    const there = join(base, 'there');
    expect(await cluster('init', here, prefix)).toMatchObject({ code: 0 });
    const key = join(here, 'config', 'keys', 'master.key');
    expect(await cluster('join', there, prefix, '--master-key', key)).toMatchObject({ code: 0 });
    await etcd.member(0).end();
    const early = await start(here);
    expect(await policies(early)).toMatchObject({ code: 32 });
    await early.stop();
    etcd.member(0).start();
    await etcd.healthy();
    const both = await Promise.all([here, there].map(start));
    for (const server of both) await until(async () => (await policies(server)).code === 0);
    const [one, other] = await Promise.all(both.map(policies));
    expect(one?.stdout).toContain('cn: Default Password Policy');
    expect(one?.stdout).toBe(other?.stdout);
  });
});
