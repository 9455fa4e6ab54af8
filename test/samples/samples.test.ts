// What an earlier version wrote is started by the version of today, and everything in it acts as it did.

import { chmod, cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { accountLdif } from '../support/accounts.ts';
import { bindRequest, extendedRequest, saslBindRequest } from '../support/ber-bytes.ts';
import { connectTls } from '../support/clients/tls-client.ts';
import { confditFor, runHere } from '../support/confdit-program.ts';
import { freePort } from '../support/free-port.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { endReceivers, SmtpReceiver } from '../support/mail/smtp-receiver.ts';
import { RawClient } from '../support/raw-client.ts';
import { copySample, SAMPLES } from '../support/sample-instance.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';

const VERSION = '0.1.0';
const PASSWORD = 'sample-administrator-1';
const MAIL_SERVERS = 'cn=Mail Servers,cn=config';
const WHO_AM_I = extendedRequest('1.3.6.1.4.1.4203.1.11.3');
const USERS = { 'sample-user': 'sample-mail-password' };

afterAll(endReceivers);

async function start(folder: string, receiver?: SmtpReceiver): Promise<RunningServer> {
  const environment = {
    HTTP_PORT: String(await freePort()),
    SINK_PORT: String(receiver?.port ?? (await freePort())),
  };
  return startServer({ folder, password: PASSWORD, environment });
}

/** A message that is older than its lifetime is abandoned; the sample was made long ago. */
async function renewSpool(folder: string): Promise<void> {
  const spool = join(folder, 'mail');
  for (const name of (await readdir(spool)).filter((one) => one.endsWith('.mail'))) {
    const text = await readFile(join(spool, name), 'utf8');
    await writeFile(join(spool, name), text.replace(/"spooledAtMs":\d+/, `"spooledAtMs":${Date.now()}`));
  }
}

async function mailServersOf(server: RunningServer): Promise<readonly string[]> {
  const entries = await new LdapTools(server).entries(MAIL_SERVERS, '-s', 'one', '(objectClass=*)', 'cn');
  return entries.map((entry) => entry.first('cn') ?? '').toSorted();
}

describe(`an instance of ${VERSION}`, () => {
  it('has its entries and its tasks, and the accounts log in', async () => {
    const server = await start(await copySample(VERSION));
    expect(await mailServersOf(server)).toEqual([
      'After the snapshot',
      'Café, Überall',
      'Main',
      'Second',
      'Third',
    ]);
    const [main] = await new LdapTools(server).entries(`cn=Main,${MAIL_SERVERS}`, '-s', 'base');
    expect(main?.first('ds-cfg-priority')).toBe('5');
    const tasks = await new LdapTools(server).entries('cn=tasks', '(ds-task-id=in a hundred years)');
    expect(tasks[0]?.first('ds-task-state')).toMatch(/^waiting/i);
    const client = await RawClient.connect(server);
    for (const [dn, password] of [
      ['uid=admin', PASSWORD],
      ['cn=application,cn=Root DNs,cn=config', 'sample-application-password'],
      ['uid=reader,dc=people,dc=sample', 'sample-reader-password'],
    ] as const) {
      expect(await client.request(bindRequest(dn, password)), dn).toMatchObject({ code: 0 });
      expect(await client.request(bindRequest(dn, 'another password')), dn).toMatchObject({ code: 49 });
    }
    client.close();
  });

  it.each([
    ['by-subject', 'cn=by subject,cn=Root DNs,cn=config'],
    ['by-fingerprint', 'cn=by fingerprint,cn=Root DNs,cn=config'],
  ])('lets the certificate %s log in over LDAPS', async (name, dn) => {
    const server = await start(await copySample(VERSION));
    const pem = await readFile(join(SAMPLES, VERSION, `${name}.pem`), 'utf8');
    const { client } = await connectTls(server.ldapsPort, { cert: pem, key: pem });
    expect(await client.request(saslBindRequest('EXTERNAL'))).toMatchObject({ code: 0 });
    expect((await client.request(WHO_AM_I)).value).toBe(`dn:${dn}`);
    client.close();
  });

  it('sends what waited in the spool, and a test message, with the password from its file', async () => {
    const receiver = await SmtpReceiver.start({ users: USERS, hideSTARTTLS: true, allowInsecureAuth: true });
    const folder = await copySample(VERSION);
    await renewSpool(folder);
    const server = await start(folder, receiver);
    const [waiting] = await receiver.received(1);
    expect(waiting).toMatchObject({ to: ['operators@example.com'], user: 'sample-user' });
    const words = ['--server-name', 'Main', '--from', 'a@example.com', '--to', 'b@example.com'];
    const sent = await confditFor(server)('send-test-message', ...words);
    expect(sent, sent.stdout + sent.stderr).toMatchObject({ code: 0 });
    expect(receiver.messages.some(({ to }) => to[0] === 'b@example.com')).toBe(true);
  });

  it('goes back to each of its changes', async () => {
    const server = await start(await copySample(VERSION));
    const confdit = confditFor(server);
    const listed = await confdit('history', '--json');
    expect(listed, listed.stderr).toMatchObject({ code: 0 });
    const rolledBack = await confdit('rollback', '--to', '24', '--yes');
    expect(rolledBack, rolledBack.stdout + rolledBack.stderr).toMatchObject({ code: 0 });
    expect(await mailServersOf(server)).toEqual(['Café, Überall', 'Main', 'Second', 'Third']);
  });

  it('passes the check, and its backup becomes an instance that starts', async () => {
    const folder = await copySample(VERSION);
    const environment = { CONFDIT_ADMIN_PASSWORD: PASSWORD };
    const checked = await runHere(['check', '--instance', folder], { environment });
    expect(checked, checked.stdout + checked.stderr).toMatchObject({ code: 0 });
    const restored = join(folder, '..', 'restored');
    const backup = join(SAMPLES, VERSION, 'backup.tar.gz');
    const { code, stdout, stderr } = await runHere(['restore', backup, '--instance', restored]);
    expect({ code, text: stdout + stderr }).toMatchObject({ code: 0 });
    expect(await mailServersOf(await start(restored))).toEqual(['Café, Überall', 'Main', 'Second', 'Third']);
  });
});

describe('values with control characters that 0.1.0 took', () => {
  const user = 'sample-user';
  const password = 'sample-mail-password\n';
  const main = `cn=Main,${MAIL_SERVERS}`;
  const told = [
    `${main}: auth-password "***" has a control character (U+000A, a line feed). It stays effective as an earlier version stored it; new values like it are refused. Remove it.`,
    `${main}: auth-username "sample-user\\t" has a control character (U+0009, a tab). It stays effective as an earlier version stored it; new values like it are refused. Remove it.`,
    `${main}: smtp-property "x.note=one\\ntwo" has a control character (U+000A, a line feed). It stays effective as an earlier version stored it; new values like it are refused. Remove it.`,
  ];
  const change = (lines: string) => `dn: ${main}\nchangetype: modify\n${lines}\n`;

  it('are in force and told at each start and by the check, and new ones are refused', async () => {
    const receiver = await SmtpReceiver.start({
      users: { [user]: password },
      hideSTARTTLS: true,
      allowInsecureAuth: true,
    });
    const folder = await copySample(VERSION);
    const name = 'journal-000000000025.ldif';
    const journal = join(folder, 'config', 'journal', name);
    await cp(join(SAMPLES, VERSION, 'control-characters', name), journal);
    await chmod(journal, 0o600);
    const environment = { CONFDIT_ADMIN_PASSWORD: PASSWORD, SINK_PORT: '2525' };
    const checked = await runHere(['check', '--instance', folder], { environment });
    expect(checked, checked.stdout + checked.stderr).toMatchObject({ code: 0 });
    for (const sentence of told) expect(checked.stdout).toContain(sentence);
    const first = await start(folder, receiver);
    expect(toldBy(first)).toEqual(told);
    const tools = new LdapTools(first);
    // The receiver takes no control characters in names.
    const rightUser = change(`replace: ds-cfg-auth-username\nds-cfg-auth-username: ${user}`);
    expect(await tools.modify(rightUser)).toMatchObject({ code: 0 });
    await sendsThrough(first, receiver, 'first@example.com');
    expect(await tools.modify(change('replace: ds-cfg-priority\nds-cfg-priority: 3'))).toMatchObject({
      code: 0,
    });
    const other = Buffer.from('another-sample-password\n').toString('base64');
    for (const refused of [
      `replace: ds-cfg-auth-password\nds-cfg-auth-password:: ${other}`,
      'add: ds-cfg-smtp-property\nds-cfg-smtp-property:: eC5vdGhlcj1vbmUKdHdv',
    ]) {
      const { code, stderr } = await tools.modify(change(refused));
      expect({ code, stderr }).toEqual({
        code: 19,
        stderr: expect.stringContaining('(U+000A, a line feed)'),
      });
      expect(stderr).not.toMatch(/sample-(?:mail-)?password/);
    }
    expect(await confditFor(first)('reload')).toMatchObject({ code: 0 });
    expect(await tools.modify(change('replace: ds-cfg-enabled\nds-cfg-enabled: false'))).toMatchObject({
      code: 0,
    });
    expect(await tools.modify(change('replace: ds-cfg-enabled\nds-cfg-enabled: true'))).toMatchObject({
      code: 0,
    });
    await first.stop();
    const second = await start(folder, receiver);
    await sendsThrough(second, receiver, 'second@example.com');
    expect(toldBy(second)).toEqual([told[0], told[2]]);
    const mended = Buffer.from('sample-mail-password').toString('base64');
    const lines = `replace: ds-cfg-auth-password\nds-cfg-auth-password:: ${mended}\n-\ndelete: ds-cfg-smtp-property`;
    expect(await new LdapTools(second).modify(change(lines))).toMatchObject({ code: 0 });
    const output = [first, second].map((server) => server.errorOutput() + JSON.stringify(server.logLines()));
    expect(output.join()).not.toContain('sample-mail-password');
  });

  function toldBy(server: RunningServer): readonly string[] {
    const lines = server.logLines().map(({ msg }) => msg);
    return lines.filter((msg) => msg.includes('as an earlier version stored it'));
  }

  async function sendsThrough(server: RunningServer, receiver: SmtpReceiver, to: string): Promise<void> {
    const words = ['--server-name', 'Main', '--from', 'a@example.com', '--to', to];
    const sent = await confditFor(server)('send-test-message', ...words);
    expect(sent, sent.stdout + sent.stderr).toMatchObject({ code: 0 });
    expect(receiver.messages.find((message) => message.to[0] === to)).toMatchObject({ user });
  }
});

describe('an account that relied on a certificate for its own DN', () => {
  it('is named once by the log and by the check, and logs in no more until it names its DN', async () => {
    const folder = await copySample(VERSION);
    const account = 'cn=by own name,cn=Root DNs,cn=config';
    const environment = { CONFDIT_ADMIN_PASSWORD: PASSWORD };
    const checked = await runHere(['check', '--instance', folder], { environment });
    expect(checked.stdout).toContain(`${account} (no other login)`);
    const server = await start(folder);
    const told = () => server.logLines().filter(({ msg }) => msg.includes('may have relied on that'));
    expect(told()).toHaveLength(1);
    expect(told()[0]?.msg).toContain(`${account} (no other login)`);
    const pem = await readFile(join(SAMPLES, VERSION, 'own-name.pem'), 'utf8');
    const logIn = async () => {
      const { client } = await connectTls(server.ldapsPort, { cert: pem, key: pem });
      const { code } = await client.request(saslBindRequest('EXTERNAL'));
      client.close();
      return code;
    };
    expect(await logIn()).toBe(49);
    const name = `dn: ${account}\nchangetype: modify\nadd: ds-certificate-subject-dn\nds-certificate-subject-dn: ${account}\n`;
    expect(await new LdapTools(server).modify(name)).toMatchObject({ code: 0 });
    expect(await logIn()).toBe(0);
    const aliased = accountLdif('aliased', {
      password: 'of aliased',
      lines: ['ds-cfg-alternate-bind-dn: uid=aliased', 'ds-cfg-alternate-bind-dn: uid=alias'],
    });
    expect(await new LdapTools(server).add(aliased)).toMatchObject({ code: 0 });
    await server.stop();
    // As an instance that was told of that alone.
    await writeFile(join(folder, 'config', 'upgrade-notices'), 'certificate-for-own-dn\n');
    const again = await start(folder);
    const [scram, ...others] = again.logLines().filter(({ msg }) => msg.includes('SCRAM knows'));
    expect([scram?.msg, others]).toEqual([
      expect.stringContaining('the own name of cn=aliased,cn=Root DNs,cn=config (not by uid=alias) ('),
      [],
    ]);
    (await RawClient.bound(again, 'uid=alias', 'of aliased')).close();
    const noted = await readFile(join(folder, 'config', 'upgrade-notices'), 'utf8');
    expect(noted).toBe('certificate-for-own-dn\nscram-own-name-only\n');
    expect(again.logLines().filter(({ msg }) => msg.includes('may have relied on that'))).toEqual([]);
  });
});
