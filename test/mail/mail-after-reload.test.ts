// Messages after a reload: whatever has made the mail server another one, the next message goes by it, with the
// values that were read.

import { randomUUID } from 'node:crypto';
import { rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LdapTools } from '../support/ldap-tools.ts';
import { endReceivers, SmtpReceiver } from '../support/mail/smtp-receiver.ts';
import { type LogLine, type RunningServer, startServer } from '../support/start-server.ts';
import { runTask } from '../support/tasks.ts';
import { changeLdif, mailServerDn, mailServerLdif } from './mail-servers-in-ldif.ts';

const EXPRESSIONS = 'config/expressions/mail.json';
const PIN = 'config/mail.pin';
const CREDENTIAL = 'run/credentials/smtp.pin';
const environment = { CREDENTIALS_DIRECTORY: 'run/credentials' };
const TO_ONE = ['ds-task-mail-recipient: one@example.com', 'ds-task-mail-sender: confdit@example.com'];
const DONE = 'COMPLETED_SUCCESSFULLY';

/** What alice may log in with; changed by the tests. */
const users = { alice: 'first' };
/** Two, so that it is seen which of them a message goes to. */
let receivers: readonly [SmtpReceiver, SmtpReceiver];
let server: RunningServer;
let tools: LdapTools;

const put = (path: string, text: string) => writeFile(join(server.folder, path), text);
const expressions = (port: number, interval: string) => JSON.stringify({ mail: { port, interval } });

/** A file is there as a whole from the first moment on: the watch must not read half of it. */
async function swap(path: string, text: string): Promise<void> {
  const [target, link] = [`${path}.${randomUUID()}`, join(server.folder, `${path}.link`)];
  await put(target, text);
  await symlink(join(server.folder, target), link);
  await rename(link, join(server.folder, path));
}

/** Acts, and waits for the end of the reload that comes of it. */
async function afterLog(act: () => unknown): Promise<void> {
  const isEnd = ({ msg }: LogLine) =>
    msg === 'reloaded' || msg === 'nothing was reloaded: put the problems right';
  const known = server.logLines().filter(isEnd).length;
  await act();
  await server.waitForLog(() => server.logLines().filter(isEnd).length > known);
  expect(server.logLines().filter(isEnd).at(-1)?.msg).toBe('reloaded');
}

/** Sends a message, and checks who got it and with which password. */
async function send(to: SmtpReceiver, password: string): Promise<void> {
  users.alice = password;
  const counts = receivers.map(({ messages }) => messages.length);
  const task = await runTask(tools, 'ds-task-send-test-message', TO_ONE);
  expect(task.first('ds-task-state'), task.values('ds-task-log-message').join('\n')).toBe(DONE);
  const news = receivers.map(({ messages }, index) => messages.length - (counts[index] ?? 0));
  expect(news).toEqual(receivers.map((one) => (one === to ? 1 : 0)));
  expect(to.logins.at(-1)).toMatchObject({ user: 'alice', password });
}

/** What cn=monitor tells of the mail server. */
async function monitored(): Promise<readonly string[]> {
  const found = await tools.entries('cn=mail,cn=monitor', '-s', 'one');
  return found.flatMap((entry) => entry.values('ds-mon-config-dn'));
}

beforeAll(async () => {
  const options = { users, allowInsecureAuth: true };
  receivers = [await SmtpReceiver.start(options), await SmtpReceiver.start(options)];
  server = await startServer({
    environment,
    files: {
      [EXPRESSIONS]: expressions(receivers[0].port, '1 h'),
      [PIN]: 'first',
      [CREDENTIAL]: 'by-credential\n',
    },
  });
  tools = new LdapTools(server);
  const added = await tools.add(
    mailServerLdif('Reloaded', {
      'smtp-server': '127.0.0.1:$<mail.port>',
      'verification-interval': '$<mail.interval>',
      'auth-username': 'alice',
      'auth-password': `$<file:${PIN}>`,
      'use-start-tls': false,
    }),
  );
  expect(added).toMatchObject({ code: 0, stderr: '' });
  await send(receivers[0], 'first');
});

afterAll(endReceivers);

/** Each puts one more change in force, in another way. */
test.each([
  [
    'a password file that SIGHUP follows',
    async () => {
      await swap(PIN, 'by-signal');
      await afterLog(() => process.kill(server.pid, 'SIGHUP'));
      return [receivers[0], 'by-signal'] as const;
    },
  ],
  [
    'an expression file',
    async () => {
      await swap(EXPRESSIONS, expressions(receivers[1].port, '1 h'));
      await afterLog(() => process.kill(server.pid, 'SIGHUP'));
      return [receivers[1], 'by-signal'] as const;
    },
  ],
  [
    'a password file that is watched',
    async () => {
      const watch = changeLdif('cn=config', { 'reload-on-file-change': 'true' });
      expect(await tools.modify(watch)).toMatchObject({ code: 0 });
      await afterLog(() => swap(PIN, 'by-watch'));
      return [receivers[1], 'by-watch'] as const;
    },
  ],
  [
    'a task, and a password file and an expression file at once',
    async () => {
      const noWatch = changeLdif('cn=config', { 'reload-on-file-change': 'false' });
      expect(await tools.modify(noWatch)).toMatchObject({ code: 0 });
      await swap(PIN, 'by-task');
      await swap(EXPRESSIONS, expressions(receivers[0].port, '1 h'));
      const task = await runTask(tools, 'ds-task-reload', []);
      expect(task.first('ds-task-state')).toBe(DONE);
      return [receivers[0], 'by-task'] as const;
    },
  ],
])('the next message goes by what was read: %s', async (_, reload) => {
  const [to, password] = await reload();
  await send(to, password);
  expect(await monitored()).toEqual([mailServerDn('Reloaded')]);
});

test('a reload that changes nothing of a mail server leaves it as it is', async () => {
  await afterLog(() => process.kill(server.pid, 'SIGHUP'));
  await send(receivers[0], 'by-task');
});

test('a reload that disables a mail server ends it, and one that enables it brings it back', async () => {
  const dn = mailServerDn('Reloaded');
  const written = changeLdif(dn, { enabled: '$<mail.enabled|true>' });
  expect(await tools.modify(written)).toMatchObject({ code: 0 });
  await swap('config/expressions/more.properties', 'mail.enabled=false\n');
  await afterLog(() => process.kill(server.pid, 'SIGHUP'));
  const task = await runTask(tools, 'ds-task-send-test-message', TO_ONE);
  expect(task.values('ds-task-log-message').join()).toContain('There is no mail server that is enabled');
  await swap('config/expressions/more.properties', 'mail.enabled=true\n');
  await afterLog(() => process.kill(server.pid, 'SIGHUP'));
  await send(receivers[0], 'by-task');
});

test('a mail server is verified as often as was read', async () => {
  const { length } = receivers[0].logins;
  await swap(EXPRESSIONS, expressions(receivers[0].port, '1 s'));
  await afterLog(() => process.kill(server.pid, 'SIGHUP'));
  await expect.poll(() => receivers[0].logins.length).toBeGreaterThan(length + 1);
});

test('a message goes by the credential that is in force, after a change, a reload, a refused one and a start', async () => {
  const dn = mailServerDn('Reloaded');
  const [to] = receivers;
  const shown = changeLdif(dn, { 'auth-username': '$<cred:smtp.pin>' });
  expect(await tools.modify(shown)).toMatchObject({
    code: 53,
    stderr: expect.stringContaining('is a credential, which only a property with a secret can have'),
  });
  const written = changeLdif(dn, { 'auth-password': '$<cred:smtp.pin>', 'verification-interval': '1 h' });
  expect(await tools.modify(written)).toMatchObject({ code: 0, stderr: '' });
  await send(to, 'by-credential');
  const [effective] = await tools.entries(dn.replace(/config$/, 'effective'), '-s', 'base', '*', '+');
  expect(effective?.values('ds-cfg-value-origin')).toContain('auth-password: credential smtp.pin');

  await swap(CREDENTIAL, 'by-new-credential');
  await afterLog(() => process.kill(server.pid, 'SIGHUP'));
  await send(to, 'by-new-credential');

  await rm(join(server.folder, CREDENTIAL));
  const refused = await runTask(tools, 'ds-task-reload', []);
  const place = join(server.folder, CREDENTIAL);
  expect(refused.values('ds-task-log-message').join('\n')).toContain(
    `'$<cred:smtp.pin>' cannot be resolved: has no value; looked for the file ${place}`,
  );
  await send(to, 'by-new-credential');

  await server.stop();
  const { folder } = server;
  const failed = await startServer({ folder, environment, expectFailure: true });
  expect(failed.stderr + failed.stdout).toContain('LoadCredential=NAME:/path');
  server = await startServer({ folder, environment, files: { [CREDENTIAL]: 'by-start' } });
  tools = new LdapTools(server);
  await send(to, 'by-start');
});
