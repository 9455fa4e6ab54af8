// `confdit grant` and `confdit revoke`, up to the message that the application sends with what it was given.

import { X509Certificate } from 'node:crypto';
import { mkdtemp, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openMailServer } from '../../src/client/open-mail-server.ts';
import { mailServerDn, mailServerLdif, policyLdif } from '../access/policies.ts';
import { accountDn } from '../support/accounts.ts';
import { saslBindRequest, scopes, searchRequest } from '../support/ber-bytes.ts';
import { Authority, type Issued } from '../support/certificates.ts';
import { connectTls } from '../support/clients/tls-client.ts';
import { runHere } from '../support/confdit-program.ts';
import { removeFolder } from '../support/folders.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { SmtpReceiver } from '../support/mail/smtp-receiver.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';

let server: RunningServer;
let receiver: SmtpReceiver;
let folder: string;
let authority: Authority;

beforeAll(async () => {
  authority = await Authority.create();
  server = await startServer({ files: { 'config/clients/ca.pem': await authority.certificate } });
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

afterAll(async () => {
  await removeFolder(folder);
  await removeFolder(authority.folder);
});

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
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining(`${pin()}: it exists already`) });
  expect(await confdit('grant', 'app', '--mail-server', 'Missing')).toMatchObject({ code: 32 });
});

it('is taken back with the account', async () => {
  expect(await confdit('revoke', 'app')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(accountDn('app')),
  });
  expect(await confdit('revoke', 'app')).toMatchObject({
    code: 0,
    stdout:
      'There is nothing to revoke: there is no account cn=app,cn=Root DNs,cn=config, and no access control policy for it.\n',
  });
  await expect(open()).rejects.toThrow();
});

it('means one mail server and one account, whatever their names, beside any other policy', async () => {
  const everybody = {
    permission: 'read',
    'allowed-attribute': 'cn',
    'user-dn-equal-to': '**',
    'request-target-dn-equal-to': mailServerDn('Missing'),
  };
  const added = await new LdapTools(server).add(
    [mailServerLdif('O*', 'ds-cfg-smtp-server: mail.example.com'), policyLdif('everybody', everybody)].join(
      '\n',
    ),
  );
  expect(added).toMatchObject({ code: 0 });
  const file = join(folder, 'star.pin');
  const words = ['grant', 'o*', '--mail-server', 'O*', '--password-file', file];
  expect(await confdit(...words)).toMatchObject({ code: 0, stdout: expect.stringContaining('now') });
  expect(await confdit(...words)).toMatchObject({ code: 0, stdout: expect.stringContaining('already') });
  const login = { url: server.url, password: await readFile(file, 'utf8') };
  const seen = await new LdapTools(login, accountDn('o*')).search('cn=config', '1.1');
  expect(seen.stdout).toBe(`dn: ${mailServerDn('O*')}\n\n`);
  expect(await confdit('revoke', 'o*')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('Deleted'),
  });
});

describe('an application with a certificate', () => {
  const trust = 'cn=Clients,cn=Trust Manager Providers,cn=config';

  /** Returns what the application finds with a certificate. */
  async function found({ certificate, key }: Issued): Promise<readonly string[] | number> {
    const { client } = await connectTls(server.ldapsPort, { cert: certificate, key });
    const { code } = await client.request(saslBindRequest('EXTERNAL'));
    const { entries } = await client.request(searchRequest('cn=config', { scope: scopes.subtree }));
    client.close();
    return code === 0 ? entries.map(({ dn }) => dn) : code;
  }

  it('logs in by it, and another may be added', async () => {
    const trusting = [
      `dn: ${trust}\nchangetype: add\nobjectClass: ds-cfg-trust-manager-provider\nobjectClass: ds-cfg-pem-trust-manager-provider`,
      'cn: Clients\nds-cfg-enabled: true\nds-cfg-pem-directory: config/clients\n',
      'dn: cn=LDAPS,cn=Connection Handlers,cn=config\nchangetype: modify\nreplace: ds-cfg-trust-manager-provider',
      `ds-cfg-trust-manager-provider: ${trust}\n-\nreplace: ds-cfg-ssl-client-auth-policy\nds-cfg-ssl-client-auth-policy: optional\n`,
    ];
    expect(await new LdapTools(server).modify(trusting.join('\n'))).toMatchObject({ code: 0 });
    const first = await authority.issue({ subject: '/CN=web' });
    const second = await authority.issue({ subject: '/O=Example/CN=web' });
    const fingerprint = new X509Certificate(first.certificate).fingerprint256;
    const give = (...more: readonly string[]) => confdit('grant', 'web', '--mail-server', 'Other', ...more);
    const byFirst = await give('--certificate-fingerprint', fingerprint);
    expect(byFirst).toMatchObject({ code: 0, stderr: '' });
    expect(byFirst.stdout).not.toContain('password');
    expect(await found(first)).toEqual([mailServerDn('Other')]);
    expect(await found(second)).toBe(49);
    const again = await give('--certificate-fingerprint', fingerprint.replaceAll(':', '').toLowerCase());
    expect(again.stdout).toContain('already');
    expect(await give('--certificate-subject-dn', 'CN=web,O=Example')).toMatchObject({ code: 0 });
    expect(await found(second)).toEqual([mailServerDn('Other')]);
    expect(await found(first)).toEqual([mailServerDn('Other')]);
    expect(await confdit('revoke', 'web')).toMatchObject({ code: 0 });
    expect(await found(first)).toBe(49);
  });

  it('is not made with a certificate that is none', async () => {
    const refused = await confdit('grant', 'bad', '--mail-server', 'Own', '--certificate-fingerprint', 'xyz');
    expect(refused.code).not.toBe(0);
    expect((await new LdapTools(server).search(accountDn('bad'))).code).toBe(32);
  });
});
