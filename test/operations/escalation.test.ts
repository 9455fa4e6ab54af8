// An account that may change the configuration and lacks privilege-change does not become somebody else by it: whatever
// decides who a client is counts as a credential. Each attempt goes all the way, to a bind.

import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accountDn, accountLdif } from '../support/accounts.ts';
import { extendedRequest, saslBindRequest } from '../support/ber-bytes.ts';
import { Authority, type Issued } from '../support/certificates.ts';
import { connectTls } from '../support/clients/tls-client.ts';
import { freePort } from '../support/free-port.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { RawClient } from '../support/raw-client.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';

const PASSWORD = 'a password';
const WHO_AM_I = extendedRequest('1.3.6.1.4.1.4203.1.11.3');
const TRUST = 'cn=Trust Manager Providers,cn=config';
const LDAPS = 'cn=LDAPS,cn=Connection Handlers,cn=config';
const KEYS = 'cn=Default Key Manager,cn=Key Manager Providers,cn=config';

let server: RunningServer;
let foreign: Authority;
let site: Authority;
let forged: Issued;
let sitePort: number;

afterAll(() => Promise.all([foreign.remove(), site.remove()]));

beforeAll(async () => {
  foreign = await Authority.create('Foreign');
  site = await Authority.create('Site');
  forged = await foreign.issue({ subject: '/CN=config/CN=Root DNs/CN=admin' });
  sitePort = await freePort();
  server = await startServer({
    files: {
      'config/site/ca.pem': await site.certificate,
      'config/foreign/ca.pem': await foreign.certificate,
      'config/people.ldif': PEOPLE,
    },
  });
  const administrator = new LdapTools(server);
  const added = await administrator.add(
    [
      accountLdif('writer', { password: PASSWORD, privileges: ['config-read', 'config-write'] }),
      accountLdif('target', { password: 'of the target', privileges: ['config-read', 'secret-read'] }),
      accountLdif('mapped', { lines: ['ds-certificate-subject-dn: cn=mapped,o=Example'] }),
      accountLdif('first claim', { lines: ['ds-certificate-subject-dn: cn=claimed'] }),
      accountLdif('second claim', { lines: ['ds-certificate-subject-dn: cn=claimed'] }),
      trustLdif('Site', 'pem', 'ds-cfg-pem-directory: config/site'),
      handlerLdif('Site', sitePort, 'Site'),
      backendLdif('plain', 'dc=plain'),
      backendLdif('people', 'dc=people', 'ds-cfg-ldif-file: config/people.ldif'),
    ].join('\n'),
  );
  expect(added).toMatchObject({ code: 0, stderr: '' });
});

const PEOPLE = `dn: dc=people
objectClass: domain
dc: people

dn: uid=known,dc=people
objectClass: inetOrgPerson
uid: known
cn: known
sn: known
userPassword: of the known
`;

function trustLdif(name: string, kind: string, ...lines: readonly string[]): string {
  return [
    `dn: cn=${name},${TRUST}`,
    'objectClass: top',
    'objectClass: ds-cfg-trust-manager-provider',
    `objectClass: ds-cfg-${kind}-trust-manager-provider`,
    `cn: ${name}`,
    'ds-cfg-enabled: true',
    ...lines,
    '',
  ].join('\n');
}

function handlerLdif(name: string, port: number, trust: string, ...lines: readonly string[]): string {
  return [
    `dn: cn=${name},cn=Connection Handlers,cn=config`,
    'objectClass: top',
    'objectClass: ds-cfg-connection-handler',
    'objectClass: ds-cfg-ldap-connection-handler',
    `cn: ${name}`,
    'ds-cfg-enabled: true',
    `ds-cfg-listen-port: ${port}`,
    'ds-cfg-use-ssl: true',
    `ds-cfg-key-manager-provider: ${KEYS}`,
    `ds-cfg-trust-manager-provider: cn=${trust},${TRUST}`,
    ...lines,
    '',
  ].join('\n');
}

function backendLdif(id: string, baseDn: string, ...lines: readonly string[]): string {
  return [
    `dn: ds-cfg-backend-id=${id},cn=Backends,cn=config`,
    'objectClass: top',
    'objectClass: ds-cfg-backend',
    'objectClass: ds-cfg-local-backend',
    'objectClass: ds-cfg-memory-backend',
    `ds-cfg-backend-id: ${id}`,
    'ds-cfg-enabled: true',
    `ds-cfg-base-dn: ${baseDn}`,
    ...lines,
    '',
  ].join('\n');
}

function change(dn: string, ...lines: readonly string[]): string {
  return [`dn: ${dn}`, 'changetype: modify', ...lines, ''].join('\n');
}

function replace(dn: string, attribute: string, ...values: readonly string[]): string {
  return change(dn, `replace: ${attribute}`, ...values.map((value) => `${attribute}: ${value}`));
}

async function certificateOf(authority: Authority): Promise<string> {
  return new X509Certificate(await authority.certificate).raw.toString('base64');
}

function writer(): LdapTools {
  return new LdapTools({ url: server.url, password: PASSWORD }, accountDn('writer'));
}

/** Who a client with this certificate is after an EXTERNAL bind; empty for nobody. */
async function whoIs(port: number, { certificate, key }: Issued): Promise<string> {
  const { client } = await connectTls(port, { cert: certificate, key });
  await client.request(saslBindRequest('EXTERNAL'));
  const { value = '' } = await client.request(WHO_AM_I);
  client.close();
  return value;
}

describe('an account with config-write alone', () => {
  it('does not become the administrator by an authority of its own', async () => {
    const steps = [
      ['dn: cn=ca,cn=Root DNs,cn=config', 'objectClass: person', 'objectClass: ds-cfg-root-dn-user', 'cn: ca']
        .concat(['sn: ca', `userCertificate;binary:: ${await certificateOf(foreign)}`, ''])
        .join('\n'),
      trustLdif('Own', 'ldap', 'ds-cfg-base-dn: cn=Root DNs,cn=config'),
    ];
    for (const ldif of steps) expect(await writer().add(ldif)).not.toMatchObject({ code: 0 });
    await writer().modify(replace(LDAPS, 'ds-cfg-trust-manager-provider', `cn=Own,${TRUST}`));
    expect(await whoIs(server.ldapsPort, forged)).toBe('');
  });

  it('makes no handler trust anybody it did not trust', async () => {
    const own = [
      trustLdif('Foreign', 'pem', 'ds-cfg-pem-directory: config/foreign'),
      trustLdif('All', 'blind'),
    ];
    // For mail servers it may have trust managers as it likes.
    for (const ldif of own) expect(await writer().add(ldif)).toMatchObject({ code: 0, stderr: '' });
    const port = await freePort();
    const attempts = [
      replace(LDAPS, 'ds-cfg-trust-manager-provider', `cn=Foreign,${TRUST}`),
      replace(LDAPS, 'ds-cfg-trust-manager-provider', `cn=All,${TRUST}`),
      replace('cn=LDAP,cn=Connection Handlers,cn=config', 'ds-cfg-trust-manager-provider', `cn=All,${TRUST}`),
      replace(
        'cn=Site,cn=Connection Handlers,cn=config',
        'ds-cfg-trust-manager-provider',
        `cn=Foreign,${TRUST}`,
      ),
      replace(`cn=Site,${TRUST}`, 'ds-cfg-pem-directory', 'config/foreign'),
      replace(`cn=Site,${TRUST}`, 'ds-cfg-pem-directory', '$<nowhere|config/site>'),
      replace(`cn=Site,${TRUST}`, 'ds-cfg-excluded-filename-pattern', '.*~'),
    ];
    for (const ldif of attempts)
      expect(await writer().modify(ldif), ldif).toMatchObject({
        code: 50,
        stderr: expect.stringContaining('privilege-change'),
      });
    expect(await writer().add(handlerLdif('Own', port, 'Foreign'))).toMatchObject({ code: 50 });
    expect(await whoIs(server.ldapsPort, forged)).toBe('');
    expect(await whoIs(sitePort, forged)).toBe('');
  });

  it('gives no account another name, password, certificate or privilege, and makes and removes none', async () => {
    const target = accountDn('target');
    const attempts = [
      replace(target, 'ds-cfg-alternate-bind-dn', 'uid=somebody'),
      replace(target, 'userPassword', 'taken over'),
      replace(target, 'userPassword;lang-de', 'taken over'),
      replace(target, '2.5.4.35', 'taken over'),
      replace(target, 'ds-certificate-subject-dn', 'cn=me'),
      replace(target, 'ds-certificate-fingerprint', new X509Certificate(forged.certificate).fingerprint256),
      replace(target, 'ds-privilege-name', 'config-read'),
      change(target, 'delete: objectClass', 'objectClass: ds-cfg-root-dn-user'),
      replace(accountDn('writer'), 'ds-privilege-name', 'config-read', 'config-write', 'privilege-change'),
      `dn: ${target}\nchangetype: delete\n`,
      `dn: ${accountDn('first claim')}\nchangetype: delete\n`,
      accountLdif('new', { password: 'new' }).replace('\n', '\nchangetype: add\n'),
    ];
    for (const ldif of attempts)
      expect(await writer().modify(ldif), ldif).toMatchObject({
        code: 50,
        stderr: expect.stringContaining('privilege-change'),
      });
    const claimed = await site.issue({ subject: '/CN=claimed' });
    expect(await whoIs(sitePort, claimed)).toBe('');
    const client = await RawClient.bound(server, target, 'of the target');
    expect((await client.request(WHO_AM_I)).value).toBe(`dn:${target}`);
    client.close();
  });

  it('opens no door for the accounts of an LDIF file, and none for whoever may open a socket', async () => {
    const plain = 'ds-cfg-backend-id=plain,cn=Backends,cn=config';
    const people = 'ds-cfg-backend-id=people,cn=Backends,cn=config';
    const ldapi = 'cn=LDAPI,cn=Connection Handlers,cn=config';
    const attempts = [
      backendLdif('own', 'dc=people2', 'ds-cfg-ldif-file: config/people.ldif').replace(
        '\n',
        '\nchangetype: add\n',
      ),
      replace(plain, 'ds-cfg-ldif-file', 'config/people.ldif'),
      replace(people, 'ds-cfg-base-dn', 'dc=others'),
      replace(ldapi, 'ds-cfg-socket-file', 'elsewhere'),
      replace(ldapi, 'ds-cfg-socket-file-mode', '0700'),
      replace('cn=LDAP,cn=Connection Handlers,cn=config', 'ds-cfg-allow-clear-text-password', 'true'),
      replace('cn=config', 'ds-cfg-lockout-failure-count', '100000'),
    ];
    for (const ldif of attempts)
      expect(await writer().modify(ldif), ldif).toMatchObject({
        code: 50,
        stderr: expect.stringContaining('privilege-change'),
      });
    expect(await writer().modify(replace(people, 'ds-cfg-enabled', 'false'))).toMatchObject({ code: 0 });
    expect(await writer().modify(replace(people, 'ds-cfg-enabled', 'true'))).toMatchObject({ code: 50 });
    const put = await new LdapTools(server).modify(replace(people, 'ds-cfg-enabled', 'true'));
    expect(put).toMatchObject({ code: 0 });
  });

  it('still does what it is for', async () => {
    const mail = 'cn=Mail,cn=Mail Servers,cn=config';
    const own = `cn=Own of mail,${TRUST}`;
    const added = await writer().add(
      [
        trustLdif('Own of mail', 'pem', 'ds-cfg-pem-directory: config/foreign'),
        `dn: ${mail}\nobjectClass: ds-cfg-mail-server\ncn: Mail\nds-cfg-enabled: false`,
        `ds-cfg-smtp-server: smtp.example.com\nds-cfg-trust-manager-provider: ${own}\n`,
        backendLdif('mine', 'dc=mine'),
      ].join('\n'),
    );
    expect(added).toMatchObject({ code: 0, stderr: '' });
    const changes = [
      replace(own, 'ds-cfg-pem-directory', 'config/site'),
      replace(mail, 'ds-cfg-smtp-server', 'other.example.com'),
      replace('cn=Site,cn=Connection Handlers,cn=config', 'ds-cfg-idle-time-limit', '1 h'),
      replace(accountDn('target'), 'description', 'an account'),
      replace('ds-cfg-backend-id=mine,cn=Backends,cn=config', 'ds-cfg-enabled', 'false'),
      replace('ds-cfg-backend-id=mine,cn=Backends,cn=config', 'ds-cfg-enabled', 'true'),
    ];
    for (const ldif of changes) expect(await writer().modify(ldif), ldif).toMatchObject({ code: 0 });
  });
});

describe('an account with bypass-acl alone', () => {
  const MEMBER = 'uid=member,dc=plain';
  const keeper = () => new LdapTools({ url: server.url, password: PASSWORD }, accountDn('keeper'));
  const person = (name: string, ...lines: readonly string[]) =>
    [`dn: uid=${name},dc=plain`, 'objectClass: inetOrgPerson', `uid: ${name}`, `cn: ${name}`, `sn: ${name}`]
      .concat(lines, '')
      .join('\n');

  beforeAll(async () => {
    const administrator = new LdapTools(server);
    expect(
      await administrator.add(
        [
          accountLdif('keeper', { password: PASSWORD, privileges: ['bypass-acl'] }),
          'dn: dc=plain\nobjectClass: domain\ndc: plain\n',
          'dn: ou=authorities,dc=plain\nobjectClass: organizationalUnit\nou: authorities\n',
          'dn: ou=elsewhere,dc=plain\nobjectClass: organizationalUnit\nou: elsewhere\n',
          person('member', 'userPassword: of the member'),
          person('site', `cACertificate;binary:: ${await certificateOf(site)}`)
            .replace('uid=site,', 'uid=site,ou=authorities,')
            .replace('objectClass: inetOrgPerson', 'objectClass: inetOrgPerson\nobjectClass: pkiCA'),
          trustLdif('Entries', 'ldap', 'ds-cfg-base-dn: ou=authorities,dc=plain'),
        ].join('\n'),
      ),
    ).toMatchObject({ code: 0, stderr: '' });
    const trusting = replace(
      'cn=Site,cn=Connection Handlers,cn=config',
      'ds-cfg-trust-manager-provider',
      `cn=Entries,${TRUST}`,
    );
    expect(await administrator.modify(trusting)).toMatchObject({ code: 0 });
  });

  it('makes no accounts, and gives none another password or name', async () => {
    const attempts = [
      person('new', 'userPassword: new').replace('\n', '\nchangetype: add\n'),
      replace(MEMBER, 'userPassword', 'taken over'),
      change(MEMBER, 'add: userPassword', 'userPassword: one more'),
      `dn: ${MEMBER}\nchangetype: modrdn\nnewrdn: uid=somebody\ndeleteoldrdn: 1\n`,
      change(MEMBER, 'delete: userPassword', 'userPassword: a guess'),
    ];
    for (const ldif of attempts)
      expect(await keeper().modify(ldif), ldif).toMatchObject({
        code: 50,
        stderr: expect.stringContaining('privilege-change'),
      });
    expect(await keeper().modify(replace(MEMBER, 'description', 'a member'))).toMatchObject({ code: 0 });
    expect(await keeper().add(person('other'))).toMatchObject({ code: 0 });
  });

  it('puts no authority where a connection handler takes them from', async () => {
    const own = (name: string, place: string) =>
      person(name, `userCertificate;binary:: ${certificate}`).replace(',dc=plain', `,${place}`);
    const certificate = await certificateOf(foreign);
    const authorities = 'ou=authorities,dc=plain';
    expect(await keeper().add(own('own', authorities))).toMatchObject({ code: 50 });
    expect(
      await keeper().modify(
        change(
          `uid=site,${authorities}`,
          'add: cACertificate;binary',
          `cACertificate;binary:: ${certificate}`,
        ),
      ),
    ).toMatchObject({ code: 50 });
    expect(await keeper().add(own('own', 'ou=elsewhere,dc=plain'))).toMatchObject({ code: 0 });
    const move = (dn: string, rdn: string, superior: string) =>
      `dn: ${dn}\nchangetype: modrdn\nnewrdn: ${rdn}\ndeleteoldrdn: 1\nnewsuperior: ${superior}\n`;
    expect(
      await keeper().modify(move('uid=own,ou=elsewhere,dc=plain', 'uid=own', authorities)),
    ).toMatchObject({
      code: 50,
    });
    expect(await keeper().modify(move('ou=elsewhere,dc=plain', 'ou=elsewhere', authorities))).toMatchObject({
      code: 50,
    });
    const mapped = '/O=Example/CN=mapped';
    expect(await whoIs(sitePort, await foreign.issue({ subject: mapped }))).toBe('');
    expect(await whoIs(sitePort, await site.issue({ subject: mapped }))).toBe(`dn:${accountDn('mapped')}`);
  });
});

describe('a trust manager', () => {
  it.each([
    'cn=config',
    'CN=Root DNs, CN=CONFIG',
    '2.5.4.3=config',
    'cn=admin,cn=Root DNs,cn=config',
    'cn=Root DNs,cn=effective',
    'cn=Scheduled Tasks,cn=tasks',
    'cn=monitor',
    'cn=changelog',
    'cn=schema',
  ])('takes no authorities from %s', async (baseDn) => {
    const administrator = new LdapTools(server);
    const { code, stderr } = await administrator.add(
      trustLdif('Inside', 'ldap', `ds-cfg-base-dn: ${baseDn}`),
    );
    expect(code).toBe(53);
    expect(stderr).toContain('base-dn');
  });
});

describe('a certificate for the DN of an account', () => {
  it('logs in only where the account names that DN', async () => {
    const administrator = new LdapTools(server);
    const target = accountDn('target');
    const issued = await site.issue({ subject: '/CN=config/CN=Root DNs/CN=target' });
    expect(await whoIs(sitePort, issued)).toBe('');
    const name = (...subjects: readonly string[]) =>
      administrator.modify(replace(target, 'ds-certificate-subject-dn', ...subjects));
    expect(await name(target)).toMatchObject({ code: 0 });
    expect(await whoIs(sitePort, issued)).toBe(`dn:${target}`);
    expect(await name()).toMatchObject({ code: 0 });
    expect(await whoIs(sitePort, issued)).toBe('');
    expect(await whoIs(sitePort, await site.issue({ subject: '/CN=config/CN=Root DNs/CN=admin' }))).toBe('');
  });
});
