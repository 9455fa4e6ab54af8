// Secrets that stay elsewhere: a mail server logs in with a password that a service gives over HTTPS, after a change, a
// reload and a start; and what keeps such a password from being had.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changeLdif, mailServerDn, mailServerLdif, TRUST, trustOf } from '../mail/mail-servers-in-ldif.ts';
import { Authority, type Issued } from '../support/certificates.ts';
import { confditFor, runHere } from '../support/confdit-program.ts';
import { freePort } from '../support/free-port.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { endReceivers, SmtpReceiver } from '../support/mail/smtp-receiver.ts';
import { type Answer, endSecretServers, SecretServer } from '../support/secret-server.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { runTask } from '../support/tasks.ts';
import { SOURCES, sourceLdif, vaultLdif } from './sources-in-ldif.ts';

const TOKEN = 'canary-token';
const TO_ONE = ['ds-task-mail-recipient: one@example.com', 'ds-task-mail-sender: confdit@example.com'];
const MAIN = mailServerDn('Main');

const users = { alice: 'canary-first' };
let authority: Authority;
let stranger: Authority;
let own: Issued;
let receiver: SmtpReceiver;
let vault: SecretServer;
let server: RunningServer;
let tools: LdapTools;

/** Sends a message, and checks with which password. */
async function send(password: string): Promise<void> {
  users.alice = password;
  const task = await runTask(tools, 'ds-task-send-test-message', TO_ONE);
  expect(task.values('ds-task-log-message').join('\n')).not.toContain('canary');
  expect(task.first('ds-task-state'), task.values('ds-task-log-message').join('\n')).toBe(
    'COMPLETED_SUCCESSFULLY',
  );
  expect(receiver.logins.at(-1)).toMatchObject({ user: 'alice', password });
}

const setPassword = (value: string) => tools.modify(changeLdif(MAIN, { 'auth-password': value }));

/** Reloads; returns what the task has logged. */
async function reload(): Promise<string> {
  const task = await runTask(tools, 'ds-task-reload', []);
  return `${task.first('ds-task-state')}\n${task.values('ds-task-log-message').join('\n')}`;
}

beforeAll(async () => {
  [authority, stranger] = [await Authority.create(), await Authority.create('Stranger')];
  const trust = await trustOf(authority);
  own = await authority.issue();
  vault = await SecretServer.start({ key: own.key, cert: own.certificate });
  vault.token = ['X-Vault-Token', TOKEN];
  vault.setKv('mail/main', {
    password: users.alice,
    number: 5,
    'a/b~c': 'canary-escaped',
    deep: { list: ['x'] },
  });
  receiver = await SmtpReceiver.start({ users, allowInsecureAuth: true });
  server = await startServer({ files: { ...trust.options.files, 'run/token': `${TOKEN}\n` } });
  tools = new LdapTools(server);
  expect(await tools.add(trust.ldif)).toMatchObject({ code: 0, stderr: '' });
  expect(await tools.add(vaultLdif('Vault', vault.port))).toMatchObject({ code: 0, stderr: '' });
  const added = await tools.add(
    mailServerLdif('Main', {
      'smtp-server': `127.0.0.1:${receiver.port}`,
      'auth-username': 'alice',
      'auth-password': '$<http:Vault/mail/main#/password>',
      'use-start-tls': false,
    }),
  );
  expect(added).toMatchObject({ code: 0, stderr: '' });
});

afterAll(async () => {
  await Promise.all([endReceivers(), endSecretServers(), authority?.remove(), stranger?.remove()]);
});

it('is logged in with, and its source is shown and not the secret', async () => {
  await send('canary-first');
  expect(vault.asked.at(-1)).toMatchObject({
    path: '/v1/secret/data/mail/main',
    headers: { 'x-vault-token': TOKEN, host: `localhost:${vault.port}` },
  });
  const [effective] = await tools.entries(MAIN.replace(/config$/, 'effective'), '-s', 'base', '*', '+');
  expect(effective?.values('ds-cfg-value-origin')).toContain(
    'auth-password: secret source Vault/mail/main#/password',
  );
  const [stored] = await tools.entries(MAIN, '-s', 'base', '*');
  expect(stored?.first('ds-cfg-auth-password')).toBe('$<http:Vault/mail/main#/password>');
});

describe('a change is refused, says why, and changes nothing', () => {
  const PATH = '/v1/secret/data/mail/other';
  const kv = (data: unknown): Answer => ({ body: JSON.stringify({ data: { data } }) });
  it.each<readonly [string, Answer, string]>([
    ['403', { status: 403 }, 'answered 403 (Forbidden)'],
    ['404', { status: 404 }, 'answered 404 (Not Found)'],
    ['500', { status: 500 }, 'answered 500 (Internal Server Error)'],
    ['204', { status: 204 }, 'answered 204 (No Content)'],
    [
      'a redirect',
      { status: 307, headers: { Location: '/v1/secret/data/mail/main' } },
      'answered 307 (Temporary Redirect); redirects are not followed',
    ],
    ['no JSON', { body: 'canary-text' }, 'answered with something else than JSON'],
    [
      'half of it',
      { body: '{"data":{"data":{"password":"canary-half' },
      'answered with something else than JSON',
    ],
    ['too much', { body: JSON.stringify('x'.repeat(70_000)) }, 'answered with more than 65536 octets'],
    ['no value', kv({ other: 'canary-x' }), 'has no value at /password'],
    ['not the form of KV', { body: '{"password":"canary-y"}' }, 'has no value at /password'],
    ['a number', kv({ password: 5 }), 'has something else than a string at /password'],
    ['an object', kv({ password: { a: 'canary-z' } }), 'has something else than a string at /password'],
    ['null', kv({ password: null }), 'has something else than a string at /password'],
    ['an empty text', kv({ password: '' }), 'is empty'],
    ['a line end', kv({ password: 'canary\r\nRCPT' }), 'has a control character'],
  ])('%s', async (_, answer, why) => {
    vault.answers.set(PATH, answer);
    const { code, stderr } = await setPassword('$<http:Vault/mail/other#/password>');
    expect(code, stderr).not.toBe(0);
    expect(stderr.replaceAll('\n', ' ')).toContain(why);
    expect(stderr).toContain(`${MAIN}: auth-password`);
    expect(stderr).not.toContain('canary');
  });

  it('and the next message goes as before', () => send('canary-first'));

  it('a service that does not answer in time', async () => {
    const limits = { 'request-timeout': '300 ms' };
    expect(await tools.add(vaultLdif('Slow', vault.port, limits))).toMatchObject({ code: 0 });
    vault.answers.set(PATH, 'silence');
    const { code, stderr } = await setPassword('$<http:Slow/mail/other#/password>');
    expect([code, stderr]).toEqual([53, expect.stringContaining('did not answer within 0.3 s')]);
  });

  it('a certificate that is not trusted, and one for another host', async () => {
    const [foreign, other] = [
      await stranger.issue(),
      await authority.issue({ names: 'DNS:other.example.com' }),
    ];
    for (const [name, issued, why] of [
      ['Foreign', foreign, 'is not trusted'],
      ['Misnamed', other, 'other.example.com'],
    ] as const) {
      const impostor = await SecretServer.start({ key: issued.key, cert: issued.certificate });
      impostor.setKv('mail/main', { password: 'canary-impostor' });
      expect(await tools.add(vaultLdif(name, impostor.port))).toMatchObject({ code: 0 });
      const { code, stderr } = await setPassword(`$<http:${name}/mail/main#/password>`);
      expect([code, stderr]).toEqual([53, expect.stringContaining(why)]);
      expect(impostor.asked).toEqual([]);
      await impostor.close();
    }
  });

  it.each([
    [
      'a path that is not allowed',
      '$<http:Vault/other/main#/password>',
      'does not allow the path other/main',
    ],
    ['the path above', '$<http:Vault/mail#/password>', 'does not allow the path mail'],
    ['no path', '$<http:Vault#/password>', 'needs a path'],
    ['dots', '$<http:Vault/mail/../x#/password>', 'has a path with an empty segment, "." or ".."'],
    [
      'a source that is not there',
      '$<http:None/mail/main#/password>',
      'does not exist below cn=Secret Sources',
    ],
  ])('%s', async (_, value, why) => {
    const before = vault.asked.length;
    const { code, stderr } = await setPassword(value);
    expect([code, stderr]).toEqual([53, expect.stringContaining(why)]);
    expect(vault.asked.length).toBe(before);
  });

  it('a place where it cannot be', async () => {
    const before = vault.asked.length;
    for (const properties of [
      { 'auth-username': '$<http:Vault/mail/main#/password>' },
      { 'auth-password': 'x$<http:Vault/mail/main#/password>' },
      { 'auth-password': '$<http:Vault/mail/main#/password|x>' },
    ]) {
      const { code, stderr } = await tools.modify(changeLdif(MAIN, properties));
      expect([code, stderr]).toEqual([53, expect.stringContaining('is a value of a secret source, which')]);
    }
    expect(vault.asked.length).toBe(before);
  });
});

it('a segment of a path is never more than that, and a pointer finds what it names', async () => {
  vault.answers.set('/v1/secret/data/mail/a%2Fb%20%23%25', { body: '{"data":{"data":["canary-list"]}}' });
  // `#` ends the path, and `/` cannot be in a segment: neither can leave it.
  vault.setKv('mail/a%2520b', { 'a/b~c': 'canary-escaped' });
  expect(await setPassword('$<http:Vault/mail/a%20b#/a~1b~0c>')).toMatchObject({ code: 0, stderr: '' });
  await send('canary-escaped');
  expect(await setPassword('$<http:Vault/mail/main#/password>')).toMatchObject({ code: 0, stderr: '' });
});

it('a reload reads it again, and is refused as a whole when it cannot', async () => {
  vault.setKv('mail/main', { password: 'canary-rotated' });
  // It is in use, and stays the same for all until the reload.
  const again = mailServerLdif('Second', {
    'smtp-server': `127.0.0.1:${receiver.port}`,
    'auth-username': 'alice',
    'auth-password': '$<http:Vault/mail/main#/password>',
    priority: 200,
  });
  expect(await tools.add(again)).toMatchObject({ code: 0, stderr: '' });
  await send('canary-first');
  expect(await reload()).toMatch(/^COMPLETED_SUCCESSFULLY/);
  await send('canary-rotated');
  vault.token = ['X-Vault-Token', 'canary-new-token'];
  const refused = await reload();
  expect(refused).toContain(`${MAIN}: auth-password`);
  expect(refused).toContain('reads the secret source Vault, which answered 403 (Forbidden)');
  expect(refused).not.toContain('canary');
  await send('canary-rotated');
  vault.token = ['X-Vault-Token', TOKEN];
});

it('a source in use is neither deleted nor renamed, and a change of it is tried', async () => {
  const source = `cn=Vault,${SOURCES}`;
  expect(await tools.delete(source)).toMatchObject({
    code: 53,
    stderr: expect.stringContaining(` it: ${MAIN}`),
  });
  const renamed = await tools.run('ldapmodrdn', ['-r', source, 'cn=Bank']);
  expect([renamed.code, renamed.stdout + renamed.stderr]).toEqual([
    53,
    expect.stringContaining('cannot be renamed'),
  ]);
  const dead = await freePort();
  for (const [properties, why] of [
    [{ 'base-url': `https://localhost:${dead}` }, 'nothing listens on that port'],
    [{ 'allowed-path': 'other/*' }, 'does not allow the path mail/main'],
    [{ token: 'canary-wrong' }, 'answered 403 (Forbidden)'],
    [{ 'trust-manager-provider': undefined }, 'is not trusted'],
    [{ token: '$<http:Vault/mail/main#/password>' }, 'comes from a secret source'],
  ] as const) {
    const { code, stderr } = await tools.modify(changeLdif(source, properties));
    expect([code, stderr]).toEqual([53, expect.stringContaining(why)]);
    expect(stderr).not.toContain('canary');
  }
  expect(await tools.modify(changeLdif(source, { 'request-timeout': '20 s' }))).toMatchObject({ code: 0 });
  await send('canary-rotated');
});

it('whoever may not read secrets changes where the token is sent only together with the token', async () => {
  const writer = [
    ...['dn: cn=writer,cn=Root DNs,cn=config', 'objectClass: person', 'objectClass: ds-cfg-root-dn-user'],
    ...['cn: writer', 'sn: writer', 'userPassword: canary-user-of-test-9'],
    ...['ds-privilege-name: config-read', 'ds-privilege-name: config-write', '', ''],
  ].join('\n');
  expect(await tools.add(writer)).toMatchObject({ code: 0, stderr: '' });
  const own = { url: server.url, password: 'canary-user-of-test-9' };
  const limited = new LdapTools(own, 'cn=writer,cn=Root DNs,cn=config');
  const source = `cn=Vault,${SOURCES}`;
  for (const [properties, name] of [
    [{ 'base-url': `https://127.0.0.1:${vault.port}` }, 'ds-cfg-base-url'],
    [{ 'allowed-path': '**' }, 'ds-cfg-allowed-path'],
    [{ 'trust-manager-provider': undefined }, 'ds-cfg-trust-manager-provider'],
  ] as const) {
    const { code, stderr } = await limited.modify(changeLdif(source, properties));
    expect([code, stderr]).toEqual([50, expect.stringContaining(`${name} decides where the stored`)]);
  }
  const trust = changeLdif(TRUST, { 'pem-directory': 'run/other' });
  expect(await limited.modify(trust)).toMatchObject({ code: 50 });
  const both = changeLdif(source, { 'allowed-path': 'mail/*', token: '$<file:run/token>' });
  expect(await limited.modify(both)).toMatchObject({ code: 0, stderr: '' });
});

it('a source and what names it come in one transaction, and files are checked without asking a source', async () => {
  const path = join(server.folder, 'run/both.ldif');
  const other = {
    'smtp-server': `127.0.0.1:${receiver.port}`,
    'auth-username': 'alice',
    priority: 300,
  };
  const mailServer = (name: string) =>
    mailServerLdif(name, { ...other, 'auth-password': `$<http:${name}/mail/main#/password>` });
  await writeFile(path, `${vaultLdif('Together', vault.port)}${mailServer('Together')}`, { mode: 0o600 });
  const applied = await confditFor(server)('apply', '--no-prompt', path);
  expect([applied.code, applied.stderr]).toEqual([0, expect.not.stringContaining('canary')]);
  const gone = await tools.delete(mailServerDn('Together'), `cn=Together,${SOURCES}`);
  expect(gone).toMatchObject({ code: 0, stderr: '' });
  const away = sourceLdif('Checked', { 'base-url': 'https://vault.example.com', 'allowed-path': 'mail/*' });
  await writeFile(path, `${away}${mailServer('Checked')}`, { mode: 0o600 });
  const checked = await runHere(['validate', path]);
  expect([checked.code, checked.stdout + checked.stderr]).toEqual([
    0,
    expect.stringContaining('looked for the secret source Checked, which was not asked'),
  ]);
});

const lastSecrets = () => join(server.folder, 'config/config-last-secrets.ldif');
const AWAY = 'cannot be reached: nothing listens on that port';

async function startAgain(): Promise<void> {
  server = await startServer({ folder: server.folder });
  tools = new LdapTools(server);
}

it('a start reads it, and does not start without', async () => {
  await server.stop();
  await vault.close();
  const failed = await startServer({ folder: server.folder, expectFailure: true });
  expect(failed.stderr + failed.stdout).toContain(`reads the secret source Vault, which ${AWAY}`);
  expect(failed.stderr + failed.stdout).not.toContain('canary');
  vault = await SecretServer.start({ key: own.key, cert: own.certificate }, vault.port);
  vault.setKv('mail/main', { password: 'canary-by-start' });
  await startAgain();
  await send('canary-by-start');
  await expect(readFile(lastSecrets())).rejects.toThrow('ENOENT');
});

it('a start takes the last good value while the source is away, where that is allowed', async () => {
  const { folder } = server;
  const allowed = changeLdif(`cn=Vault,${SOURCES}`, { 'use-last-good-value': 'true' });
  expect(await tools.modify(allowed)).toMatchObject({ code: 0, stderr: '' });
  await server.stop();
  expect(await readFile(lastSecrets(), 'utf8')).toMatch(/^ds-cfg-token: \{AES256-GCM\}\w+:/m);
  expect(await runHere(['rotate-key', '--instance', folder])).toMatchObject({ code: 0 });
  await vault.close();
  await startAgain();
  expect(await server.waitForLog(({ msg }) => msg.startsWith('a secret source is away'))).toMatchObject({
    problem: AWAY,
  });
  await send('canary-by-start');
  expect(await reload()).toContain(AWAY);
  vault = await SecretServer.start({ key: own.key, cert: own.certificate }, vault.port);
  vault.setKv('mail/main', { password: 'canary-back' });
  expect(await reload()).toMatch(/^COMPLETED_SUCCESSFULLY/);
  await send('canary-back');

  await server.stop();
  vault.answers.set('/v1/secret/data/mail/main', { status: 403 });
  const refused = await startServer({ folder, expectFailure: true });
  expect(refused.stderr + refused.stdout).toContain('answered 403 (Forbidden)');
});
