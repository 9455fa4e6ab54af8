import { beforeAll, describe, expect, it } from 'vitest';
import { accountDn, accountLdif } from '../support/accounts.ts';
import { searchRequest } from '../support/ber-bytes.ts';
import { LdapTools, runProgram } from '../support/ldap-tools.ts';
import { RawClient } from '../support/raw-client.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';

const PASSWORD = 'a password';
const MAIL = 'cn=Mail,cn=Mail Servers,cn=config';

const ACCOUNTS = {
  nobody: [],
  reader: ['config-read'],
  writer: ['config-read', 'config-write'],
  'blind writer': ['config-write'],
  'secret reader': ['config-read', 'secret-read'],
  helper: ['config-read', 'config-write', 'password-reset'],
  granter: ['config-read', 'config-write', 'privilege-change'],
} as const;

let server: RunningServer;

beforeAll(async () => {
  server = await startServer();
  const mail = [
    `dn: ${MAIL}`,
    'objectClass: top',
    'objectClass: ds-cfg-mail-server',
    'cn: Mail',
    'ds-cfg-enabled: false',
    'ds-cfg-smtp-server: smtp.example.com',
    'ds-cfg-auth-username: me',
    'ds-cfg-auth-password: canary-secret',
    '',
  ];
  const accounts = Object.entries({ ...ACCOUNTS, target: [], changing: [] }).map(([name, privileges]) =>
    accountLdif(name, { password: PASSWORD, privileges }),
  );
  const { code, stderr } = await new LdapTools(server).add([...accounts, ...mail].join('\n'));
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

type Name = keyof typeof ACCOUNTS;

function as(name: Name | 'target'): LdapTools {
  return new LdapTools({ url: server.url, password: PASSWORD }, accountDn(name));
}

function modifyLdif(dn: string, ...lines: readonly string[]): string {
  return [`dn: ${dn}`, 'changetype: modify', ...lines, ''].join('\n');
}

const READ = (tools: LdapTools) => tools.search('cn=Mail Servers,cn=config', '1.1');
const READ_EFFECTIVE = (tools: LdapTools) => tools.search('cn=Mail Servers,cn=effective', '1.1');
const WRITE = (tools: LdapTools) =>
  tools.modify(modifyLdif(MAIL, 'replace: ds-cfg-priority', 'ds-cfg-priority: 7'));
const GRANT = (tools: LdapTools) =>
  tools.modify(modifyLdif(accountDn('target'), 'add: ds-privilege-name', 'ds-privilege-name: monitor-read'));
const REVOKE = (tools: LdapTools) =>
  tools.modify(modifyLdif(accountDn('target'), 'replace: ds-privilege-name'));
const SET_PASSWORD = (tools: LdapTools) =>
  tools.modify(modifyLdif(accountDn('target'), 'replace: userPassword', `userPassword: ${PASSWORD}`));
const SET_ADMINISTRATOR_PASSWORD = (tools: LdapTools) =>
  tools.modify(modifyLdif('cn=admin,cn=Root DNs,cn=config', 'replace: 2.5.4.35', '2.5.4.35: mine'));
const SET_CERTIFICATE = (tools: LdapTools) =>
  tools.modify(
    modifyLdif(accountDn('target'), 'replace: ds-certificate-subject-dn', 'ds-certificate-subject-dn: cn=me'),
  );
const ADD_PRIVILEGED = (tools: LdapTools) => tools.add(accountLdif('new', { privileges: ['config-write'] }));
const OWN_PASSWORD = (name: Name) => (tools: LdapTools) =>
  tools.modify(modifyLdif(accountDn(name), 'replace: userPassword', `userPassword: ${PASSWORD}`));

type Attempt = readonly [Name, string, (tools: LdapTools) => ReturnType<LdapTools['modify']>, number, string];

const ATTEMPTS: readonly Attempt[] = [
  ['nobody', 'read', READ, 50, 'config-read'],
  ['nobody', 'read what is in force', READ_EFFECTIVE, 50, 'config-read'],
  ['nobody', 'write', WRITE, 50, 'config-read'],
  ['blind writer', 'write', WRITE, 50, 'config-read'],
  ['reader', 'read', READ, 0, ''],
  ['reader', 'read what is in force', READ_EFFECTIVE, 0, ''],
  ['reader', 'write', WRITE, 50, 'config-write'],
  ['writer', 'write', WRITE, 0, ''],
  ['writer', 'give privileges', GRANT, 50, 'privilege-change'],
  ['writer', 'take privileges away', REVOKE, 50, 'privilege-change'],
  ['writer', 'add an account with privileges', ADD_PRIVILEGED, 50, 'privilege-change'],
  ['writer', 'set passwords', SET_PASSWORD, 50, 'password-reset'],
  ['writer', 'set its own password by a modify', OWN_PASSWORD('writer'), 50, 'password-reset'],
  ['writer', 'name certificates', SET_CERTIFICATE, 50, 'privilege-change'],
  ['granter', 'give privileges', GRANT, 0, ''],
  ['granter', 'take privileges away', REVOKE, 0, ''],
  ['granter', 'set passwords', SET_PASSWORD, 0, ''],
  ['granter', 'name certificates', SET_CERTIFICATE, 0, ''],
  ['helper', 'set passwords', SET_PASSWORD, 0, ''],
  ['helper', 'name certificates', SET_CERTIFICATE, 50, 'privilege-change'],
  ['helper', 'take over the administrator', SET_ADMINISTRATOR_PASSWORD, 50, 'privilege-change'],
  ['helper', 'give privileges', GRANT, 50, 'privilege-change'],
];

describe('an account', () => {
  it.each(ATTEMPTS)('%s trying to %s', async (name, _, attempt, code, privilege) => {
    const result = await attempt(as(name));
    expect(result).toMatchObject({ code });
    expect(result.stderr).toContain(privilege);
  });

  it('sees secrets with secret-read only, and finds by them with it only', async () => {
    for (const [name, isShown] of [
      ['reader', false],
      ['secret reader', true],
    ] as const) {
      const [entry] = await as(name).entries(MAIL, 'ds-cfg-auth-password');
      expect(entry?.values('ds-cfg-auth-password')).toEqual([isShown ? 'canary-secret' : '***']);
      const found = await as(name).entries(MAIL, '(ds-cfg-auth-password=canary-secret)', '1.1');
      expect(found).toHaveLength(isShown ? 1 : 0);
    }
  });

  it('gains and loses rights with its privileges, in a session that is open', async () => {
    const client = await RawClient.bound(server, accountDn('changing'), PASSWORD);
    const read = async () => (await client.request(searchRequest('cn=config', { attributes: ['1.1'] }))).code;
    const codes = [await read()];
    for (const line of ['add: ds-privilege-name', 'delete: ds-privilege-name']) {
      const ldif = modifyLdif(accountDn('changing'), line, 'ds-privilege-name: config-read');
      expect(await new LdapTools(server).modify(ldif)).toMatchObject({ code: 0 });
      codes.push(await read());
    }
    expect(codes).toEqual([50, 0, 50]);
  });

  it('without a login sees the root DSE and the schema only', async () => {
    const anonymous = (...words: readonly string[]) =>
      runProgram('ldapsearch', ['-x', '-LLL', '-H', server.url, ...words, '1.1']);
    expect((await anonymous('-s', 'base', '-b', '')).stdout).toContain('dn:');
    expect((await anonymous('-s', 'base', '-b', 'cn=schema')).stdout).toContain('dn: cn=schema');
    expect(await anonymous('-b', 'cn=config')).toMatchObject({ code: 50 });
    expect(await anonymous('-b', 'cn=effective')).toMatchObject({ code: 50 });
    expect((await anonymous('-b', '')).stdout).not.toContain('cn=config');
  });
});

describe('a password that is deleted by its clear text', () => {
  it('goes with all that was made of it, and leaves others', async () => {
    const administrator = new LdapTools(server);
    const dn = accountDn('two passwords');
    await administrator.add(accountLdif('two passwords', { password: 'the first password' }));
    const add = modifyLdif(dn, 'add: userPassword', 'userPassword: the second password');
    const remove = modifyLdif(
      dn,
      'delete: userPassword',
      'userPassword: the first password',
      '-',
      'add: userPassword',
      'userPassword: the third password',
    );
    expect(await administrator.modify(add)).toMatchObject({ code: 0 });
    expect(await administrator.modify(remove)).toMatchObject({ code: 0 });
    expect(await administrator.modify(remove)).toMatchObject({ code: 16 });
    const [entry] = await administrator.entries(dn, 'userPassword');
    // Of each of the two that are left: a hash, and the keys of SCRAM with SHA-256 and SHA-512.
    expect(entry?.values('userpassword')).toHaveLength(6);
  });

  it('is not shown in a refusal', async () => {
    const dn = accountDn('target');
    const { code, stderr } = await new LdapTools(server).modify(
      modifyLdif(dn, 'delete: userPassword', 'userPassword: canary-secret'),
    );
    expect(code).toBe(16);
    expect(stderr).not.toContain('canary-secret');
  });
});
