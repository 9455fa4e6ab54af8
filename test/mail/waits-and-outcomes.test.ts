// Verifications and test messages as a person sees them: several mail servers at once, what is waited for, Ctrl-C, what
// nobody knows, and what confdit status says afterwards.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { confditFor, PROGRAM, runConfdit } from '../support/confdit-program.ts';
import { removeFolder } from '../support/folders.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import {
  endScriptedMailServers,
  type MailServerWords,
  mailServerAnswers,
  ScriptedMailServer,
} from '../support/mail/scripted-mail-server.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { until } from '../support/until.ts';
import { mailServerLdif } from './mail-servers-in-ldif.ts';

let server: RunningServer;
let tools: LdapTools;
let confdit: ReturnType<typeof confditFor>;
/** Without a server. */
const offline = (...words: string[]) => runConfdit(words);

beforeAll(async () => {
  server = await startServer();
  tools = new LdapTools(server);
  confdit = confditFor(server);
  await addMailServer('Good', {});
  await addMailServer('Full', { says: { EHLO: '421 4.3.2 too many connections\r\n' } });
  await addMailServer('Lost', { says: { '.': '250-' } }, { priority: 200 });
  await addMailServer('Off', {});
  await confdit('set-mail-server-prop', '--server-name', 'Off', '--set', 'enabled:false');
});

afterAll(endScriptedMailServers);

async function addMailServer(
  name: string,
  words: MailServerWords,
  properties: Readonly<Record<string, string | number | boolean>> = {},
): Promise<void> {
  const usual = mailServerAnswers(words);
  const other = await ScriptedMailServer.start((line, socket) => {
    const answer = usual(line, socket);
    // Half an answer is all there is.
    if (answer === '250-') socket.end(answer);
    return answer === '250-' ? undefined : answer;
  });
  const all = { 'smtp-server': `127.0.0.1:${other.port}`, 'use-start-tls': false, ...properties };
  expect(await tools.add(mailServerLdif(name, all))).toMatchObject({ code: 0 });
}

test('several mail servers are verified, each is told, and status shows the same', async () => {
  const { code, stdout, stderr } = await confdit(
    'verify-mail-server',
    'Good',
    '--server-name',
    'Full',
    'None',
  );
  expect(code).toBe(1);
  expect(stdout).toMatch(
    /^Full:\nstep [\s\S]*\n\nGood:\nstep [\s\S]* can be used\.\n\nNone:\n\n1 of 3 mail servers can be used\.\n$/,
  );
  expect(stderr).toMatch(
    /takes no more connections from this server now; it said .421[\s\S]*connection-pool-size/,
  );
  expect(stderr).toContain('is not a mail server');
  const all = await confdit('verify-mail-server', '--all', '--json');
  expect(all.code).toBe(1);
  const told: unknown = JSON.parse(all.stdout);
  expect(told).toMatchObject({
    successful: false,
    mailServers: [
      { name: 'Full', successful: false },
      { name: 'Good', successful: true },
      { name: 'Lost', successful: true },
    ],
    notEnabled: ['Off'],
  });
  const { stdout: status } = await confdit('status');
  expect(status).toMatch(/Full +: 127\.0\.0\.1:\d+ +: failing +: 0 +: 0 +: .*takes no more connections/);
  expect(status).toMatch(/Good +: 127\.0\.0\.1:\d+ +: unused +: 0 +: 0 +: -/);
  expect(await confdit('verify-mail-server', '--all', 'Good')).toMatchObject({ code: 89 });
  expect(await confdit('verify-mail-server', '--all', '--set', 'priority:1')).toMatchObject({ code: 89 });
});

test('what nobody knows is said so, in text and in JSON, and nothing says otherwise', async () => {
  const words = [
    'send-test-message',
    '--server-name',
    'Lost',
    '--from',
    'a@example.com',
    '--to',
    'b@example.com',
  ];
  const text = await confdit(...words);
  expect(text).toMatchObject({ code: 1, stdout: '' });
  expect(text.stderr).toMatch(/^It is not known whether the message was accepted by 127\.0\.0\.1:\d+: .*\n$/);
  const json = await confdit(...words, '--json');
  const told: unknown = JSON.parse(json.stdout);
  expect(told).toMatchObject({ successful: null, outcome: 'unknown' });
  expect(`${json.stdout}${text.stderr}`).not.toMatch(/"ERROR"|No mail server has accepted|STOPPED|refused/);
  const [figures] = await tools.entries('cn=Lost,cn=mail,cn=monitor', '-s', 'base');
  expect(figures?.first('ds-mon-mail-failed-count')).toBe('0');
});

test('where another mail server takes it, it may arrive twice', async () => {
  await addMailServer('First', { says: { '.': '250-' } }, { priority: 1 });
  const words = ['send-test-message', '--from', 'a@example.com', '--to', 'b@example.com', '--json'];
  const { stdout } = await confdit(...words);
  const told: unknown = JSON.parse(stdout);
  expect(told).toMatchObject({ successful: false, outcome: 'accepted' });
  expect(stdout).toContain('The message was accepted, and may arrive twice.');
  expect((await tools.delete('cn=First,cn=Mail Servers,cn=config')).code).toBe(0);
});

test('what is waited for is shown while it lasts, and Ctrl-C ends it at once, here and there', async () => {
  const silent = await ScriptedMailServer.start((line, socket) =>
    line.startsWith('EHLO') ? undefined : mailServerAnswers()(line, socket),
  );
  const all = { 'smtp-server': `127.0.0.1:${silent.port}`, 'use-start-tls': false };
  expect(await tools.add(mailServerLdif('Silent', all))).toMatchObject({ code: 0 });
  const options = ['--port', String(server.port), '--bindPassword:env', 'PASSWORD'];
  const program = spawn(process.execPath, [PROGRAM, 'verify-mail-server', 'Silent', ...options], {
    env: { PATH: process.env.PATH, HOME: '/nonexistent', PASSWORD: server.password },
    stdio: 'ignore',
  });
  const running = async () => (await tools.entries('cn=tasks', '(ds-task-mail-waits-for=*)'))[0];
  await until(async () => (await running()) !== undefined);
  const entry = await running();
  expect(entry?.first('ds-task-mail-waits-for')).toBe('its answer to EHLO');
  program.kill('SIGINT');
  const [code, signal] = await once(program, 'exit');
  expect({ code, signal }).toEqual({ code: null, signal: 'SIGINT' });
  await until(async () => {
    const [after] = await tools.entries(entry?.dn.toString() ?? '', '-s', 'base');
    return after?.first('ds-task-state') === 'STOPPED_BY_ADMINISTRATOR';
  });
});

test('what has no effect is said in the answer to the change, by every command', async () => {
  const set = await confdit(
    'set-mail-server-prop',
    '--server-name',
    'Good',
    '--add',
    'smtp-property:mail.smtp.timeuot=5',
  );
  expect(set.stdout).toContain(
    'mail.smtp.timeuot in smtp-property has no effect; is mail.smtp.timeout meant?',
  );
  const again = await confdit('set-mail-server-prop', '--server-name', 'Good', '--set', 'priority:7');
  expect(again.stdout).not.toContain('has no effect');
  const values = ['enabled:true', 'smtp-server:localhost', 'use-start-tls:false'];
  const made = await confdit(
    ...['create-mail-server', '--server-name', 'New', ...values.flatMap((value) => ['--set', value])],
    ...[
      '--set',
      'smtp-property:mail.smtp.auth.mechanisms=PLAIN',
      '--set',
      'smtp-property:mail.smtp.ssl.protocols=TLSv1.3',
    ],
  );
  expect(made.stdout).toMatch(
    /mail\.smtp\.auth\.mechanisms in smtp-property has no effect: there is no login/,
  );
  expect(made.stdout).toMatch(
    /mail\.smtp\.ssl\.protocols in smtp-property has no effect: connections .* not encrypted/,
  );
  const verified = await confdit('verify-mail-server', 'Good');
  expect(verified.stderr).toContain('is mail.smtp.timeout meant?');
  expect(verified.code).toBe(0);
  const folder = await mkdtemp(join(tmpdir(), 'confdit-hints-'));
  const file = join(folder, 'mail.ldif');
  const property = { 'smtp-server': 'localhost', 'smtp-property': 'mail.smtp.conectiontimeout=5' };
  await writeFile(file, mailServerLdif('In A File', property));
  const hint =
    'mail.smtp.conectiontimeout in smtp-property has no effect; is mail.smtp.connectiontimeout meant?';
  const validated = await offline('validate', file);
  expect(validated).toMatchObject({ code: 0, stderr: '' });
  expect(validated.stdout).toMatch(/^\S+mail\.ldif:7(?::\d+)?: warning: cn=In A File.*\n/);
  expect(validated.stdout).toContain(hint);
  expect((await offline('validate', file, '--format', 'github')).stdout).toMatch(/^::warning .*line=7/);
  expect((await offline('validate', file, '--json')).stdout).toMatch(/"warnings": \[\s*\{/);
  expect((await confdit('plan', file)).stdout).toContain(hint);
  await removeFolder(folder);
  const tried = await confdit('verify-mail-server', 'Good', '--set', 'smtp-property:mail.smtp.debgu=x');
  expect(tried.stderr).toMatch(/mail\.smtp\.debgu in smtp-property has no effect/);
});
