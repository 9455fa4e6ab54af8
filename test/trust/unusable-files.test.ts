// Key managers and trust managers whose file or folder is not there, or whose PIN is wrong: a change is refused, as OpenDJ
// does; a start is not, and what needs them is reported.

import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mailServerDn, mailServerLdif } from '../mail/mail-servers-in-ldif.ts';
import { Authority, type Issued } from '../support/certificates.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { endReceivers, SmtpReceiver } from '../support/mail/smtp-receiver.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { runTask } from '../support/tasks.ts';

const PIN = 'canary-Aeph7oot';

let server: RunningServer;
let tools: LdapTools;
let authority: Authority;
let issued: Issued;

beforeAll(async () => {
  authority = await Authority.create('Mail Authority');
  issued = await authority.issue();
  server = await startServer();
  tools = new LdapTools(server);
  const config = join(server.folder, 'config');
  await mkdir(join(config, 'authorities'));
  await writeFile(join(config, 'authorities', 'ca.pem'), await authority.certificate);
  await writeFile(join(config, 'store.p12'), await authority.pkcs12(issued, PIN));
  await writeFile(join(config, 'text.p12'), 'no store');
});

afterAll(() => Promise.all([endReceivers(), authority.remove()]));

const nameOf = (role: string, name: string) => `cn=${name},cn=${role} Manager Providers,cn=config`;

function provider(role: 'Key' | 'Trust', kind: string, lines: readonly string[], isEnabled = true): string {
  const classes = ['', `${kind}-`].map(
    (word) => `objectClass: ds-cfg-${word}${role.toLowerCase()}-manager-provider`,
  );
  return [
    `dn: ${nameOf(role, 'Case')}`,
    ...[...classes, 'cn: Case', `ds-cfg-enabled: ${isEnabled}`, ...lines, ''],
  ].join('\n');
}

const UNUSABLE: readonly (readonly [string, 'Key' | 'Trust', string, readonly string[], RegExp])[] = [
  [
    'a trust folder',
    'Trust',
    'pem',
    ['pem-directory: config/none'],
    /pem-directory "config\/none".*none at this path/,
  ],
  [
    'a trust folder that is a file',
    'Trust',
    'pem',
    ['pem-directory: config/text.p12'],
    /pem-directory "config\/text/,
  ],
  [
    'a trust store',
    'Trust',
    'file-based',
    ['trust-store-file: no.p12'],
    /trust-store-file "no.p12".*none at this path/,
  ],
  [
    'a trust store of text',
    'Trust',
    'file-based',
    ['trust-store-file: config/text.p12'],
    /trust-store-file "config\/text/,
  ],
  [
    'the PIN of a trust store',
    'Trust',
    'file-based',
    ['trust-store-file: config/store.p12', 'trust-store-pin: canary-wrong'],
    /trust-store-file "config\/store.p12".*does not open with the PIN/,
  ],
  [
    'a key folder',
    'Key',
    'pem',
    ['pem-directory: config/none'],
    /pem-directory "config\/none".*none at this path/,
  ],
  [
    'a key folder without keys',
    'Key',
    'pem',
    ['pem-directory: config/authorities'],
    /pem-directory.*no private key/,
  ],
  [
    'a key store',
    'Key',
    'file-based',
    ['key-store-file: no.p12'],
    /key-store-file "no.p12".*none at this path/,
  ],
  [
    'the PIN of a key store',
    'Key',
    'file-based',
    ['key-store-file: config/store.p12', 'key-store-pin: canary-wrong'],
    /key-store-file "config\/store.p12".*does not open with the PIN/,
  ],
];

describe('a change', () => {
  it.each(UNUSABLE)(
    'is refused when %s cannot be used, and taken while the object is disabled',
    async (...[, role, kind, properties, why]) => {
      const lines = properties.map((line) => `ds-cfg-${line}`);
      const dn = nameOf(role, 'Case');
      const refused = await tools.add(provider(role, kind, lines));
      expect(refused).toMatchObject({ code: 53 });
      const text = refused.stderr.replaceAll('\n', ' ');
      expect(text).toMatch(why);
      expect(text).toContain(dn);
      expect(text).not.toContain('canary');
      expect(await tools.add(provider(role, kind, lines, false))).toMatchObject({ code: 0, stderr: '' });
      const enable = `dn: ${dn}\nchangetype: modify\nreplace: ds-cfg-enabled\nds-cfg-enabled: true\n`;
      expect(await tools.modify(enable)).toMatchObject({ code: 53 });
      expect(await tools.modify(`dn: ${dn}\nchangetype: delete\n`)).toMatchObject({ code: 0 });
    },
  );
});

it('a start is not refused: the mail server rests, it is reported, and it is used when the file is there', async () => {
  const receiver = await SmtpReceiver.start({ secure: true, key: issued.key, cert: issued.certificate });
  const trust = provider('Trust', 'pem', ['ds-cfg-pem-directory: config/authorities']);
  const mail = mailServerLdif('Case', {
    'smtp-server': `localhost:${receiver.port}`,
    'use-ssl': true,
    'trust-manager-provider': nameOf('Trust', 'Case'),
  });
  expect(await tools.add(`${trust}\n${mail}`)).toMatchObject({ code: 0, stderr: '' });
  await server.stop();
  const folder = join(server.folder, 'config', 'authorities');
  await rename(folder, `${folder}.away`);
  const again = await startServer({ folder: server.folder });
  await again.waitForLog(({ msg }) => msg === 'authorities could not be read');
  tools = new LdapTools(again);
  const verify = () =>
    runTask(tools, 'ds-task-verify-mail-server', [`ds-task-mail-server: ${mailServerDn('Case')}`]);
  expect((await verify()).first('ds-task-mail-problem')).toContain('none at this path');
  const [shown] = await tools.entries('cn=Case,cn=trust managers,cn=monitor', '-s', 'base');
  expect(shown?.first('ds-mon-provider-error')).toContain('none at this path');
  // Whatever else is changed can be changed.
  const change = `dn: ${mailServerDn('Case')}\nchangetype: modify\nreplace: ds-cfg-priority\nds-cfg-priority: 7\n`;
  expect(await tools.modify(change)).toMatchObject({ code: 0 });
  await rename(`${folder}.away`, folder);
  await expect.poll(async () => (await verify()).first('ds-task-mail-problem')).toBeUndefined();
});
