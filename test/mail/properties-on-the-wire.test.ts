// Each property of a mail server, changed over LDAP while messages go out: what the other side sees, and from when on.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Authority, type Issued } from '../support/certificates.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { endReceivers, type ReceiverOptions, SmtpReceiver } from '../support/mail/smtp-receiver.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { runTask } from '../support/tasks.ts';
import { until } from '../support/until.ts';
import { changeLdif, mailServerDn, mailServerLdif, TRUST, trustOf } from './mail-servers-in-ldif.ts';

const FIRST = 'canary-Aeg7quoo';
const SECOND = 'canary-Wai4zeeX';
const NAME = 'Wire';
const OTHER_TRUST = 'cn=Other Trust,cn=Trust Manager Providers,cn=config';

let authority: Authority;
let other: Authority;
let certificate: Issued;
let server: RunningServer;
let tools: LdapTools;
let receiver: SmtpReceiver;

beforeAll(async () => {
  authority = await Authority.create();
  other = await Authority.create('Other Authority');
  certificate = await authority.issue();
  const { ldif, options } = await trustOf(authority);
  const files = { ...options.files, 'config/other-trust/ca.pem': await other.certificate };
  server = await startServer({ files });
  tools = new LdapTools(server);
  const otherLdif = ldif.replace(TRUST, OTHER_TRUST).replace('Test Trust', 'Other Trust');
  const both = `${ldif}${otherLdif.replace('test-trust', 'other-trust')}`;
  expect(await tools.add(both)).toMatchObject({ code: 0, stderr: '' });
});

afterAll(async () => {
  await authority.remove();
  await other.remove();
});

const encrypted = () => ({ key: certificate.key, cert: certificate.certificate });

async function begin(
  properties: Parameters<typeof mailServerLdif>[1] = {},
  options: ReceiverOptions = {},
): Promise<void> {
  receiver = await SmtpReceiver.start({ ...encrypted(), ...options });
  const defaults = { 'smtp-server': `localhost:${receiver.port}`, 'use-start-tls': false };
  const ldif = mailServerLdif(NAME, { ...defaults, ...properties });
  expect(await tools.add(ldif)).toMatchObject({ code: 0, stderr: '' });
}

afterEach(async () => {
  await tools.delete(mailServerDn(NAME));
  await endReceivers();
});

async function change(properties: Parameters<typeof changeLdif>[1]): Promise<string> {
  const { code, stdout, stderr } = await tools.modify(changeLdif(mailServerDn(NAME), properties));
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return stdout + stderr;
}

/** Sends a message to the mail server of this name, or to any that is enabled. */
async function send(name: string | null = NAME): Promise<string> {
  const entry = await runTask(tools, 'ds-task-send-test-message', [
    ...(name === null ? [] : [`ds-task-mail-server: ${mailServerDn(name)}`]),
    'ds-task-mail-sender: confdit@example.com',
    'ds-task-mail-recipient: one@example.com',
  ]);
  const lines = [...entry.values('ds-task-mail-problem'), ...entry.values('ds-task-log-message')];
  return [entry.first('ds-task-state'), ...lines].join('\n');
}

test('enabled: from the next message on', async () => {
  await begin();
  expect(await send(null)).toMatch(/^COMPLETED/i);
  await change({ enabled: 'false' });
  expect(await send(null)).toContain('no mail server that is enabled');
  expect(receiver.messages).toHaveLength(1);
  await change({ enabled: 'true' });
  expect(await send(null)).toMatch(/^COMPLETED/i);
  expect(receiver.messages).toHaveLength(2);
});

test('smtp-server: the next message goes to the other one', async () => {
  await begin();
  await send();
  const second = await SmtpReceiver.start();
  await change({ 'smtp-server': `127.0.0.1:${second.port}` });
  await send();
  expect([receiver.messages.length, second.messages.length]).toEqual([1, 1]);
});

test('auth-username and auth-password: the next message logs in again', async () => {
  const users = { alice: FIRST, bob: SECOND };
  const login = { 'auth-username': 'alice', 'auth-password': FIRST };
  await begin(login, { users, allowInsecureAuth: true });
  await send();
  await change({ 'auth-username': 'bob', 'auth-password': SECOND });
  await send();
  expect(receiver.messages.map(({ user }) => user)).toEqual(['alice', 'bob']);
  await change({ 'auth-password': 'wrong-canary-1' });
  expect(await send()).toMatch(/^STOPPED_BY_ERROR[\s\S]*does not let this server log in/i);
  await change({ 'auth-username': undefined, 'auth-password': undefined });
  const logins = receiver.logins.length;
  expect(await send()).toMatch(/^STOPPED_BY_ERROR[\s\S]*set auth-username and auth-password/i);
  expect(receiver.logins).toHaveLength(logins);
});

test('use-start-tls: the next message goes through TLS, or no longer', async () => {
  await begin({ 'trust-manager-provider': TRUST });
  await send();
  const expiry = 'ds-mon-mail-certificate-expires-at';
  const monitored = async () => (await tools.entries('cn=monitor', '(ds-mon-mail-address=*)'))[0];
  expect((await monitored())?.first(expiry)).toBeUndefined();
  await change({ 'use-start-tls': 'true' });
  await send();
  expect((await monitored())?.first(expiry)).toMatch(/^\d{14}/);
  expect((await monitored())?.first('ds-mon-mail-connection-count')).toBe('1');
  await change({ 'use-start-tls': 'false' });
  await send();
  expect((await monitored())?.first(expiry)).toBeUndefined();
  expect(receiver.messages.map(({ isEncrypted }) => isEncrypted)).toEqual([false, true, false]);
});

test('use-ssl: when the mail server was disabled and enabled again', async () => {
  // Who speaks clear text where TLS is spoken hears nothing, and soon gives up.
  await begin({ 'smtp-property': 'mail.smtp.timeout=3000' });
  const ssl = await SmtpReceiver.start({ ...encrypted(), secure: true });
  const properties = { 'trust-manager-provider': TRUST, 'use-ssl': 'true', 'use-start-tls': undefined };
  await change({ 'use-start-tls': undefined, 'trust-manager-provider': TRUST });
  await change({ ...properties, 'smtp-server': `localhost:${ssl.port}` });
  expect(await send()).toMatch(/^STOPPED_BY_ERROR/i);
  expect(ssl.messages).toEqual([]);
  await change({ enabled: 'false' });
  await change({ enabled: 'true' });
  expect(await send()).toMatch(/^COMPLETED/i);
  expect(ssl.messages).toMatchObject([{ isEncrypted: true }]);
});

test('trust-manager-provider: the next message is handed over only to who is trusted now', async () => {
  await begin({ 'use-start-tls': true, 'trust-manager-provider': TRUST });
  expect(await send()).toMatch(/^COMPLETED/i);
  await change({ 'trust-manager-provider': OTHER_TRUST });
  expect(await send()).toMatch(/^STOPPED_BY_ERROR[\s\S]*is not trusted/i);
  await change({ 'trust-manager-provider': undefined });
  expect(await send()).toMatch(/^STOPPED_BY_ERROR[\s\S]*is not trusted/i);
  await change({ 'trust-manager-provider': TRUST });
  expect(await send()).toMatch(/^COMPLETED/i);
  expect(receiver.messages).toHaveLength(2);
});

test('priority: the lower number comes first, from the next message on', async () => {
  await begin({ priority: 10 });
  const second = await SmtpReceiver.start();
  const ldif = mailServerLdif('Wire 2', {
    'smtp-server': `127.0.0.1:${second.port}`,
    'use-start-tls': false,
    priority: 20,
  });
  expect(await tools.add(ldif)).toMatchObject({ code: 0 });
  await send(null);
  await change({ priority: '30' });
  await send(null);
  expect([receiver.messages.length, second.messages.length]).toEqual([1, 1]);
  await tools.delete(mailServerDn('Wire 2'));
});

describe('smtp-property', () => {
  async function sendWith(value: string): Promise<void> {
    await change({ 'smtp-property': value });
    await send();
  }

  test('the name in EHLO, and the sender on the envelope', async () => {
    await begin();
    await sendWith('mail.smtp.localhost=confdit.example.com');
    await sendWith('mail.smtp.from=bounces@example.com');
    await change({ 'smtp-property': undefined });
    await send();
    const [first, second, third] = receiver.messages;
    expect([first?.clientName, second?.from, third?.from]).toEqual([
      'confdit.example.com',
      'bounces@example.com',
      'confdit@example.com',
    ]);
    expect(third?.clientName).not.toBe('confdit.example.com');
  });

  test('they win over the other properties', async () => {
    await begin({ 'trust-manager-provider': TRUST });
    const second = await SmtpReceiver.start({ ...encrypted(), secure: true });
    const both = changeLdif(mailServerDn(NAME), { 'smtp-property': `mail.smtp.port=${second.port}` });
    const value = 'ds-cfg-smtp-property: mail.smtp.ssl.enable=true\n-';
    expect(await tools.modify(both.replace(/-\n\n$/, `${value}\n\n`))).toMatchObject({ code: 0 });
    expect(await send()).toMatch(/^COMPLETED/i);
    expect(second.messages).toMatchObject([{ isEncrypted: true }]);
  });

  test('versions of TLS and cipher suites', async () => {
    await begin({ 'trust-manager-provider': TRUST, 'use-start-tls': true });
    await sendWith('mail.smtp.ssl.protocols=TLSv1.2');
    await sendWith('mail.smtp.ssl.ciphersuites=TLS_AES_128_GCM_SHA256');
    expect(receiver.messages.map(({ protocol }) => protocol)).toEqual(['TLSv1.2', 'TLSv1.3']);
    expect(receiver.messages[1]?.cipher).toBe('TLS_AES_128_GCM_SHA256');
  });

  test('the way to log in, and whether to', async () => {
    const methods: string[] = [];
    const login = { 'auth-username': 'alice', 'auth-password': FIRST };
    await begin(login, {
      allowInsecureAuth: true,
      authOptional: true,
      disabledCommands: [],
      authMethods: ['PLAIN', 'LOGIN', 'CRAM-MD5'],
      onAuth: ({ method, username }, _session, done) => {
        methods.push(method);
        done(null, { user: username ?? '' });
      },
    });
    for (const method of ['LOGIN', 'CRAM-MD5', 'PLAIN'])
      await sendWith(`mail.smtp.auth.mechanisms=${method}`);
    await sendWith('mail.smtp.auth=false');
    expect(methods).toEqual(['LOGIN', 'CRAM-MD5', 'PLAIN']);
    expect(receiver.messages.map(({ user }) => user)).toEqual(['alice', 'alice', 'alice', undefined]);
  });

  test('how long it may take', async () => {
    await begin({}, { onConnect: () => {} });
    await sendWith('mail.smtp.timeout=300');
    expect(await send()).toMatch(/^STOPPED_BY_ERROR[\s\S]*nothing came in time/i);
  });

  test('what is said is logged when it was asked for, without secrets', async () => {
    const login = { 'auth-username': 'alice', 'auth-password': FIRST };
    await begin(login, { users: { alice: FIRST }, allowInsecureAuth: true });
    await sendWith('mail.debug=true');
    await server.waitForLog(({ text }) => text === 'DATA');
    const log = JSON.stringify(server.logLines());
    expect(log).toContain('EHLO');
    expect(log).not.toContain(FIRST);
    expect(log).not.toContain(Buffer.from(FIRST).toString('base64'));
  });
});

test('a change does not lose the message that is under way', async () => {
  const finish: (() => void)[] = [];
  await begin({}, { onMailFrom: (_address, _session, done) => void finish.push(() => done()) });
  const underWay = send();
  await until(() => finish.length === 1);
  const second = await SmtpReceiver.start();
  await change({ 'smtp-server': `127.0.0.1:${second.port}` });
  await send();
  expect([receiver.messages.length, second.messages.length]).toEqual([0, 1]);
  finish[0]?.();
  expect(await underWay).toMatch(/^COMPLETED/i);
  expect(receiver.messages).toHaveLength(1);
});

test('cn=monitor tells of every mail server, and nobody learns a password', async () => {
  await begin(
    { 'auth-username': 'alice', 'auth-password': FIRST },
    { users: { alice: SECOND }, allowInsecureAuth: true },
  );
  await send();
  const [entry] = await tools.entries('cn=monitor', '(ds-mon-mail-address=*)');
  expect(entry?.first('ds-mon-mail-state')).toBe('resting');
  expect(entry?.first('ds-mon-mail-failed-count')).toBe('1');
  expect(entry?.first('ds-mon-mail-last-error')).toContain('does not let this server log in');
  const shown = await tools.search('cn=monitor', '(objectClass=*)', '*', '+');
  const tasks = await tools.search('cn=tasks', '(objectClass=*)', '*', '+');
  for (const secret of [FIRST, SECOND, 'wrong-canary-1']) {
    expect(shown.stdout + tasks.stdout + JSON.stringify(server.logLines())).not.toContain(secret);
  }
});
