// Real servers that share one configuration through a real etcd: what one is told, the others do.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { confditFor, runHere } from '../support/confdit-program.ts';
import { EtcdCluster } from '../support/etcd/etcd-cluster.ts';
import { removeFolder } from '../support/folders.ts';
import { freePort } from '../support/free-port.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { type RunningServer, type StartOptions, startServer } from '../support/start-server.ts';
import { runTask } from '../support/tasks.ts';
import { until } from '../support/until.ts';

const SECOND = 'cn=Second,cn=Connection Handlers,cn=config';
const SECRET = 'canary-of-a-mail-server';

let etcd: EtcdCluster;
let environment: Readonly<Record<string, string>>;
let base: string;
let here: RunningServer;
let there: RunningServer;
/** URL of a connection handler whose port only the first server can open. */
let second: string;

/** Starts the second server, again after it was stopped. */
function startThere(more: StartOptions = {}): Promise<RunningServer> {
  return startServer({ folder: join(base, 'there'), environment, isDescribed: true, ...more });
}

beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'confdit-cluster-'));
  etcd = await EtcdCluster.start({ members: 1 });
  environment = { CONFDIT_ETCD: etcd.urls.join(), CONFDIT_ETCD_PREFIX: '/confdit/tests' };
  const alone = await startServer();
  await alone.stop();
  const { folder, password } = alone;
  expect(await runHere(['cluster', 'init', '--instance', folder], { environment })).toMatchObject({
    code: 0,
  });
  const key = join(folder, 'config', 'keys', 'master.key');
  const words = ['cluster', 'join', '--instance', join(base, 'there'), '--master-key', key];
  expect(await runHere(words, { environment })).toMatchObject({ code: 0 });
  const only = { ...environment, ONLY_HERE: 'smtp.only-here.example', ONLY_COUNT: '7' };
  here = await startServer({ folder, password, environment: only, isDescribed: true });
  there = await startThere({ password });
});

afterAll(async () => {
  await etcd.close();
  await removeFolder(base);
});

function mailServer(name: string, host: string): string {
  return `dn: cn=${name},cn=Mail Servers,cn=config
objectClass: ds-cfg-mail-server
cn: ${name}
ds-cfg-enabled: true
ds-cfg-smtp-server: ${host}
ds-cfg-auth-username: user
ds-cfg-auth-password: ${SECRET}
`;
}

function account(name: string, password = `a-Long-password-of-${name}`): string {
  return `dn: cn=${name},cn=Root DNs,cn=config
objectClass: inetOrgPerson
objectClass: ds-cfg-root-dn-user
cn: ${name}
sn: ${name}
userPassword: ${password}
ds-privilege-name: config-read
`;
}

/** The result code of a login. */
async function login(server: RunningServer, name: string): Promise<number | null> {
  const dn = `cn=${name},cn=Root DNs,cn=config`;
  const tools = new LdapTools({ url: server.url, password: `a-Long-password-of-${name}` }, dn);
  return (await tools.search('cn=config', '-s', 'base')).code;
}

/** What the mail servers of a server do, as it describes itself. */
async function plans(server: RunningServer): Promise<string> {
  const parts = await server.describe('a');
  return JSON.stringify(parts.filter(({ kind }) => kind === 'mail-server'));
}

/** Sends SIGHUP. Resolves to what the log says of the end of the reload. */
async function reload(server: RunningServer): Promise<string> {
  const asked = Date.now();
  process.kill(server.pid, 'SIGHUP');
  const end = await server.waitForLog(
    ({ time, msg }) => Number(time) >= asked && /^(?:reloaded$|nothing was reloaded)/.test(String(msg)),
  );
  return String(end.msg);
}

async function isOpen(): Promise<boolean> {
  return (await new LdapTools({ ...here, url: second }).search(SECOND, '-s', 'base')).code === 0;
}

async function numberAt(server: RunningServer): Promise<string | undefined> {
  const [root] = await new LdapTools(server).entries('', '-s', 'base', 'lastChangeNumber');
  return root?.first('lastchangenumber');
}

/** Resolves when the second server has made all that the first one has. */
async function caughtUp(): Promise<void> {
  const number = await numberAt(here);
  await until(async () => (await numberAt(there)) === number);
}

describe('two servers of a cluster', () => {
  it('do what one of them was told, with the same numbers', async () => {
    expect(await new LdapTools(here).add(account('ops'))).toMatchObject({ code: 0 });
    await caughtUp();
    expect(await login(there, 'ops')).toBe(0);
    expect(await new LdapTools(there).add(mailServer('One', 'smtp.example.com'))).toMatchObject({ code: 0 });
    await until(async () => (await plans(here)).includes('smtp.example.com'));
    expect(await new LdapTools(here).delete('cn=ops,cn=Root DNs,cn=config')).toMatchObject({ code: 0 });
    await caughtUp();
    expect(await login(there, 'ops')).toBe(49);
    const changes = (server: RunningServer) =>
      new LdapTools(server).search('cn=changelog', '-s', 'one', '(changeNumber>=2)', 'changes');
    expect((await changes(there)).stdout).toContain('changeNumber=');
    expect(await changes(there)).toEqual(await changes(here));
  });

  it('make changes that come to both at once, one after the other', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `At once ${index}`);
    const all = await Promise.all(
      names.map((name, index) =>
        new LdapTools(index % 2 ? here : there).add(mailServer(name, 'smtp.example.com')),
      ),
    );
    expect(all.map(({ code }) => code)).toEqual(names.map(() => 0));
    await caughtUp();
    const found = (server: RunningServer) =>
      new LdapTools(server).search('cn=Mail Servers,cn=config', '-s', 'one', 'cn');
    expect((await found(there)).stdout.split('\n').sort()).toEqual(
      (await found(here)).stdout.split('\n').sort(),
    );
  });

  it('share a snapshot, and a new server begins with it', async () => {
    const pointer = () =>
      etcd.ctl('get', '--print-value-only', `${environment.CONFDIT_ETCD_PREFIX}/snapshot`);
    const number = await numberAt(there);
    expect(await pointer()).not.toContain(`"number":${number},`);
    await runTask(new LdapTools(there), 'ds-task-snapshot', []);
    expect(await pointer()).toContain(`"number":${number},`);
    const key = join(base, 'there', 'config', 'keys', 'master.key');
    const third = join(base, 'third');
    const words = ['cluster', 'join', '--instance', third, '--master-key', key];
    expect(await runHere(words, { environment })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`as of change ${number}.`),
    });
    expect(await readFile(join(third, 'config', 'config.ldif'), 'utf8')).toContain('cn=At once 3,');
    // A join that ended before it had the configuration.
    await rm(join(third, 'config', 'config.ldif'));
    const interrupted = await startServer({ folder: third, environment, expectFailure: true });
    expect(interrupted.stderr).toContain('is not that of the cluster that config/cluster.json names');
  });

  it('keep in etcd no secret that can be read', async () => {
    const stored = await etcd.ctl('get', '--prefix', '/');
    expect(stored).toContain('ds-cfg-auth-password');
    expect(stored).not.toContain(SECRET);
    expect(stored).not.toContain(Buffer.from(SECRET).toString('base64'));
  });

  it('keep what was in force where a change cannot be, say so, and follow the next one', async () => {
    const dn = 'cn=One,cn=Mail Servers,cn=config';
    const set = (host: string) =>
      `dn: ${dn}\nchangetype: modify\nreplace: ds-cfg-smtp-server\nds-cfg-smtp-server: ${host}\n`;
    expect(await new LdapTools(here).modify(set('$<ONLY_HERE>'))).toMatchObject({ code: 0 });
    await caughtUp();
    expect(await plans(here)).toContain('smtp.only-here.example');
    expect(await plans(there)).not.toContain('smtp.only-here.example');
    const attributes = ['ds-cfg-smtp-server', 'ds-cfg-pending-change'];
    const [stored] = await new LdapTools(there).entries(dn, '-s', 'base', ...attributes);
    expect(stored?.values('ds-cfg-smtp-server')).toEqual(['$<ONLY_HERE>']);
    expect(stored?.first('ds-cfg-pending-change')).toMatch(
      /^smtp-server: the effective value is "smtp.example.com:587"; this server could not make/,
    );
    await there.waitForLog(({ msg }) => msg === 'a change of another server is not all in force here');
    expect(await new LdapTools(here).modify(set('smtp.other.example'))).toMatchObject({ code: 0 });
    await until(async () => (await plans(there)).includes('smtp.other.example'));
    const [later] = await new LdapTools(there).entries(dn, '-s', 'base', ...attributes);
    expect(later?.first('ds-cfg-pending-change')).toBeUndefined();
  });

  it('reload what can be in force although something else cannot, and that too once it can', async () => {
    const put = (server: RunningServer, text: string) =>
      writeFile(join(server.folder, 'config', 'expressions', 'mail.properties'), text);
    await put(here, 'moving.host=smtp.first.example\nheld.host=smtp.held.example\n');
    await put(there, 'moving.host=smtp.first.example\n');
    expect(await reload(here)).toBe('reloaded');
    expect(await reload(there)).toBe('reloaded');
    const added = [
      mailServer('Moving', '$<moving.host>'),
      mailServer('Kept back', 'smtp.before.example'),
      mailServer('Absent', '$<held.host>'),
    ];
    expect(await new LdapTools(here).add(added.join('\n'))).toMatchObject({ code: 0 });
    const held = `dn: cn=Kept back,cn=Mail Servers,cn=config
changetype: modify
replace: ds-cfg-smtp-server
ds-cfg-smtp-server: $<held.host>
`;
    expect(await new LdapTools(here).modify(held)).toMatchObject({ code: 0 });
    await caughtUp();
    expect(await plans(there)).toContain('smtp.first.example');
    await put(there, 'moving.host=smtp.later.example\n');
    expect(await reload(there)).toBe('reloaded');
    expect(await plans(there)).toContain('smtp.later.example');
    expect(await plans(there)).toContain('smtp.before.example');
    expect(await plans(there)).not.toContain('cn=absent,');
    expect(there.logLines().map(({ msg }) => msg)).toContain('still not in force on this server');
    // What was right is wrong now: nothing of that reload takes effect.
    await put(there, 'other.host=smtp.wrong.example\n');
    expect(await reload(there)).not.toBe('reloaded');
    await put(there, 'moving.host=smtp.last.example\nheld.host=smtp.held.example\n');
    expect(await reload(there)).toBe('reloaded');
    const parts = await plans(there);
    for (const part of ['smtp.last.example', 'smtp.held.example', 'cn=absent,'])
      expect(parts).toContain(part);
    expect(parts).not.toContain('smtp.before.example');
  });

  it('open a port where it is free, and say where it is not', async () => {
    const port = await freePort();
    const handler = `dn: ${SECOND}
objectClass: ds-cfg-ldap-connection-handler
cn: Second
ds-cfg-enabled: true
ds-cfg-listen-address: 127.0.0.1
ds-cfg-listen-port: ${port}
`;
    expect(await new LdapTools(here).add(handler)).toMatchObject({ code: 0 });
    await caughtUp();
    second = `ldap://127.0.0.1:${port}`;
    expect(await isOpen()).toBe(true);
    const [stored] = await new LdapTools(there).entries(SECOND, '-s', 'base', 'ds-cfg-pending-change');
    expect(stored?.first('ds-cfg-pending-change')).toContain(
      'nothing of this entry is effective on this server',
    );
  });

  it('let nobody log in with an account whose change cannot be in force', async () => {
    expect(await new LdapTools(here).add(account('closed'))).toMatchObject({ code: 0 });
    await caughtUp();
    expect(await login(there, 'closed')).toBe(0);
    const change = `dn: cn=closed,cn=Root DNs,cn=config
changetype: modify
add: ds-cfg-alternate-bind-dn
ds-cfg-alternate-bind-dn: cn=$<ONLY_HERE>
`;
    expect(await new LdapTools(here).modify(change)).toMatchObject({ code: 0 });
    await caughtUp();
    expect(await login(here, 'closed')).toBe(0);
    expect(await login(there, 'closed')).toBe(49);
    const undo = `dn: cn=closed,cn=Root DNs,cn=config\nchangetype: modify\ndelete: ds-cfg-alternate-bind-dn\n`;
    expect(await new LdapTools(here).modify(undo)).toMatchObject({ code: 0 });
    await until(async () => (await login(there, 'closed')) === 0);
  });

  it('keep a password policy as it was where a change of it cannot be in force', async () => {
    const set = (value: string) =>
      `dn: cn=Default Password Policy,cn=Password Policies,cn=config
changetype: modify
replace: ds-cfg-lockout-failure-count
ds-cfg-lockout-failure-count: ${value}
`;
    expect(await new LdapTools(here).add(account('guessed'))).toMatchObject({ code: 0 });
    expect(await new LdapTools(here).modify(set('2'))).toMatchObject({ code: 0 });
    expect(await new LdapTools(here).modify(set('$<ONLY_COUNT>'))).toMatchObject({ code: 0 });
    await caughtUp();
    const dn = 'cn=guessed,cn=Root DNs,cn=config';
    for (const password of ['wrong', 'false'])
      expect(await new LdapTools({ url: there.url, password }, dn).search(dn, '-s', 'base')).toMatchObject({
        code: 49,
      });
    expect(await login(there, 'guessed')).toBe(49);
    expect(await login(here, 'guessed')).toBe(0);
    expect(await new LdapTools(here).modify(set('0'))).toMatchObject({ code: 0 });
    await until(async () => (await login(there, 'guessed')) === 0);
  });

  it('read and let log in without etcd, refuse changes with the reason, and go on when it is back', async () => {
    await etcd.member(0).end();
    const add = (server: RunningServer, name: string) =>
      new LdapTools(server).add(mailServer(name, 'smtp.example.com'));
    await until(async () =>
      (await add(here, 'Away')).stderr.includes('nothing has changed: The etcd member'),
    );
    expect(await add(here, 'Away')).toMatchObject({ code: 52 });
    expect(await numberAt(here)).toBe(await numberAt(there));
    const { stdout } = await confditFor(there, runHere)('status');
    expect(stdout).toMatch(/Changes are refused since/);
    // A server that starts meanwhile has its copy.
    await there.stop();
    there = await startThere({ password: here.password });
    expect(await login(there, 'closed')).toBe(0);
    expect(await add(there, 'Away')).toMatchObject({ code: 52 });
    etcd.member(0).start();
    await etcd.healthy();
    await until(async () => (await add(there, 'Back')).code === 0);
    await until(async () => (await plans(here)).includes('cn=back,'));
  });

  it('catch up at a start, after a crash too, whatever cannot be in force', async () => {
    await there.kill();
    expect(await new LdapTools(here).add(account('later'))).toMatchObject({ code: 0 });
    expect(await new LdapTools(here).add(mailServer('Held', '$<ONLY_HERE>'))).toMatchObject({ code: 0 });
    there = await startThere({ password: here.password });
    expect(await login(there, 'later')).toBe(0);
    expect(await numberAt(there)).toBe(await numberAt(here));
    for (const dn of [SECOND, 'cn=Held,cn=Mail Servers,cn=config']) {
      const [stored] = await new LdapTools(there).entries(dn, '-s', 'base', 'ds-cfg-pending-change');
      expect(stored?.first('ds-cfg-pending-change')).toContain(
        'nothing of this entry is effective on this server',
      );
    }
    expect(await new LdapTools(there).delete(SECOND)).toMatchObject({ code: 0 });
    await until(async () => !(await isOpen()));
  });

  it('never write one history in two orders', async () => {
    const folder = join(base, 'there');
    await there.stop();
    const alone = await startServer({ folder, expectFailure: true });
    expect(alone.stderr).toContain('belongs to a cluster, and CONFDIT_ETCD is not set');
    const other = { ...environment, CONFDIT_ETCD_PREFIX: '/confdit/another' };
    const lost = await startServer({ folder, password: here.password, environment: other });
    expect(await login(lost, 'later')).toBe(0);
    expect(await new LdapTools(lost).add(mailServer('Lost', 'smtp.example.com'))).toMatchObject({
      code: 52,
      stderr: expect.stringContaining('There is no cluster in etcd below this prefix'),
    });
    await lost.stop();
    const offline = ['import-ldif', '--offline', '--instance', folder, join(folder, 'config', 'config.ldif')];
    expect(await runHere(offline)).not.toMatchObject({ code: 0 });
    // Out of the cluster, it is a server of its own.
    expect(await runHere(['cluster', 'leave', '--instance', folder])).toMatchObject({ code: 0 });
    there = await startServer({
      folder,
      password: here.password,
      environment: { ONLY_HERE: 'smtp.example.com' },
    });
    expect(await new LdapTools(there).add(mailServer('Alone', 'smtp.example.com'))).toMatchObject({
      code: 0,
    });
    expect(await readFile(join(folder, 'config', 'config.ldif'), 'utf8')).not.toContain(SECRET);
  });

  it('let nobody in without the master key', async () => {
    const words = ['cluster', 'join', '--instance', join(base, 'nobody')];
    expect(await runHere(words, { environment })).toMatchObject({ code: 89 });
    const wrong = await startServer();
    const key = join(wrong.folder, 'config', 'keys', 'master.key');
    const refused = await runHere([...words, '--master-key', key], { environment });
    expect(refused).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('not the master key of the cluster'),
    });
  });
});
