// Trust managers and key managers of secret sources: the logins of this server, and a change of a provider, which is tried
// with the secrets that are in use before it is accepted.

import { mkdir, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { changeLdif, mailServerDn, mailServerLdif, TRUST, trustOf } from '../mail/mail-servers-in-ldif.ts';
import { Authority } from '../support/certificates.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { endReceivers, SmtpReceiver } from '../support/mail/smtp-receiver.ts';
import { endSecretServers, SecretServer } from '../support/secret-server.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { runTask } from '../support/tasks.ts';
import { KEYS, keysLdif, SOURCES, sourceLdif } from './sources-in-ldif.ts';

const MAIN = mailServerDn('Main');
const STRICT = `cn=Strict,${SOURCES}`;
/** Options of `ldapmodify` for one transaction (RFC 5805). */
const TOGETHER = ['-E', 'txn=commit'];
const TO_ONE = ['ds-task-mail-recipient: one@example.com', 'ds-task-mail-sender: confdit@example.com'];

const users = { alice: 'canary-by-certificate' };
let authority: Authority;
let stranger: Authority;
let receiver: SmtpReceiver;
/** Demands a certificate of its clients. */
let strict: SecretServer;
let server: RunningServer;
let tools: LdapTools;

/** Sends a message, which the mail server accepts from the user with the right password only. */
async function send(): Promise<void> {
  const before = receiver.messages.length;
  const task = await runTask(tools, 'ds-task-send-test-message', TO_ONE);
  expect(task.first('ds-task-state'), task.values('ds-task-log-message').join('\n')).toBe(
    'COMPLETED_SUCCESSFULLY',
  );
  expect([receiver.messages.length, receiver.messages.at(-1)?.user]).toEqual([before + 1, 'alice']);
}

/** Reloads; returns what the task has logged. */
async function reload(): Promise<string> {
  const task = await runTask(tools, 'ds-task-reload', []);
  return `${task.first('ds-task-state')}\n${task.values('ds-task-log-message').join('\n')}`;
}

async function write(path: string, text: string): Promise<void> {
  const folder = `${server.folder}/${path}`;
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}/one.pem`, text);
}

beforeAll(async () => {
  [authority, stranger] = [await Authority.create(), await Authority.create('Stranger')];
  const trust = await trustOf(authority);
  const own = await authority.issue();
  strict = await SecretServer.start({
    key: own.key,
    cert: own.certificate,
    ca: await authority.certificate,
    requestCert: true,
    rejectUnauthorized: true,
  });
  strict.answers.set('/base/', { body: `{"secrets":["","${users.alice}"]}` });
  receiver = await SmtpReceiver.start({ users, allowInsecureAuth: true });
  server = await startServer(trust.options);
  tools = new LdapTools(server);
  await write('run/keys', (await authority.issue({ subject: '/CN=confdit' })).pem);
  await write('run/foreign-keys', (await stranger.issue({ subject: '/CN=confdit' })).pem);
  await write('run/foreign-trust', await stranger.certificate);
  await write('run/same-trust', await authority.certificate);
  await mkdir(`${server.folder}/run/nothing`);
  const plain = { 'base-url': `https://localhost:${strict.port}/base/`, 'trust-manager-provider': TRUST };
  const ldif = [trust.ldif, keysLdif('run/keys'), sourceLdif('Strict', plain)].join('\n');
  expect(await tools.add(ldif)).toMatchObject({ code: 0, stderr: '' });
});

afterAll(async () => {
  await Promise.all([endReceivers(), endSecretServers(), authority?.remove(), stranger?.remove()]);
});

it('a service logs this server in by its certificate, and gives values without a preset', async () => {
  const mailServer = mailServerLdif('Main', {
    'smtp-server': `127.0.0.1:${receiver.port}`,
    'auth-username': 'alice',
    'auth-password': '$<http:Strict#/secrets/1>',
    'use-start-tls': false,
  });
  expect(await tools.add(mailServer)).toMatchObject({
    code: 53,
    stderr: expect.stringContaining('it wants a certificate of this server, and gets none'),
  });
  const named = changeLdif(STRICT, { 'key-manager-provider': KEYS });
  expect(await tools.modify(named)).toMatchObject({ code: 0, stderr: '' });
  expect(await tools.add(mailServer)).toMatchObject({ code: 0, stderr: '' });
  await send();
});

it('a service logs this server in by a token, in a namespace, and by a key in a header of its own', async () => {
  const key = '$<file:run/api-key>';
  await writeFile(`${server.folder}/run/api-key`, 'canary-api-key\n');
  const sources: readonly (readonly [Record<string, string>, header: string, value: string, name: string])[] =
    [
      [{ token: key }, 'Authorization', 'Bearer canary-api-key', '#/password'],
      [{ token: key, 'token-header': 'X-Api-Key' }, 'X-Api-Key', 'canary-api-key', '#/password'],
      [
        { token: key, preset: 'kv-v2', 'kv-namespace': 'teams/mail', 'allowed-path': 'mail/*' },
        'X-Vault-Token',
        'canary-api-key',
        '/mail/main#/password',
      ],
    ];
  for (const [index, [properties, header, value, name]] of sources.entries()) {
    // Without TLS a source is asked on this machine only.
    const service = await SecretServer.start();
    service.answers.set('/', { body: `{"password":"${users.alice}"}` });
    service.setKv('mail/main', { password: users.alice });
    service.token = [header, 'canary-another-key'];
    const source = { 'base-url': `http://127.0.0.1:${service.port}/`, ...properties };
    expect(await tools.add(sourceLdif(`Key${index}`, source))).toMatchObject({ code: 0, stderr: '' });
    const password = changeLdif(MAIN, { 'auth-password': `$<http:Key${index}${name}>` });
    const refused = await tools.modify(password);
    expect([refused.code, refused.stderr]).toEqual([53, expect.stringContaining('403 (Forbidden)')]);
    service.token = [header, value];
    expect(await tools.modify(password)).toMatchObject({ code: 0, stderr: '' });
    expect(service.asked.at(-1)?.headers['x-vault-namespace']).toBe(properties['kv-namespace']);
    await send();
  }
  expect(
    await tools.modify(changeLdif(MAIN, { 'auth-password': '$<http:Strict#/secrets/1>' })),
  ).toMatchObject({
    code: 0,
  });
});

it('a change of a provider is refused if a secret in use could not be read any more', async () => {
  const asked = strict.asked.length;
  for (const [provider, properties, why] of [
    [TRUST, { 'pem-directory': 'run/foreign-trust' }, 'is not trusted'],
    [TRUST, { 'pem-directory': 'run/nothing' }, 'is not trusted'],
    [TRUST, { enabled: 'false' }, TRUST],
    [KEYS, { 'pem-directory': 'run/foreign-keys' }, 'cannot be reached'],
    [KEYS, { 'pem-directory': 'run/nothing' }, 'There is no private key'],
  ] as const) {
    const { code, stderr } = await tools.modify(changeLdif(provider, properties));
    expect([code, stderr.replaceAll('\n ', '')]).toEqual([53, expect.stringContaining(why)]);
    expect(stderr).not.toContain('canary');
  }
  const { code, stderr } = await tools.modify(changeLdif(TRUST, { 'pem-directory': 'run/foreign-trust' }));
  expect([code, stderr]).toEqual([53, expect.stringContaining(`${STRICT}: does not give what is in use`)]);
  expect(strict.asked.length).toBe(asked);
  expect(await reload()).toMatch(/^COMPLETED_SUCCESSFULLY/);
  await send();
});

it('a transaction is refused as a whole if what it makes of a provider does not fit', async () => {
  const other = changeLdif(MAIN, { priority: '7' });
  const swap = changeLdif(TRUST, { 'pem-directory': 'run/foreign-trust' });
  const refused = await tools.run('ldapmodify', TOGETHER, [other, swap].join('\n'));
  expect(refused).toMatchObject({ code: 53 });
  const [unchanged] = await tools.entries(MAIN, '-s', 'base');
  expect(unchanged?.first('ds-cfg-priority')).toBeUndefined();
  const same = changeLdif(TRUST, { 'pem-directory': 'run/same-trust' });
  const accepted = await tools.run('ldapmodify', TOGETHER, [same, other].join('\n'));
  expect(accepted).toMatchObject({ code: 0 });
  expect(await reload()).toMatch(/^COMPLETED_SUCCESSFULLY/);
  await send();
});

it('a reload is refused, and names who needs the secret, if the files of a provider do not fit any more', async () => {
  for (const [folder, text, why] of [
    ['run/same-trust', await stranger.certificate, 'is not trusted'],
    ['run/same-trust', 'not a certificate', 'is not trusted'],
    ['run/keys', (await stranger.issue({ subject: '/CN=confdit' })).pem, 'cannot be reached'],
  ] as const) {
    const good = folder === 'run/keys' ? (await authority.issue()).pem : await authority.certificate;
    await write(folder, text);
    const refused = await reload();
    expect(refused).toMatch(/^STOPPED_BY_ERROR/);
    expect(refused).toContain(`${MAIN}: auth-password`);
    expect(refused).toContain(why);
    expect(refused).not.toContain('canary');
    await send();
    await write(folder, good);
    expect(await reload()).toMatch(/^COMPLETED_SUCCESSFULLY/);
    await send();
  }
});
