// Real mail servers of two makes: what a mail server of the configuration is told to do is what they see.

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Authority } from '../support/certificates.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { startExim } from '../support/mail/exim.ts';
import { endAgents, type MailTransferAgent } from '../support/mail/mail-transfer-agent.ts';
import { startPostfix } from '../support/mail/postfix.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { runTask } from '../support/tasks.ts';
import { mailServerDn, mailServerLdif, TRUST, trustOf } from './mail-servers-in-ldif.ts';

const USER = { name: 'alice', password: 'canary-Quohx4ai' };

let authority: Authority;
let server: RunningServer;
let tools: LdapTools;
let agents: Readonly<Record<'Postfix' | 'Exim', MailTransferAgent>>;

beforeAll(async () => {
  authority = await Authority.create();
  const certificate = await authority.issue();
  const { ldif, options } = await trustOf(authority);
  agents = { Postfix: await startPostfix(certificate, USER), Exim: await startExim(certificate, USER) };
  server = await startServer(options);
  tools = new LdapTools(server);
  expect(await tools.add(ldif)).toMatchObject({ code: 0 });
});

afterAll(async () => {
  await endAgents();
  await authority.remove();
});

function login(password = USER.password) {
  return { 'auth-username': USER.name, 'auth-password': password, 'trust-manager-provider': TRUST };
}

async function addMailServer(name: string, properties: Parameters<typeof mailServerLdif>[1]): Promise<void> {
  expect(await tools.add(mailServerLdif(name, properties))).toMatchObject({ code: 0, stderr: '' });
}

const verify = (name: string) =>
  runTask(tools, 'ds-task-verify-mail-server', [`ds-task-mail-server: ${mailServerDn(name)}`]);

const sendTest = (name: string, recipient: string) =>
  runTask(tools, 'ds-task-send-test-message', [
    `ds-task-mail-server: ${mailServerDn(name)}`,
    'ds-task-mail-sender: confdit@example.com',
    `ds-task-mail-recipient: ${recipient}`,
  ]);

describe.each(['Postfix', 'Exim'] as const)('%s', (make) => {
  test('STARTTLS and a login: verified, and a message arrives', async () => {
    const name = `${make} submission`;
    await addMailServer(name, { 'smtp-server': `localhost:${agents[make].startTlsPort}`, ...login() });
    const verified = await verify(name);
    expect(verified.values('ds-task-mail-problem')).toEqual([]);
    expect(verified.first('ds-task-state')).toMatch(/^COMPLETED_SUCCESSFULLY$/i);
    const steps = verified.values('ds-task-mail-step').map((step) => step.replace(/: [\d.]+ ms$/, ''));
    expect(steps.toSorted()).toEqual(['1 connect', '2 greeting', '3 tls', '4 login']);
    expect(verified.first('ds-task-mail-tls-protocol')).toBe('TLSv1.3');
    expect(verified.first('ds-task-mail-tls-cipher')).toMatch(/^TLS_/);
    expect(verified.values('ds-task-mail-certificate').toSorted()).toEqual([
      expect.stringMatching(
        /^1 subject: CN=localhost; issuer: CN=Test Authority; valid from 20.*SHA-256: ..:/,
      ),
    ]);
    expect(verified.values('ds-task-mail-capability')).toContainEqual(expect.stringMatching(/^AUTH .*PLAIN/));

    const sent = await sendTest(name, 'submission@example.com');
    expect(sent.first('ds-task-state')).toMatch(/^COMPLETED_SUCCESSFULLY$/i);
    const messages = await agents[make].delivered(1);
    expect(messages.join('')).toContain('submission@example.com');
  });

  test('implicit TLS and a login', async () => {
    const name = `${make} smtps`;
    const before = (await agents[make].messages()).length;
    await addMailServer(name, {
      'smtp-server': `127.0.0.1:${agents[make].tlsPort}`,
      'use-ssl': true,
      ...login(),
    });
    const verified = await verify(name);
    expect(verified.values('ds-task-mail-problem')).toEqual([]);
    const steps = verified.values('ds-task-mail-step').map((step) => step.replace(/: [\d.]+ ms$/, ''));
    expect(steps.toSorted()).toEqual(['1 connect', '2 tls', '3 greeting', '4 login']);
    expect((await sendTest(name, 'smtps@example.com')).first('ds-task-state')).toMatch(/^COMPLETED_S/i);
    await agents[make].delivered(before + 1);
  });

  test('a wrong password is told with what to change, and never shown', async () => {
    const name = `${make} wrong password`;
    const canary = 'canary-Wrong7Pass';
    const address = `localhost:${agents[make].startTlsPort}`;
    await addMailServer(name, { 'smtp-server': address, ...login(canary) });
    const verified = await verify(name);
    expect(verified.first('ds-task-state')).toMatch(/^STOPPED_BY_ERROR$/i);
    expect(verified.first('ds-task-mail-problem')).toMatch(
      /^localhost:\d+ does not let this server log in; it said "535/,
    );
    expect(verified.first('ds-task-mail-advice')).toContain('auth-password');
    expect(verified.values('ds-task-mail-certificate')).toHaveLength(1);
    await sendTest(name, 'nobody@example.com');
  });

  test('an authority that is not trusted is never logged in to', async () => {
    const name = `${make} not trusted`;
    const address = `localhost:${agents[make].startTlsPort}`;
    const { 'trust-manager-provider': _, ...properties } = login();
    await addMailServer(name, { 'smtp-server': address, ...properties });
    const verified = await verify(name);
    expect(verified.first('ds-task-mail-problem')).toMatch(/^The certificate of localhost is not trusted\./);
    expect(verified.values('ds-task-mail-certificate')).toHaveLength(1);
    const steps = verified.values('ds-task-mail-step');
    expect(steps.filter((step) => step.includes('login'))).toEqual([]);
  });
});

test('passwords are nowhere but in the configuration', async () => {
  const tasks = await tools.search('cn=tasks', '(objectClass=*)', '*', '+');
  const monitor = await tools.search('cn=monitor', '(objectClass=*)', '*', '+');
  const log = server.logLines().map((line) => JSON.stringify(line));
  const folder = join(server.folder, 'tasks');
  const files = await Promise.all(
    (await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8').catch(() => '')),
  );
  const text = [tasks.stdout, monitor.stdout, ...log, server.errorOutput(), ...files].join('\n');
  expect(text).toContain('ds-task-mail-problem');
  for (const secret of [USER.password, 'canary-Wrong7Pass']) {
    for (const form of [
      secret,
      Buffer.from(secret).toString('base64'),
      Buffer.from(`\0alice\0${secret}`).toString('base64'),
    ]) {
      expect(text).not.toContain(form);
    }
  }
});
