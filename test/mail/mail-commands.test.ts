// The two commands about mail, as somebody types them, against a server that runs.

import { afterAll, beforeAll, expect, test } from 'vitest';
import { Authority } from '../support/certificates.ts';
import { confditFor } from '../support/confdit-program.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { endReceivers, SmtpReceiver } from '../support/mail/smtp-receiver.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { mailServerLdif, TRUST, trustOf } from './mail-servers-in-ldif.ts';

const PASSWORD = 'canary-Ieth3eiM';

let authority: Authority;
let receiver: SmtpReceiver;
let server: RunningServer;

/** A name that could be taken for a DN, and must be escaped in one. */
const GOOD = 'Good, and more = better';

beforeAll(async () => {
  authority = await Authority.create();
  const { key, certificate } = await authority.issue();
  receiver = await SmtpReceiver.start({ key, cert: certificate, users: { alice: PASSWORD } });
  const { ldif, options } = await trustOf(authority);
  server = await startServer(options);
  const trust = { 'trust-manager-provider': TRUST, 'auth-username': 'alice' };
  const address = `localhost:${receiver.port}`;
  const mailServers = [
    mailServerLdif(GOOD, {
      'smtp-server': address,
      ...trust,
      'auth-password': PASSWORD,
      priority: 2,
    }),
    mailServerLdif('Bad', { 'smtp-server': address, ...trust, 'auth-password': 'wrong-1', priority: 1 }),
  ];
  const added = await new LdapTools(server).add([ldif, ...mailServers].join(''));
  expect(added).toMatchObject({ code: 0, stderr: '' });
});

afterAll(async () => {
  await endReceivers();
  await authority.remove();
});

test.each([
  ['its name', GOOD],
  ['its DN', 'CN=Good\\2C and more = better, cn=mail servers,cn=config'],
])('verify-mail-server tells what was found, by %s', async (_, name) => {
  const confdit = confditFor(server);
  const { code, stdout, stderr } = await confdit('verify-mail-server', '--server-name', name);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(
    /step +1 connect: [\d.]+ ms\nstep +2 greeting: .*\nstep +3 tls: .*\nstep +4 login: /,
  );
  expect(stdout).toMatch(/protocol +TLSv1\.3\n/);
  expect(stdout).toMatch(/certificate +1 subject: CN=localhost; issuer: CN=Test Authority;/);
  expect(stdout).toMatch(/localhost:\d+ can be used\.\n$/);
});

test('verify-mail-server tells what to change', async () => {
  const { code, stderr } = await confditFor(server)('verify-mail-server', '--server-name', 'Bad');
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^localhost:\d+ does not let this server log in; it said .535 .*Check auth-username/,
  );
  expect(stderr).toMatch(/\nlocalhost:\d+ cannot be used\.\n$/);
  expect(stderr).not.toContain('wrong-1');
});

test('verify-mail-server tells of values that are not stored', async () => {
  const confdit = confditFor(server);
  const verify = (...words: string[]) => confdit('verify-mail-server', '--server-name', ...words);
  const better = await verify('Bad', '--set', `auth-password:${PASSWORD}`, '--reset', 'priority');
  expect(better).toMatchObject({ code: 0, stderr: '' });
  expect(better.stdout).toContain('not stored: ds-cfg-auth-password, ds-cfg-priority.');
  expect(better.stdout).not.toContain(PASSWORD);
  expect(await verify('Bad')).toMatchObject({ code: 1 });
  const worse = await verify(GOOD, '--set', 'smtp-server:localhost:1');
  expect(worse.code).toBe(1);
  expect(worse.stderr).toMatch(/localhost:1 cannot be used\.\n$/);
  const values = [
    'enabled:false',
    `smtp-server:localhost:${receiver.port}`,
    'trust-manager-provider:Test Trust',
    'auth-username:alice',
    `auth-password:${PASSWORD}`,
  ];
  const sets = values.flatMap((value) => ['--set', value]);
  const fresh = await verify('New', ...sets);
  expect(fresh).toMatchObject({ code: 0, stderr: '' });
  expect(fresh.stdout).toContain('the mail server is new');
  expect((await confdit('list-mail-servers', '-s')).stdout).not.toContain('New');
});

test('verify-mail-server tells what is wrong with such values, all of it', async () => {
  const verify = (...words: string[]) =>
    confditFor(server)('verify-mail-server', '--server-name', ...words, '--set', `auth-password:${PASSWORD}`);
  const mistyped = await verify('Bad', '--set', 'smtp-servr:a', '--set', 'use-ssl:maybe');
  expect(mistyped.code).toBe(19);
  expect(mistyped.stderr).toMatch(/smtp-servr.*Did you mean smtp-server[\s\S]*use-ssl.*maybe/);
  const unusable = await verify('Bad', '--set', 'use-ssl:true', '--set', 'use-start-tls:true');
  expect(unusable.code).toBe(19);
  expect(unusable.stderr).toContain('use-ssl');
  const nobody = await verify('Nobody', '--add', 'smtp-property:mail.smtp.timeout=5000');
  expect(nobody.code).toBe(32);
  expect(nobody.stderr).toMatch(/no such Mail Server.*\n.*--set only\.\nenabled: .*\nsmtp-server: /);
  for (const { stderr } of [mistyped, unusable, nobody]) expect(stderr).not.toContain(PASSWORD);
});

test('send-test-message names the mail server that took it, and those that did not', async () => {
  const words = ['--from', 'confdit@example.com', '--to', 'one@example.com', '--to', 'two@example.com'];
  const { code, stdout, stderr } = await confditFor(server)('send-test-message', ...words);
  expect(stdout).toMatch(
    /^cn=Good\\, and more = better,cn=Mail Servers,cn=config accepted the message; it said .250 /,
  );
  expect(stderr).toContain('does not let this server log in');
  expect(code).toBe(1);
  expect(receiver.messages).toMatchObject([{ to: ['one@example.com', 'two@example.com'], user: 'alice' }]);
});

test('what is missing, and who is not there', async () => {
  const confdit = confditFor(server);
  expect(await confdit('verify-mail-server')).toMatchObject({
    code: 89,
    stderr: expect.stringContaining('--server-name'),
  });
  expect(await confdit('send-test-message', '--from', 'a@example.com')).toMatchObject({ code: 89 });
  const unknown = await confdit('verify-mail-server', '--server-name', 'Nobody');
  expect(unknown.code).toBe(19);
  expect(unknown.stderr).toContain('is not a mail server');
});
