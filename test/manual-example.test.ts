// The mail server that the PingDS manual creates, as LDIF, with its password in a file and its host in the
// environment: what is written stays as written, what is in force is resolved, and each is found by what it shows.

import { beforeAll, describe, expect, it } from 'vitest';
import { LdapTools, plainEntry } from './support/ldap-tools.ts';
import { type RunningServer, startServer } from './support/start-server.ts';

const EXAMPLE = `dn: cn=SMTP server,cn=Mail Servers,cn=config
objectClass: top
objectClass: ds-cfg-mail-server
cn: SMTP server
ds-cfg-enabled: true
ds-cfg-auth-username: mail.user
ds-cfg-auth-password: $<file:config/smtp.pin>
ds-cfg-smtp-server: $<smtp.host|smtp.example.com>:587
ds-cfg-trust-manager-provider: cn=JVM Trust Manager,cn=Trust Manager Providers,cn=config
ds-cfg-use-start-tls: true
`;
const FILES = { 'config/smtp.pin': 'password\n' };

describe('the example of the PingDS manual', () => {
  let server: RunningServer;
  let tools: LdapTools;

  beforeAll(async () => {
    server = await startServer({ files: FILES });
    tools = new LdapTools(server);
    const { code, stderr } = await tools.add(EXAMPLE);
    expect(code, stderr).toBe(0);
  });

  it('is written as it was given', async () => {
    const { stdout } = await tools.search('cn=SMTP server,cn=Mail Servers,cn=config');
    expect(stdout).toBe(`${EXAMPLE}\n`);
  });

  it('is in force with everything resolved and every default', async () => {
    expect(await inForce(tools)).toEqual({
      dn: ['cn=SMTP server,cn=Mail Servers,cn=effective'],
      objectclass: ['ds-cfg-mail-server', 'top'],
      cn: ['SMTP server'],
      'ds-cfg-enabled': ['true'],
      'ds-cfg-auth-username': ['mail.user'],
      'ds-cfg-auth-password': ['password'],
      'ds-cfg-smtp-server': ['smtp.example.com:587'],
      'ds-cfg-trust-manager-provider': ['cn=JVM Trust Manager,cn=Trust Manager Providers,cn=config'],
      'ds-cfg-use-ssl': ['false'],
      'ds-cfg-use-start-tls': ['true'],
      'ds-cfg-priority': ['100'],
      'ds-cfg-connection-pool-size': ['5'],
    });
  });

  it.each([
    ['the written host', 'config', '(ds-cfg-smtp-server=$<smtp.host|smtp.example.com>:587)', 1],
    ['the written host by a part', 'config', '(ds-cfg-smtp-server=*smtp.host*)', 1],
    ['the host in force', 'config', '(ds-cfg-smtp-server=smtp.example.com:587)', 0],
    ['a default that is not written', 'config', '(ds-cfg-use-ssl=false)', 0],
    ['the written password', 'config', '(ds-cfg-auth-password=$<file:config/smtp.pin>)', 1],
    ['the password in force', 'config', '(ds-cfg-auth-password=password)', 0],
    ['the written host', 'effective', '(ds-cfg-smtp-server=$<smtp.host|smtp.example.com>:587)', 0],
    ['the written host by a part', 'effective', '(ds-cfg-smtp-server=*smtp.host*)', 0],
    ['the host in force', 'effective', '(ds-cfg-smtp-server=SMTP.example.com:587)', 1],
    ['the host in force by a part', 'effective', '(ds-cfg-smtp-server=smtp.*)', 1],
    ['a default', 'effective', '(&(objectClass=ds-cfg-mail-server)(ds-cfg-use-ssl=FALSE))', 1],
    ['what has no default', 'effective', '(&(cn=SMTP server)(!(ds-cfg-smtp-property=*)))', 1],
    ['the written password', 'effective', '(ds-cfg-auth-password=$<file:config/smtp.pin>)', 0],
    ['the password in force', 'effective', '(ds-cfg-auth-password=password)', 1],
    [
      'the trust manager',
      'effective',
      '(ds-cfg-trust-manager-provider=cn=jvm trust manager,cn=trust manager providers,cn=config)',
      1,
    ],
  ] as const)('looking for %s below cn=%s with %s gives %i', async (_, root, filter, count) => {
    expect(await tools.entries(`cn=Mail Servers,cn=${root}`, filter, '1.1')).toHaveLength(count);
  });

  it('compares with what each shows', async () => {
    const compare = async (root: string, value: string) => {
      const dn = `cn=SMTP server,cn=Mail Servers,cn=${root}`;
      return (await tools.run('ldapcompare', [dn, `ds-cfg-smtp-server:${value}`])).stdout.trim();
    };
    const written = '$<smtp.host|smtp.example.com>:587';
    expect(await compare('config', written)).toBe('TRUE');
    expect(await compare('config', 'smtp.example.com:587')).toBe('FALSE');
    expect(await compare('effective', written)).toBe('FALSE');
    expect(await compare('effective', 'smtp.example.com:587')).toBe('TRUE');
  });

  it('takes another host and another password from a restart', async () => {
    await server.stop();
    const again = await startServer({
      folder: server.folder,
      files: { 'config/smtp.pin': 'another' },
      environment: { SMTP_HOST: 'mail.example.net' },
    });
    tools = new LdapTools(again);
    expect(await inForce(tools)).toMatchObject({
      'ds-cfg-smtp-server': ['mail.example.net:587'],
      'ds-cfg-auth-password': ['another'],
    });
    const { stdout } = await tools.search('cn=SMTP server,cn=Mail Servers,cn=config');
    expect(stdout).toBe(`${EXAMPLE}\n`);
  });
});

async function inForce(tools: LdapTools): Promise<ReturnType<typeof plainEntry> | undefined> {
  const [entry] = await tools.entries('cn=SMTP server,cn=Mail Servers,cn=effective');
  return entry === undefined ? undefined : plainEntry(entry);
}
