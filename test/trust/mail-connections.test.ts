// Every kind of trust manager, as a mail server of the configuration uses it on a real connection.

import { X509Certificate } from 'node:crypto';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mailServerDn, mailServerLdif } from '../mail/mail-servers-in-ldif.ts';
import { backendLdif } from '../memory/memory-backend-support.ts';
import { Authority, type Issued } from '../support/certificates.ts';
import { keyTool } from '../support/key-tool.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { endReceivers, SmtpReceiver } from '../support/mail/smtp-receiver.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { runTask } from '../support/tasks.ts';

const PIN = 'kanarienvogel-9';
const CONTAINER = 'cn=Trust Manager Providers,cn=config';

let server: RunningServer;
let tools: LdapTools;
let authority: Authority;
let other: Authority;
let receiver: SmtpReceiver;
let issued: Issued;

beforeAll(async () => {
  [authority, other] = await Promise.all([Authority.create('Mail Authority'), Authority.create('Other')]);
  issued = await authority.issue();
  receiver = await SmtpReceiver.start({ secure: true, key: issued.key, cert: issued.certificate });
  server = await startServer();
  tools = new LdapTools(server);
});

afterAll(() => Promise.all([endReceivers(), authority.remove(), other.remove()]));

async function add(ldif: string): Promise<void> {
  expect(await tools.add(ldif)).toMatchObject({ code: 0, stderr: '' });
}

/** A trust manager and a mail server of the same name that uses it. */
async function addPair(name: string, kind: string, ...lines: readonly string[]): Promise<void> {
  const trust = [
    `dn: cn=${name},${CONTAINER}`,
    ...['objectClass: ds-cfg-trust-manager-provider', `objectClass: ds-cfg-${kind}-trust-manager-provider`],
    ...[`cn: ${name}`, 'ds-cfg-enabled: true', ...lines, '', ''],
  ];
  const mailServer = mailServerLdif(name, {
    'smtp-server': `localhost:${receiver.port}`,
    'use-ssl': true,
    'trust-manager-provider': `cn=${name},${CONTAINER}`,
  });
  await add(`${trust.join('\n')}${mailServer}`);
}

/** What is wrong with the mail server, in words; undefined when it can be used. */
async function problemOf(name: string): Promise<string | undefined> {
  const task = await runTask(tools, 'ds-task-verify-mail-server', [
    `ds-task-mail-server: ${mailServerDn(name)}`,
  ]);
  return task.first('ds-task-mail-problem');
}

function inInstance(...parts: readonly string[]): string {
  return join(server.folder, 'config', ...parts);
}

describe('a mail server is trusted by a trust manager', () => {
  it('with a JKS store of keytool, until the store is another', async () => {
    const words = (one: Authority) => [
      '-importcert',
      '-noprompt',
      '-alias',
      'ca',
      '-file',
      one.certificateFile,
    ];
    const type = ['-storetype', 'JKS', '-storepass', PIN];
    await writeFile(inInstance('mail.jks'), await keyTool(...words(authority), ...type));
    await addPair(
      'Of Java',
      'file-based',
      'ds-cfg-trust-store-file: config/mail.jks',
      `ds-cfg-trust-store-pin: ${PIN}`,
    );
    expect(await problemOf('Of Java')).toBeUndefined();
    await writeFile(inInstance('mail.jks'), await keyTool(...words(other), ...type));
    await expect.poll(() => problemOf('Of Java')).toContain('is not trusted');
  });

  it('with a PKCS#12 store of openssl; with the wrong PIN it is the PIN that is told of', async () => {
    const store = await authority.pkcs12(issued, PIN, '-nokeys');
    await writeFile(inInstance('mail.p12'), store);
    const file = 'ds-cfg-trust-store-file: config/mail.p12';
    await addPair('Of OpenSSL', 'file-based', file, `ds-cfg-trust-store-pin: ${PIN}`);
    expect(await problemOf('Of OpenSSL')).toBeUndefined();
    await addPair('Wrong PIN', 'file-based', file, `ds-cfg-trust-store-pin: ${PIN}`);
    await writeFile(inInstance('mail.p12'), await authority.pkcs12(issued, `${PIN}x`, '-nokeys'));
    const wrongPin = 'does not open with the PIN that is set';
    const refused = await tools.modify(
      `dn: cn=Wrong PIN,${CONTAINER}\nchangetype: modify\nreplace: ds-cfg-trust-store-pin\nds-cfg-trust-store-pin: ${PIN}y\n`,
    );
    expect(refused).toMatchObject({ code: 53 });
    expect(refused.stderr).toContain(wrongPin);
    expect(refused.stderr).not.toContain(PIN);
  });

  it('with a folder of PEM files, but for those that are excluded', async () => {
    await mkdir(inInstance('mail-pem'));
    await copyFile(authority.certificateFile, inInstance('mail-pem', 'ca.pem.bak'));
    await copyFile(other.certificateFile, inInstance('mail-pem', 'other.pem'));
    const lines = ['ds-cfg-pem-directory: config/mail-pem', 'ds-cfg-excluded-filename-pattern: *.bak'];
    await addPair('Pem', 'pem', ...lines);
    expect(await problemOf('Pem')).toContain('without that of CN=Mail Authority');
    await copyFile(authority.certificateFile, inInstance('mail-pem', 'ca.pem'));
    await expect.poll(() => problemOf('Pem')).toBeUndefined();
  });

  it('with entries of this server', async () => {
    const { raw } = new X509Certificate(await authority.certificate);
    await add(`${backendLdif()}

dn: dc=example,dc=com
objectClass: domain
objectClass: pkiCA
dc: example
cACertificate;binary:: ${raw.toString('base64')}`);
    await addPair('Entries', 'ldap', 'ds-cfg-base-dn: dc=example,dc=com');
    expect(await problemOf('Entries')).toBeUndefined();
  });

  it('that is blind, with a warning in the log and in cn=monitor', async () => {
    await addPair('Blind', 'blind');
    const enabled = await server.waitForLog(({ msg }) => msg.endsWith('that trusts every certificate'));
    expect(enabled).toMatchObject({ level: 40, provider: `cn=Blind,${CONTAINER}` });
    expect(await problemOf('Blind')).toBeUndefined();
    const line = await server.waitForLog(({ msg }) => msg.startsWith('blind trust is in use'));
    expect(line).toMatchObject({ level: 40, provider: `cn=Blind,${CONTAINER}`, host: 'localhost' });
    const base = 'cn=trust managers,cn=monitor';
    const [all] = await tools.entries(base, '-s', 'base', '(objectClass=*)', '*', '+');
    expect(all?.values('ds-mon-warning')).toEqual([`Blind trust is in use: cn=Blind,${CONTAINER}`]);
    const [one] = await tools.entries(`cn=Blind,${base}`, '-s', 'base', '(objectClass=*)', '*', '+');
    expect(one?.first('ds-mon-warning')).toContain('For tests only.');
    expect(one?.values('ds-mon-unchecked-host')).toEqual(['localhost']);
  });

  it('of the system, which does not know the authority of this test', async () => {
    await addPair('Runtime', 'system');
    expect(await problemOf('Runtime')).toContain('The certificate of localhost is not trusted.');
    await addPair('Operating', 'system', 'ds-cfg-include-operating-system: true');
    expect(await problemOf('Operating')).toContain('The certificate of localhost is not trusted.');
  });

  it('and no PIN is in the log', () => {
    expect(JSON.stringify(server.logLines())).not.toContain(PIN);
  });
});
