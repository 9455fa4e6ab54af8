// Alerts as they arrive: the whole server, and a real SMTP server that its mails come to.

import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { bindRequest } from '../support/ber-bytes.ts';
import { Authority } from '../support/certificates.ts';
import { fill, smallDisk, unmount } from '../support/disk/small-disk.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { endReceivers, type Received, SmtpReceiver } from '../support/mail/smtp-receiver.ts';
import { RawClient } from '../support/raw-client.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { mailServerLdif } from './mail-servers-in-ldif.ts';

const CANARY = 'kanarienvogel-7';

afterEach(endReceivers);

/** An alert handler for some types, and the mail server that the mails go to. */
function alertLdif(smtpServer: string | number, ...types: readonly string[]): string {
  const handler = [
    'dn: cn=Mail,cn=Alert Handlers,cn=config',
    ...['objectClass: ds-cfg-alert-handler', 'objectClass: ds-cfg-smtp-alert-handler', 'cn: Mail'],
    ...['ds-cfg-enabled: true', 'ds-cfg-sender-address: confdit@example.com'],
    ...['ds-cfg-recipient-address: admin@example.com', 'ds-cfg-recipient-address: boss@example.com'],
    'ds-cfg-message-subject: [%%alert-type%%]',
    'ds-cfg-message-body: Alert %%alert-id%%\\n%%alert-message%%',
    ...types.map((type) => `ds-cfg-enabled-alert-type: ${type}`),
    '',
  ];
  const address = typeof smtpServer === 'number' ? `127.0.0.1:${smtpServer}` : smtpServer;
  return `${mailServerLdif('Receiver', { 'smtp-server': address, 'use-start-tls': false })}${handler.join('\n')}`;
}

async function add(server: RunningServer, ldif: string): Promise<void> {
  expect(await new LdapTools(server).add(ldif)).toMatchObject({ code: 0, stderr: '' });
}

/** The text of a mail with its lines put together again: they are broken where they are long. */
function textOf({ text }: Received): string {
  return text.replaceAll('=\r\n', '').replaceAll(/\r?\n/g, ' ').replaceAll('=3D', '=');
}

async function mailAbout(receiver: SmtpReceiver, type: string): Promise<string> {
  const find = () => receiver.messages.map(textOf).find((text) => text.includes(`Subject: [${type}]`));
  await expect.poll(find).toBeDefined();
  return find() ?? '';
}

describe('a mail tells', () => {
  it('that the server has started, that it stops, and that it had refused to start', async () => {
    const receiver = await SmtpReceiver.start();
    const definitions = [`receiver=127.0.0.1:${receiver.port}`];
    const first = await startServer({ definitions });
    await add(
      first,
      alertLdif(
        '$<receiver>',
        ...['org.opends.server.DirectoryServerStarted', 'org.opends.server.DirectoryServerShutdown'],
        'confdit.StartRefused',
      ),
    );
    await first.stop();
    const stopped = await mailAbout(receiver, 'org.opends.server.DirectoryServerShutdown');
    expect(stopped).toContain('stops.');
    expect(stopped).toContain('Auto-Submitted: auto-generated');
    expect(receiver.messages[0]).toMatchObject({
      from: 'confdit@example.com',
      to: ['admin@example.com', 'boss@example.com'],
    });
    const { folder } = first;
    await startServer({ folder, expectFailure: true });
    await startServer({ folder, expectFailure: true });
    const again = await startServer({ folder, definitions });
    expect(await mailAbout(receiver, 'org.opends.server.DirectoryServerStarted')).toContain(again.url);
    const refused = await mailAbout(receiver, 'confdit.StartRefused');
    expect(refused).toContain('The server has refused to start 2 times');
    expect(refused).toContain('receiver');
    await again.stop();
  });

  it('who has changed what, without the values', async () => {
    const receiver = await SmtpReceiver.start();
    const server = await startServer();
    // By its name it is tried after the other.
    await add(server, mailServerLdif('Spare', { 'smtp-server': 'localhost:1' }));
    await add(server, alertLdif(receiver.port, 'confdit.ConfigurationChanged'));
    const change = `dn: cn=Spare,cn=Mail Servers,cn=config
changetype: modify
replace: ds-cfg-auth-username
ds-cfg-auth-username: ${CANARY}
-
replace: ds-cfg-auth-password
ds-cfg-auth-password: ${CANARY}
`;
    expect((await new LdapTools(server).modify(change)).code).toBe(0);
    // The first change told of was that of the handler; what waits for the next mail is told when the server stops.
    await server.stop();
    await receiver.received(2);
    const [first = '', second = ''] = receiver.messages.map(textOf);
    expect(first).toContain(
      'cn=Mail,cn=Alert Handlers,cn=config was added by cn=admin,cn=Root DNs,cn=config.',
    );
    expect(second).toContain(
      'cn=Spare,cn=Mail Servers,cn=config was changed by cn=admin,cn=Root DNs,cn=config ' +
        '(ds-cfg-auth-username, ds-cfg-auth-password)',
    );
    expect(second).not.toContain(CANARY);
  });

  it('a hundred people, and not more', async () => {
    const receiver = await SmtpReceiver.start();
    const server = await startServer();
    const addresses = (count: number) =>
      Array.from({ length: count }, (_, at) => `ds-cfg-recipient-address: r${at}@example.com\n`).join('');
    const ldif = (count: number) =>
      alertLdif(receiver.port, 'confdit.ConfigurationChanged')
        .replace(/(?:ds-cfg-recipient-address: .*\n)+/, addresses(count))
        .replace('cn=Receiver,', `cn=Receiver ${count},`)
        .replace('cn: Receiver', `cn: Receiver ${count}`);
    const refused = await new LdapTools(server).add(ldif(101));
    expect(refused.code).toBe(19);
    expect(refused.stderr).toContain('is one of 101 addresses; 100 are allowed');
    await add(server, ldif(100));
    expect(await mailAbout(receiver, 'confdit.ConfigurationChanged')).toContain('cn=Mail,cn=Alert Handlers');
    expect(receiver.messages[0]?.to).toHaveLength(100);
    await server.stop();
  });

  it('that somebody tries passwords', async () => {
    const receiver = await SmtpReceiver.start();
    const server = await startServer();
    await add(server, alertLdif(receiver.port, 'confdit.LoginsRefused'));
    const limit =
      'dn: cn=config\nchangetype: modify\nreplace: ds-cfg-lockout-failure-count\nds-cfg-lockout-failure-count: 3\n';
    expect((await new LdapTools(server).modify(limit)).code).toBe(0);
    const client = await RawClient.connect(server);
    for (let count = 0; count < 3; count++) {
      expect((await client.request(bindRequest('uid=victim', 'wrong'))).code).toBe(49);
    }
    expect(await mailAbout(receiver, 'confdit.LoginsRefused')).toMatch(
      /3 logins have failed with the name "cn=victim,cn=root dns,cn=config" from 127\.0\.0\.1; they are refused for 300 seconds\./,
    );
    await server.stop();
  });

  it('which certificates have expired or will soon', async () => {
    const receiver = await SmtpReceiver.start();
    const authority = await Authority.create();
    const validity = { from: '20200101000000Z', to: '20210203040506Z' };
    const old = await authority.issue({ subject: '/CN=Old', validity });
    const brief = await authority.issue({ subject: '/CN=Brief', days: 2 });
    await authority.remove();
    const first = await startServer({
      files: {
        'config/partners/old.pem': old.certificate,
        'config/partners/brief.pem': brief.certificate,
      },
    });
    await add(
      first,
      `dn: cn=Partners,cn=Trust Manager Providers,cn=config
objectClass: ds-cfg-trust-manager-provider
objectClass: ds-cfg-pem-trust-manager-provider
cn: Partners
ds-cfg-enabled: true
ds-cfg-pem-directory: config/partners

${alertLdif(receiver.port, 'confdit.CertificateExpired', 'confdit.CertificateExpiresSoon')}`,
    );
    await first.stop();
    const server = await startServer({ folder: first.folder });
    const where = 'of cn=Partners,cn=Trust Manager Providers,cn=config';
    expect(await mailAbout(receiver, 'confdit.CertificateExpired')).toContain(
      `The certificate CN=Old ${where} has expired on 2021-02-03T04:05:06.000Z.`,
    );
    expect(await mailAbout(receiver, 'confdit.CertificateExpiresSoon')).toContain(
      `The certificate CN=Brief ${where} expires on `,
    );
    await server.stop();
  });

  it('that config.ldif was edited by hand', async () => {
    const receiver = await SmtpReceiver.start();
    const first = await startServer();
    await add(first, alertLdif(receiver.port, 'org.opends.server.ManualConfigEditHandled'));
    await first.stop();
    const path = join(first.folder, 'config/config.ldif');
    const text = await readFile(path, 'utf8');
    const edited = text.replace('config/truststore.p12', 'config/edited.p12');
    expect(edited).not.toBe(text);
    await writeFile(path, edited);
    const server = await startServer({ folder: first.folder });
    expect(await mailAbout(receiver, 'org.opends.server.ManualConfigEditHandled')).toContain(
      'was made at the start by cn=Manual Edit, not over LDAP: cn=PKCS12,cn=Trust Manager Providers,cn=config.',
    );
    await server.stop();
  });

  it('that the spool is full: once, and past the spool', async () => {
    const receiver = await SmtpReceiver.start();
    const server = await startServer();
    await add(server, alertLdif(receiver.port, 'confdit.ConfigurationChanged', 'confdit.SpoolRefused'));
    const tools = new LdapTools(server);
    const change = `dn: cn=config
changetype: modify
replace: ds-cfg-mail-spool-size-limit
ds-cfg-mail-spool-size-limit: 1 KB

dn: cn=Mail,cn=Alert Handlers,cn=config
changetype: modify
replace: ds-cfg-message-body
ds-cfg-message-body: %%alert-message%% ${'and so on '.repeat(120)}
`;
    expect(await tools.modify(change)).toMatchObject({ code: 0, stderr: '' });
    expect(await mailAbout(receiver, 'confdit.SpoolRefused')).toContain('mail-spool-size-limit is 1000');
    await add(server, mailServerLdif('Spare', { 'smtp-server': 'localhost:1' }));
    await server.stop();
    expect(
      receiver.messages.map(textOf).filter((text) => text.includes('[confdit.SpoolRefused]')),
    ).toHaveLength(1);
  });

  it('that a change could not be written, also when the disk has no room for the mail', async ({ skip }) => {
    const disk = await smallDisk();
    if (disk === undefined) return skip('NOT TESTED: a full disk. Only root may mount a small one.');
    try {
      const receiver = await SmtpReceiver.start();
      const server = await startServer({ folder: join(disk, 'instance') });
      await add(server, alertLdif(receiver.port, 'org.opends.server.CannotWriteConfig'));
      await fill(disk);
      const tools = new LdapTools(server);
      const long = `dn: cn=Receiver,cn=Mail Servers,cn=config
changetype: modify
replace: ds-cfg-smtp-property
ds-cfg-smtp-property: a=${'x'.repeat(8000)}
`;
      expect((await tools.modify(long)).code).toBe(52);
      expect(await mailAbout(receiver, 'org.opends.server.CannotWriteConfig')).toContain('the disk is full');
      const [monitored] = await tools.entries('cn=alerts,cn=monitor', '-s', 'base');
      expect(monitored?.first('ds-mon-alerts-mailed')).toBe('1');
      await rm(join(disk, 'filler'));
      await server.stop();
    } finally {
      await unmount(disk);
    }
  });
});

afterAll(endReceivers);
