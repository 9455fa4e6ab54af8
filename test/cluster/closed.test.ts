// What protects, and cannot be in force on one server of a cluster, is closed there: nothing that a change takes away stays open.

import { cp, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectTls } from '../support/clients/tls-client.ts';
import { runHere } from '../support/confdit-program.ts';
import { EtcdCluster } from '../support/etcd/etcd-cluster.ts';
import { removeFolder } from '../support/folders.ts';
import { freePort } from '../support/free-port.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { until } from '../support/until.ts';

const POLICIES = 'cn=Password Policies,cn=config';
const LDAPS = 'cn=LDAPS,cn=Connection Handlers,cn=config';
const KEYS = 'cn=Default Key Manager,cn=Key Manager Providers,cn=config';
const NOT_ALL = 'a change of another server is not all in force here';
const TOKENS = 'config/expressions/closed.properties';

let etcd: EtcdCluster;
let environment: Readonly<Record<string, string>>;
let base: string;
let here: RunningServer;
let there: RunningServer;

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'confdit-cluster-'));
  etcd = await EtcdCluster.start({ members: 1 });
  environment = { CONFDIT_ETCD: etcd.urls.join(), CONFDIT_ETCD_PREFIX: '/confdit/closed' };
  const alone = await startServer();
  await alone.stop();
  const { folder, password } = alone;
  const init = await runHere(['cluster', 'init', '--instance', folder], { environment });
  expect(init).toMatchObject({ code: 0 });
  const key = join(folder, 'config', 'keys', 'master.key');
  const words = ['cluster', 'join', '--instance', join(base, 'there'), '--master-key', key];
  expect(await runHere(words, { environment })).toMatchObject({ code: 0 });
  // Only the first server has these values and files.
  await writeFile(join(folder, 'words.txt'), 'forbidden-word-1\n');
  const files = { [TOKENS]: 'only.count=3\nonly.client=127.0.0.1\n' };
  here = await startServer({ folder, password, environment, files });
  there = await startServer({ folder: join(base, 'there'), password, environment });
});

afterAll(async () => {
  await etcd.close();
  await removeFolder(base);
});

async function numberAt(server: RunningServer): Promise<string | undefined> {
  const [root] = await new LdapTools(server).entries('', '-s', 'base', 'lastChangeNumber');
  return root?.first('lastchangenumber');
}

async function caughtUp(): Promise<void> {
  const number = await numberAt(here);
  await until(async () => (await numberAt(there)) === number);
}

/** Makes changes at the first server. Resolves when the second has them. */
async function change(...ldif: readonly string[]): Promise<void> {
  expect(await new LdapTools(here).modify(ldif.join('\n'))).toMatchObject({ code: 0, stderr: '' });
  await caughtUp();
}

function replace(dn: string, values: Readonly<Record<string, string>>): string {
  const parts = Object.entries(values).map(([name, value]) => `replace: ${name}\n${name}: ${value}\n-\n`);
  return `dn: ${dn}\nchangetype: modify\n${parts.join('')}`;
}

function account(name: string, policy: string): string {
  return `dn: cn=${name},cn=Root DNs,cn=config
changetype: add
objectClass: inetOrgPerson
objectClass: ds-cfg-root-dn-user
cn: ${name}
sn: ${name}
userPassword: a-Long-password-of-${name}
ds-privilege-name: config-read
ds-pwp-password-policy-dn: cn=${policy},${POLICIES}
`;
}

function policy(name: string, ...lines: readonly string[]): string {
  const head = [`dn: cn=${name},${POLICIES}`, 'changetype: add', 'objectClass: ds-cfg-password-policy'];
  return [...head, `cn: ${name}`, ...lines, ''].join('\n');
}

/** The result of a login, and what is said of it. */
async function login(server: RunningServer, name: string): Promise<{ code: number | null; stderr: string }> {
  const dn = `cn=${name},cn=Root DNs,cn=config`;
  const tools = new LdapTools({ url: server.url, password: `a-Long-password-of-${name}` }, dn);
  return tools.search('cn=config', '-s', 'base');
}

function handler(name: string, port: number, ...lines: readonly string[]): string {
  return `dn: cn=${name},cn=Connection Handlers,cn=config
changetype: add
objectClass: ds-cfg-ldap-connection-handler
cn: ${name}
ds-cfg-enabled: true
ds-cfg-listen-address: 127.0.0.1
ds-cfg-listen-port: ${port}
${lines.join('\n')}
`;
}

async function isOpen(port: number): Promise<boolean> {
  const tools = new LdapTools({ url: `ldap://127.0.0.1:${port}`, password: here.password });
  return (await tools.search('', '-s', 'base')).code === 0;
}

describe('a password policy that cannot be in force on one server', () => {
  it('lets nobody log in there with its accounts, after a start too, and says why', async () => {
    await change(
      policy('Strict', 'ds-cfg-lockout-failure-count: $<only.count>'),
      account('strict', 'Strict'),
    );
    expect(await login(here, 'strict')).toMatchObject({ code: 0 });
    expect(await login(there, 'strict')).toMatchObject({
      code: 49,
      stderr: expect.stringContaining('The password policy of the account is not in force on this server'),
    });
    await there.stop();
    there = await startServer({ folder: there.folder, password: here.password, environment });
    expect(await login(there, 'strict')).toMatchObject({ code: 49 });
    // What is stored is not in force, and cn=effective does not say so.
    const effective = POLICIES.replace('cn=config', 'cn=effective');
    const shown = async (server: RunningServer) => {
      const tools = new LdapTools(server);
      const { code } = await tools.search(`cn=Strict,${effective}`, '-s', 'base');
      const below = await tools.search(effective, '-s', 'one', '(cn=Strict)', 'cn');
      const [parent] = await tools.entries(effective, '-s', 'base', 'numSubordinates');
      return { code, isBelow: below.stdout.includes('cn: Strict'), count: parent?.first('numsubordinates') };
    };
    const count = Number((await shown(here)).count);
    expect(await shown(here)).toMatchObject({ code: 0, isBelow: true });
    expect(await shown(there)).toEqual({ code: 32, isBelow: false, count: String(count - 1) });
    const [due] = await new LdapTools(there).entries('cn=admin actions,cn=monitor', '-s', 'base');
    expect(due?.values('ds-mon-pending-property')).toContain(`cn=Strict,${POLICIES}: all properties`);
    await there.waitForLog(({ msg }) => msg.startsWith('Not in force on this server: cn=Strict,'));
    await writeFile(join(there.folder, TOKENS), 'only.count=3\n');
    process.kill(there.pid, 'SIGHUP');
    await until(async () => (await login(there, 'strict')).code === 0);
    expect(await shown(there)).toEqual(await shown(here));
  });

  it('takes no new password there that one of its validators cannot check', async () => {
    const validator = `dn: cn=Words,cn=Password Validators,cn=config
changetype: add
objectClass: ds-cfg-dictionary-password-validator
cn: Words
ds-cfg-enabled: true
ds-cfg-dictionary-file: words.txt
`;
    const named = `ds-cfg-password-validator: cn=Words,cn=Password Validators,cn=config`;
    await change(validator, policy('Wordy', named), account('wordy', 'Wordy'));
    expect(await login(there, 'wordy')).toMatchObject({ code: 0 });
    const set = (word: string) => replace('cn=wordy,cn=Root DNs,cn=config', { userPassword: word });
    expect(await new LdapTools(here).modify(set('forbidden-word-1'))).toMatchObject({ code: 19 });
    for (const word of ['forbidden-word-1', 'another-word-12345'])
      expect(await new LdapTools(there).modify(set(word))).toMatchObject({
        code: 19,
        stderr: expect.stringContaining('is not in force on this server'),
      });
  });
});

describe('a connection handler that cannot be in force on one server as it is stored', () => {
  it('is closed there if it was to let fewer in, or to be off', async () => {
    const [narrower, off] = [await freePort(), await freePort()];
    // One machine: the port is free at the second server once the first one has left it.
    await change(handler('Narrower', narrower, 'ds-cfg-allowed-client: 127.0.0.1'));
    await change(handler('Off', off));
    const dns = ['Narrower', 'Off'].map((name) => `cn=${name},cn=Connection Handlers,cn=config`);
    const [narrowerDn = '', offDn = ''] = dns;
    for (const [dn, port] of [
      [narrowerDn, narrower],
      [offDn, off],
    ] as const) {
      expect(await isOpen(port)).toBe(true);
      // Off at both, and then on at the second server alone.
      await change(replace(dn, { 'ds-cfg-enabled': 'false' }));
      await until(async () => !(await isOpen(port)));
    }
    await writeFile(join(here.folder, TOKENS), 'only.count=3\nonly.client=127.0.0.1\nonly.there=false\n');
    await writeFile(join(there.folder, TOKENS), 'only.count=3\nonly.there=true\n');
    for (const server of [here, there]) expect(await reloaded(server)).toBe('reloaded');
    for (const dn of dns) await change(replace(dn, { 'ds-cfg-enabled': '$<only.there>' }));
    expect(await isOpen(narrower)).toBe(true);
    expect(await isOpen(off)).toBe(true);
    await change(replace(narrowerDn, { 'ds-cfg-allowed-client': '$<only.client>' }));
    await until(async () => !(await isOpen(narrower)));
    await change(replace(offDn, { 'ds-cfg-enabled': 'false', 'ds-cfg-allowed-client': '$<only.client>' }));
    await until(async () => !(await isOpen(off)));
  });

  it('and its users are asked there too when its keys are others', async () => {
    await cp(join(here.folder, 'config', 'keys'), join(here.folder, 'tls'), { recursive: true });
    const handshake = (server: RunningServer) =>
      connectTls(server.ldapsPort).then(
        ({ socket }) => {
          socket.destroy();
          return 'done';
        },
        () => 'refused',
      );
    await change(replace(KEYS, { 'ds-cfg-pem-directory': 'tls' }));
    expect(await handshake(here)).toBe('done');
    expect(await handshake(there)).toBe('refused');
    await there.waitForLog(
      ({ msg, problems }) => msg === NOT_ALL && String(problems).includes('pem-directory'),
    );
    await change(replace(KEYS, { 'ds-cfg-pem-directory': 'config/keys' }));
    expect(await handshake(there)).toBe('done');
    // The alias counts once the handler starts again.
    await change(replace(LDAPS, { 'ds-cfg-enabled': 'false', 'ds-cfg-ssl-cert-nickname': 'server.pem' }));
    await change(replace(LDAPS, { 'ds-cfg-enabled': 'true' }));
    expect(await handshake(there)).toBe('done');
    await mkdir(join(there.folder, 'tls'), { mode: 0o700 });
    await cp(join(there.folder, 'config', 'keys', 'server.pem'), join(there.folder, 'tls', 'other.pem'));
    await change(replace(KEYS, { 'ds-cfg-pem-directory': 'tls' }));
    expect(await handshake(here)).toBe('done');
    await there.waitForLog(({ msg, problems }) => msg === NOT_ALL && String(problems).includes(LDAPS));
    expect(await handshake(there)).toBe('refused');
  });
});

/** Sends SIGHUP. Resolves to what the log says of the end of the reload. */
async function reloaded(server: RunningServer): Promise<string> {
  const asked = Date.now();
  process.kill(server.pid, 'SIGHUP');
  const end = await server.waitForLog(
    ({ time, msg }) => Number(time) >= asked && /^(?:reloaded$|nothing was reloaded)/.test(String(msg)),
  );
  return String(end.msg);
}
