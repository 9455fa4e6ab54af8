// The servers of a cluster as each of them shows them: who is there, what is not in force where, who is away with how many
// messages; plans that every server tries; and a server that leaves.

import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { mailServerLdif } from '../mail/mail-servers-in-ldif.ts';
import { confditFor, runHere } from '../support/confdit-program.ts';
import { EtcdCluster } from '../support/etcd/etcd-cluster.ts';
import { removeFolder } from '../support/folders.ts';
import { freePort } from '../support/free-port.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { endReceivers, SmtpReceiver } from '../support/mail/smtp-receiver.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { until } from '../support/until.ts';

const HANDLER = 'cn=Metrics,cn=Connection Handlers,cn=config';

let etcd: EtcdCluster;
let environment: Readonly<Record<string, string>>;
let base: string;
let here: RunningServer;
let there: RunningServer;
let receiver: SmtpReceiver;
let isMailTaken = false;

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'confdit-who-'));
  receiver = await SmtpReceiver.start({
    onConnect: (_, done) =>
      done(isMailTaken ? null : Object.assign(new Error('not now'), { responseCode: 421 })),
  });
  etcd = await EtcdCluster.start({ members: 1 });
  environment = { CONFDIT_ETCD: etcd.urls.join(), CONFDIT_ETCD_PREFIX: '/confdit/who' };
  const alone = await startServer();
  await alone.stop();
  const { folder, password } = alone;
  const words = ['cluster', 'join', '--instance', join(base, 'there')];
  const key = join(folder, 'config', 'keys', 'master.key');
  expect(await runHere(['cluster', 'init', '--instance', folder], { environment })).toMatchObject({
    code: 0,
  });
  expect(await runHere([...words, '--master-key', key], { environment })).toMatchObject({ code: 0 });
  const own = { ...environment, CONFDIT_SERVER_NAME: 'here', ONLY_HERE: 'smtp.only-here.example' };
  here = await startServer({ folder, password, environment: own, isDescribed: true });
  await startThere();
});

afterAll(async () => {
  await endReceivers();
  await etcd.close();
  await removeFolder(base);
});

async function startThere(): Promise<void> {
  there = await startServer({
    folder: join(base, 'there'),
    password: here.password,
    environment: { ...environment, CONFDIT_SERVER_NAME: 'there' },
    isDescribed: true,
  });
}

interface ShownServer {
  readonly name: string;
  readonly state: string;
  readonly isSelf: boolean;
  readonly urls: readonly string[];
  readonly change: number;
  readonly behind: number;
  readonly notInForce: readonly string[];
  readonly waitingMessages: number;
}

/** A server as `confdit status` at another shows it. */
async function shown(at: RunningServer, name: string): Promise<ShownServer | undefined> {
  const { servers }: { servers: readonly ShownServer[] } = JSON.parse(
    (await confditFor(at)('status', '--json')).stdout,
  );
  return servers.find((one) => one.name === name);
}

async function statesAt(at: RunningServer): Promise<string> {
  const found = await new LdapTools(at).entries('cn=servers,cn=monitor', '-s', 'one');
  return found
    .map((entry) => `${entry.first('cn')} ${entry.first('ds-mon-server-state')}`)
    .sort()
    .join();
}

function alertsAbout(type: string): readonly string[] {
  return [here, there]
    .flatMap((server) => server.logLines())
    .filter(({ alert }) => alert === type)
    .map(({ about }) => String(about));
}

async function file(name: string, text: string): Promise<string> {
  const path = join(base, name);
  await writeFile(path, text);
  return path;
}

it('each shows both, with where they listen and what they have', async () => {
  for (const one of [here, there]) await until(async () => (await statesAt(one)) === 'here here,there here');
  const other = await shown(here, 'there');
  expect(other).toMatchObject({ isSelf: false, notInForce: [], waitingMessages: 0, behind: 0 });
  expect(other?.urls).toContain(there.url);
  expect(await shown(here, 'here')).toMatchObject({ isSelf: true, state: 'here' });
  const dead = { 'smtp-server': `127.0.0.1:${receiver.port}`, 'use-start-tls': false };
  expect(await new LdapTools(there).add(mailServerLdif('Receiver', dead))).toMatchObject({ code: 0 });
  const [root] = await new LdapTools(there).entries('', '-s', 'base', 'lastChangeNumber');
  const number = Number(root?.first('lastchangenumber'));
  await until(async () => (await shown(here, 'there'))?.change === number);
  await until(async () => (await shown(there, 'here'))?.change === number);
});

it('what is not in force on one server is reported by all, with its name', async () => {
  const port = await freePort();
  const handler = `dn: ${HANDLER}
objectClass: ds-cfg-http-connection-handler
cn: Metrics
ds-cfg-enabled: true
ds-cfg-listen-address: 127.0.0.1
ds-cfg-listen-port: ${port}
`;
  expect(await new LdapTools(here).add(handler)).toMatchObject({ code: 0 });
  await until(async () => (await shown(here, 'there'))?.notInForce.length === 1);
  expect((await shown(here, 'there'))?.notInForce).toEqual([`${HANDLER}: nothing of it is in force`]);
  expect((await shown(here, 'here'))?.notInForce).toEqual([]);
  for (const one of [here, there]) {
    const { code, stdout } = await confditFor(one)('status');
    expect(code).toBe(0);
    expect(stdout).toContain(
      `Stored, and not in force on the server there, whose log says why: ${HANDLER}: nothing of it is in force.`,
    );
  }
  const login = `Basic ${btoa(`cn=admin,cn=Root DNs,cn=config:${here.password}`)}`;
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { Authorization: login } });
  const metrics = await answer.text();
  expect(metrics).toContain('confdit_server_not_in_force_count{server="there"} 1');
  expect(metrics).toContain('confdit_server_not_in_force_count{server="here"} 0');
  expect(metrics).toContain('confdit_server_here{server="there"} 1');
  expect(metrics).toMatch(/^confdit_servers_away 0$/m);
  const ready = await fetch(`http://127.0.0.1:${port}/readyz`);
  expect(ready.status).toBe(200);
});

it('every server tries a plan, and nothing is applied that one of them refuses', async () => {
  const only = await file('only.ldif', mailServerLdif('Only', { 'smtp-server': '$<ONLY_HERE>' }));
  const both = await file('both.ldif', mailServerLdif('Both', { 'smtp-server': 'smtp.both.example' }));
  const confdit = confditFor(here);
  expect(await confdit('plan', only)).toMatchObject({ code: 0 });
  const refused = await confdit('plan', '--all-servers', only);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(
    /^Server there: .*only\.ldif:\d+.*cn=Only,cn=Mail Servers,cn=config: .*ONLY_HERE/m,
  );
  expect(refused.stderr).not.toContain('Server here');
  const applied = await confdit('apply', '--all-servers', '--no-prompt', only);
  expect(applied.code).not.toBe(0);
  expect(applied.stderr).toContain('Nothing was changed, because the server there would refuse it.');
  expect(await confdit('plan', '--all-servers', both)).toMatchObject({ code: 0, stderr: '' });
  expect(await confdit('apply', '--all-servers', '--no-prompt', both)).toMatchObject({ code: 0 });
  await until(async () => JSON.stringify(await there.describe('a')).includes('smtp.both.example'));
  expect(await confdit('plan', '--all-servers', '--offline', both)).not.toMatchObject({ code: 0 });
});

it('who is missed is reported once, with the messages that wait there, and so is who is back', async () => {
  const handler = [
    'dn: cn=Mail,cn=Alert Handlers,cn=config',
    'objectClass: ds-cfg-alert-handler',
    'objectClass: ds-cfg-smtp-alert-handler',
    'cn: Mail',
    'ds-cfg-enabled: true',
    'ds-cfg-sender-address: confdit@example.com',
    'ds-cfg-recipient-address: admin@example.com',
    'ds-cfg-message-subject: %%alert-type%%',
    'ds-cfg-message-body: %%alert-message%%',
    'ds-cfg-enabled-alert-type: confdit.ConfigurationChanged',
    'ds-cfg-enabled-alert-type: confdit.ServerAway',
    '',
  ];
  expect(await new LdapTools(there).add(handler.join('\n'))).toMatchObject({ code: 0 });
  await until(async () => ((await shown(here, 'there'))?.waitingMessages ?? 0) > 0);
  await there.kill();
  await until(async () => (await shown(here, 'there'))?.state === 'away');
  const { stdout } = await confditFor(here)('status');
  expect(stdout).toMatch(
    /^The server there \(ldap:.*\) has not been heard since .* Messages that waited in its spool then: \d+\.$/m,
  );
  await until(() => alertsAbout('confdit.ServerAway').length > 0);
  const both = join(base, 'both.ldif');
  const asked = await confditFor(here)('plan', '--all-servers', both);
  expect(asked).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/^Server there: .* not known: it is away\.$/m),
  });
  await startThere();
  await until(async () => (await shown(here, 'there'))?.state === 'here');
  await until(() => alertsAbout('confdit.ServerBack').length > 0);
  expect(alertsAbout('confdit.ServerAway')[0]).toMatch(/^The server there .* waited in its spool then\.$/);
  expect(alertsAbout('confdit.ServerBack')[0]).toMatch(/^The server there .* is there again/);
  isMailTaken = true;
  await until(() => receiver.messages.some(({ text }) => text.includes('Subject: confdit.ServerAway')));
  await until(async () => (await shown(here, 'there'))?.waitingMessages === 0);
});

it('a server that leaves, or is forgotten, is missed by nobody', async () => {
  const forget = (name: string) => runHere(['cluster', 'forget', name], { environment });
  expect(await forget('there')).toMatchObject({ code: 80, stderr: expect.stringContaining('is running') });
  expect(await forget('nobody')).toMatchObject({ code: 32 });
  await there.stop();
  await until(async () => (await shown(here, 'there'))?.state === 'stopped');
  await until(async () => (await forget('there')).code === 0);
  await until(async () => (await statesAt(here)) === 'here here');
  const left = await runHere(['cluster', 'leave', '--instance', there.folder], { environment });
  expect(left).toMatchObject({ code: 0, stderr: '' });
  expect(left.stdout).not.toContain('forget');
});

it('what a cluster has goes on on one machine, without etcd', async () => {
  const later = mailServerLdif('Later', { 'smtp-server': 'smtp.later.example' });
  expect(await new LdapTools(here).add(later)).toMatchObject({ code: 0 });
  const folder = join(base, 'alone');
  const words = ['cluster', 'export', '--instance', folder];
  expect(await runHere(words, { environment })).toMatchObject({ code: 89 });
  const key = ['--master-key', join(here.folder, 'config', 'keys', 'master.key')];
  const exported = await runHere([...words, ...key], { environment });
  expect(exported).toMatchObject({
    code: 0,
    stderr: '',
    stdout: expect.stringContaining('Start it without CONFDIT_ETCD.'),
  });
  expect(await runHere([...words, ...key], { environment })).toMatchObject({ code: 68 });
  await here.stop();
  const alone = await startServer({ folder, password: here.password });
  const [found] = await new LdapTools(alone).entries('cn=Later,cn=Mail Servers,cn=config', '-s', 'base');
  expect(found?.first('ds-cfg-smtp-server')).toBe('smtp.later.example');
  expect((await new LdapTools(alone).search('cn=servers,cn=monitor', '-s', 'base')).code).toBe(32);
  const mail = ['--server-name', 'Receiver', '--from', 'a@example.com', '--to', 'exported@example.com'];
  expect(await confditFor(alone)('send-test-message', ...mail)).toMatchObject({ code: 0 });
  expect(receiver.messages.some(({ text }) => text.includes('Test message'))).toBe(true);
  // It has no key of the cluster.
  const read = (server: RunningServer) =>
    readFile(join(server.folder, 'config', 'keys', 'master.key'), 'utf8');
  expect(await read(alone)).not.toBe(await read(here));
});
