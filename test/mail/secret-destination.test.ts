// A stored password goes to the mail server it was stored for: whoever may not read it does not have it sent elsewhere.

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Oid } from '../../src/ldap/oids.ts';
import { accountDn, accountLdif } from '../support/accounts.ts';
import { addRequest, deleteRequest, extendedRequest, modifyRequest } from '../support/ber-bytes.ts';
import { DiskFault } from '../support/disk/disk-fault.ts';
import { removeFolder } from '../support/folders.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { endReceivers, SmtpReceiver } from '../support/mail/smtp-receiver.ts';
import { RawClient } from '../support/raw-client.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { runTask } from '../support/tasks.ts';
import { until } from '../support/until.ts';

const PASSWORD = 'a password';
const SECRET = 'canary-Ahs4oolo';
const REPLACE = 2;
const WHO_AM_I = '1.3.6.1.4.1.4203.1.11.3';
const MAIL = 'cn=Mail,cn=Mail Servers,cn=config';

let server: RunningServer;
let elsewhere: SmtpReceiver;
let folder: string;
let disk: DiskFault;
let writer: LdapTools;
/** Of the last change while the password was sent to the receiver. */
let numberBefore: number;

afterAll(async () => {
  await endReceivers();
  await removeFolder(folder);
});

beforeAll(async () => {
  elsewhere = await SmtpReceiver.start({
    users: { me: SECRET },
    hideSTARTTLS: true,
    allowInsecureAuth: true,
  });
  folder = await mkdtemp(join(tmpdir(), 'confdit-destination-'));
  disk = new DiskFault(folder);
  server = await startServer({ environment: disk.environment });
  writer = new LdapTools({ url: server.url, password: PASSWORD }, accountDn('writer'));
  const privileges = ['config-read', 'config-write', 'changelog-read'];
  const mail = [
    `dn: ${MAIL}\nobjectClass: ds-cfg-mail-server\ncn: Mail\nds-cfg-enabled: true`,
    `ds-cfg-smtp-server: localhost:${elsewhere.port}\nds-cfg-use-start-tls: false`,
    `ds-cfg-auth-username: me\nds-cfg-auth-password: ${SECRET}\n`,
  ];
  const administrator = new LdapTools(server);
  const added = await administrator.add(
    [accountLdif('writer', { password: PASSWORD, privileges }), mail.join('\n')].join('\n'),
  );
  expect(added).toMatchObject({ code: 0, stderr: '' });
  const [root] = await administrator.entries('', '-s', 'base', '(objectClass=*)', 'lastChangeNumber');
  numberBefore = Number(root?.first('lastchangenumber'));
  // From here on it goes to a server where nobody listens.
  const moved = await administrator.modify(
    change('replace: ds-cfg-smtp-server', 'ds-cfg-smtp-server: localhost:1'),
  );
  expect(moved).toMatchObject({ code: 0 });
});

function change(...lines: readonly string[]): string {
  return [`dn: ${MAIL}`, 'changetype: modify', ...lines, ''].join('\n');
}

const here = () => `ds-cfg-smtp-server: localhost:${elsewhere.port}`;

async function send(dn = MAIL): Promise<void> {
  await runTask(writer, 'ds-task-send-test-message', [
    `ds-task-mail-server: ${dn}`,
    'ds-task-mail-sender: a@example.com',
    'ds-task-mail-recipient: b@example.com',
  ]);
}

describe('an account without secret-read', () => {
  it('sends the stored password nowhere else', async () => {
    const attempts = [
      ['replace: ds-cfg-smtp-server', here()],
      ['replace: ds-cfg-use-start-tls', 'ds-cfg-use-start-tls: true'],
      ['replace: ds-cfg-use-ssl', 'ds-cfg-use-ssl: true'],
      [
        'add: ds-cfg-trust-manager-provider',
        'ds-cfg-trust-manager-provider: cn=System,cn=Trust Manager Providers,cn=config',
      ],
      ['add: ds-cfg-smtp-property', `ds-cfg-smtp-property: mail.smtp.port=${elsewhere.port}`],
    ];
    for (const lines of attempts)
      expect(await writer.modify(change(...lines)), lines.join()).toMatchObject({
        code: 50,
        stderr: expect.stringContaining('secret-read'),
      });
    const task = [
      'dn: ds-task-id=tried,cn=Scheduled Tasks,cn=tasks',
      'objectClass: ds-task',
      'objectClass: ds-task-verify-mail-server',
      `ds-task-mail-server: ${MAIL}`,
      `ds-task-mail-change:: ${Buffer.from(change('replace: ds-cfg-smtp-server', here())).toString('base64')}`,
      '',
    ].join('\n');
    expect(await writer.add(task)).toMatchObject({ code: 50 });
    await send();
    expect(elsewhere.logins).toEqual([]);
  });

  it('does not have a password sent elsewhere either that is just being stored', async () => {
    const dn = 'cn=Later,cn=Mail Servers,cn=config';
    const administrator = await RawClient.bound(server);
    const client = await RawClient.bound(server, accountDn('writer'), PASSWORD);
    const added = await administrator.request(
      addRequest(dn, [
        ['objectClass', ['ds-cfg-mail-server']],
        ['ds-cfg-enabled', ['true']],
        ['ds-cfg-smtp-server', ['localhost:1']],
        ['ds-cfg-use-start-tls', ['false']],
      ]),
    );
    expect(added).toMatchObject({ code: 0 });
    await disk.set({ code: 'WAIT', path: 'journal-', calls: ['write'] });
    const login = [
      [REPLACE, 'ds-cfg-auth-username', ['me']],
      [REPLACE, 'ds-cfg-auth-password', [SECRET]],
    ] as const;
    const stored = administrator.request(modifyRequest(dn, login));
    await until(async () => (await disk.struck()).length > 0);
    const moved = client.request(
      modifyRequest(dn, [[REPLACE, 'ds-cfg-smtp-server', [`localhost:${elsewhere.port}`]]]),
    );
    // It is prepared on top of what is being stored.
    await client.request(extendedRequest(WHO_AM_I));
    await disk.clear();
    expect((await stored).code).toBe(0);
    expect(await moved).toMatchObject({ code: 50, text: expect.stringContaining('secret-read') });
    await send(dn);
    expect(elsewhere.logins).toEqual([]);
    expect((await administrator.request(deleteRequest(dn))).code).toBe(0);
    for (const one of [administrator, client]) one.close();
  });

  it('does not go back to where it was sent before', async () => {
    const client = await RawClient.bound(server, accountDn('writer'), PASSWORD);
    const { code, text } = await client.request(
      extendedRequest(Oid.rollback, JSON.stringify({ to: numberBefore })),
    );
    client.close();
    expect({ code, text }).toMatchObject({ code: 50 });
  });

  it('gives a password of its own with it', async () => {
    const own = change(
      'replace: ds-cfg-smtp-server',
      here(),
      '-',
      'replace: ds-cfg-auth-password',
      'ds-cfg-auth-password: its own',
    );
    expect(await writer.modify(own)).toMatchObject({ code: 0 });
    await send();
    expect(elsewhere.logins.map(({ password }) => password)).toContain('its own');
    expect(elsewhere.logins.map(({ password }) => password)).not.toContain(SECRET);
  });

  it('does not change which certificates the mail server may have', async () => {
    const trust = 'cn=Own,cn=Trust Manager Providers,cn=config';
    const classes =
      'objectClass: ds-cfg-trust-manager-provider\nobjectClass: ds-cfg-pem-trust-manager-provider';
    const user = `cn=Trusting,cn=Mail Servers,cn=config`;
    const administrator = new LdapTools(server);
    const added = await administrator.add(
      [
        `dn: ${trust}\n${classes}\ncn: Own\nds-cfg-enabled: true\nds-cfg-pem-directory: config/keys\n`,
        `dn: ${user}\nobjectClass: ds-cfg-mail-server\ncn: Trusting\nds-cfg-enabled: true\nds-cfg-smtp-server: localhost:1`,
        `ds-cfg-trust-manager-provider: ${trust}\nds-cfg-auth-username: me\nds-cfg-auth-password: ${SECRET}\n`,
      ].join('\n'),
    );
    expect(added).toMatchObject({ code: 0 });
    const trusting = `dn: ${trust}\nchangetype: modify\nreplace: ds-cfg-pem-directory\nds-cfg-pem-directory: config\n`;
    expect(await writer.modify(trusting)).toMatchObject({
      code: 50,
      stderr: expect.stringContaining(
        'decides where the stored ds-cfg-auth-password of a mail server is sent',
      ),
    });
    const anew = `dn: ${user}\nchangetype: modify\nreplace: ds-cfg-auth-password\nds-cfg-auth-password: mine\n`;
    expect(await writer.modify(anew)).toMatchObject({ code: 0 });
  });
});
