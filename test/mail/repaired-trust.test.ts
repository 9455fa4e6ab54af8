// A trust manager that is put right: the mail servers that rest because of it are tried again at once, however long their
// pause still is. And one that nobody uses is read all the same, so that what expires is told.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Authority, type Issued } from '../support/certificates.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { endReceivers, SmtpReceiver } from '../support/mail/smtp-receiver.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';

const TRUST = 'cn=Site,cn=Trust Manager Providers,cn=config';
const SOON_DAYS = 5;

let right: Authority;
let wrong: Authority;
let issued: Issued;

beforeAll(async () => {
  [right, wrong] = await Promise.all([Authority.create('Right'), Authority.create('Wrong')]);
  issued = await right.issue();
});

afterEach(endReceivers);
afterAll(() => Promise.all([right.remove(), wrong.remove()]));

function trust(folder: string): string {
  return `dn: ${TRUST}
objectClass: ds-cfg-trust-manager-provider
objectClass: ds-cfg-pem-trust-manager-provider
cn: Site
ds-cfg-enabled: true
ds-cfg-pem-directory: ${folder}`;
}

function mail(port: number): string {
  return `dn: cn=One,cn=Mail Servers,cn=config
objectClass: ds-cfg-mail-server
cn: One
ds-cfg-enabled: true
ds-cfg-smtp-server: 127.0.0.1:${port}
ds-cfg-trust-manager-provider: ${TRUST}

dn: cn=Mail,cn=Alert Handlers,cn=config
objectClass: ds-cfg-alert-handler
objectClass: ds-cfg-smtp-alert-handler
cn: Mail
ds-cfg-enabled: true
ds-cfg-enabled-alert-type: confdit.ConfigurationChanged
ds-cfg-sender-address: confdit@example.com
ds-cfg-recipient-address: one@example.com
ds-cfg-message-subject: Alert
ds-cfg-message-body: %%alert-message%%`;
}

async function replace(tools: LdapTools, dn: string, attribute: string, value: string): Promise<void> {
  const change = `dn: ${dn}\nchangetype: modify\nreplace: ${attribute}\n${attribute}: ${value}\n`;
  expect(await tools.modify(change)).toMatchObject({ code: 0 });
}

describe('a mail server that rests for an hour, because its certificate was not trusted', () => {
  const ways: readonly (readonly [string, (server: RunningServer, tools: LdapTools) => Promise<void>])[] = [
    [
      'a file is put right',
      async ({ folder }) => writeFile(join(folder, 'config/wrong/ca.pem'), await right.certificate),
    ],
    [
      'the trust manager is changed',
      (_, tools) => replace(tools, TRUST, 'ds-cfg-pem-directory', 'config/right'),
    ],
  ];

  it.each(ways)('is tried again when %s', async (_, repair) => {
    const receiver = await SmtpReceiver.start({ key: issued.key, cert: issued.certificate });
    const server = await startServer();
    const tools = new LdapTools(server);
    for (const [name, authority] of [
      ['right', right],
      ['wrong', wrong],
    ] as const) {
      await mkdir(join(server.folder, 'config', name));
      await writeFile(join(server.folder, 'config', name, 'ca.pem'), await authority.certificate);
    }
    await replace(tools, 'cn=config', 'ds-cfg-mail-retry-pause-limit', '2 h');
    await replace(tools, 'cn=config', 'ds-cfg-mail-retry-pause', '1 h');
    expect(await tools.add(`${trust('config/wrong')}\n\n${mail(receiver.port)}`)).toMatchObject({ code: 0 });
    await replace(tools, 'cn=config', 'ds-cfg-server-id', 'one');
    const state = async () => {
      const [entry] = await tools.entries('cn=One,cn=mail,cn=monitor', '-s', 'base');
      return entry?.first('ds-mon-mail-state');
    };
    await expect.poll(state).toBe('resting');
    expect(receiver.messages).toEqual([]);
    await repair(server, tools);
    const [message] = await receiver.received(1);
    expect(message).toMatchObject({ to: ['one@example.com'], isEncrypted: true });
  });
});

it('a trust manager that nobody uses shows its certificates, and tells at once of one that expires soon', async () => {
  const server = await startServer();
  const tools = new LdapTools(server);
  const { certificate } = await right.issue({ subject: '/CN=Ending', isAuthority: true, days: SOON_DAYS });
  await mkdir(join(server.folder, 'config/ending'));
  await writeFile(join(server.folder, 'config/ending/ca.pem'), certificate);
  expect(await tools.add(trust('config/ending'))).toMatchObject({ code: 0 });
  const told = await server.waitForLog(
    ({ alert, about }) => alert === 'confdit.CertificateExpiresSoon' && String(about).includes('CN=Ending'),
  );
  expect(told.about).toContain(TRUST);
  const [shown] = await tools.entries('cn=Site,cn=trust managers,cn=monitor', '-s', 'base');
  expect(shown?.first('ds-mon-certificate-count')).toBe('1');
});
