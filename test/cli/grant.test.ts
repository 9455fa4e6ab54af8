// `confdit grant` and `confdit revoke`, up to the message that the application sends with what it was given.

import { mkdtemp, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openMailServer } from '../../src/client/open-mail-server.ts';
import { mailServerDn, mailServerLdif } from '../access/policies.ts';
import { accountDn } from '../support/accounts.ts';
import { runHere } from '../support/confdit-program.ts';
import { removeFolder } from '../support/folders.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { SmtpReceiver } from '../support/mail/smtp-receiver.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';

let server: RunningServer;
let receiver: SmtpReceiver;
let folder: string;

beforeAll(async () => {
  server = await startServer();
  folder = await mkdtemp(join(tmpdir(), 'confdit-grant-'));
  receiver = await SmtpReceiver.start({
    users: { me: 'mail-password' },
    hideSTARTTLS: true,
    allowInsecureAuth: true,
  });
  const lines = [
    `ds-cfg-smtp-server: 127.0.0.1:${receiver.port}`,
    'ds-cfg-use-start-tls: false',
    'ds-cfg-auth-username: me',
    'ds-cfg-auth-password: mail-password',
  ];
  const added = await new LdapTools(server).add(
    `${mailServerLdif('Own', ...lines)}\n${mailServerLdif('Other')}`,
  );
  expect(added).toMatchObject({ code: 0 });
});

afterAll(() => removeFolder(folder));

const confdit = (...words: readonly string[]) => runHere([...words, '--instance', server.folder]);
const pin = () => join(folder, 'app.pin');
const grant = (...more: readonly string[]) =>
  confdit('grant', 'app', '--mail-server', 'Own', '--password-file', pin(), ...more);

async function open() {
  const password = await readFile(pin(), 'utf8');
  return openMailServer({ url: server.url, bindDn: accountDn('app'), password, mailServer: 'Own' });
}

it('gives an application its mail server, which it sends by', async () => {
  expect(await grant('--read-password')).toMatchObject({ code: 0 });
  expect((await stat(pin())).mode & 0o777).toBe(0o600);
  const mailServer = await open();
  const to = 'somebody@example.com';
  await mailServer.transporter.sendMail({ from: 'app@example.com', to, subject: 'Hello', text: 'Hello' });
  expect(receiver.messages).toHaveLength(1);
  expect(receiver.logins.at(-1)).toMatchObject({ user: 'me', password: 'mail-password' });
  await mailServer.close();
});

it('changes nothing when it is repeated, and nothing else is given', async () => {
  const entry = async () => new LdapTools(server).search('cn=Access Control Handler,cn=config', '*', '+');
  const before = await entry();
  const password = await readFile(pin(), 'utf8');
  expect(await grant('--read-password')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('already'),
  });
  expect(await entry()).toEqual(before);
  expect(await readFile(pin(), 'utf8')).toBe(password);
  const app = new LdapTools({ url: server.url, password }, accountDn('app'));
  const own = await app.search('cn=config', '1.1');
  expect(own.stdout).toBe(`dn: ${mailServerDn('Own')}\n\n`);
});

it('replaces the rights by others, and refuses a file that is there', async () => {
  expect(await grant('--send')).toMatchObject({ code: 0, stdout: expect.stringContaining('verify, send') });
  const refused = await confdit('grant', 'other', '--mail-server', 'Own', '--password-file', pin());
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('EEXIST') });
  expect(await confdit('grant', 'app', '--mail-server', 'Missing')).toMatchObject({ code: 32 });
});

it('is taken back with the account', async () => {
  expect(await confdit('revoke', 'app')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(accountDn('app')),
  });
  expect(await confdit('revoke', 'app')).toMatchObject({ code: 0, stdout: 'There is nothing to revoke.\n' });
  await expect(open()).rejects.toThrow();
});
