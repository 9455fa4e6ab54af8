// What accounts without privileges get by policies, by real clients against a real server.

import { beforeAll, describe, expect, it } from 'vitest';
import { accountDn, accountLdif } from '../support/accounts.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { MAIL_SERVERS, mailServerDn, mailServerLdif, policyDn, policyLdif } from './policies.ts';

const PASSWORD = 'a password';
const OWN = 'cn=Own';

let server: RunningServer;

beforeAll(async () => {
  server = await startServer();
  const login = (secret: string) => ['ds-cfg-auth-username: me', `ds-cfg-auth-password: ${secret}`];
  const ldif = [
    mailServerLdif('Own', 'ds-cfg-smtp-server: own.example.com', ...login('own-canary')),
    mailServerLdif('Other', 'ds-cfg-smtp-server: other.example.com', ...login('other-canary')),
    ...['app', 'user', 'writer', 'stranger', 'reader'].map((name) =>
      accountLdif(name, { password: PASSWORD, privileges: name === 'reader' ? ['config-read'] : [] }),
    ),
    policyLdif('app', {
      permission: 'read',
      'allowed-attribute': ['*', '+', 'ds-cfg-auth-password'],
      'user-dn-equal-to': accountDn('app'),
      'request-target-dn-equal-to': mailServerDn('Own'),
    }),
    policyLdif('user', {
      permission: 'read',
      'allowed-attribute': ['@ds-cfg-mail-server', 'cn'],
      'allowed-attribute-exception': 'ds-cfg-auth-username',
      'user-dn-equal-to': accountDn('user'),
      'request-target-dn-equal-to': '*,cn=Mail Servers,cn=config',
      'request-target-dn-not-equal-to': 'cn=oth*,**',
    }),
    policyLdif('writer reads', {
      permission: 'read',
      'allowed-attribute': ['*'],
      'user-dn-equal-to': accountDn('writer'),
      'request-target-dn-equal-to': '**,cn=config',
      'request-target-dn-not-equal-to': ['**,cn=Root DNs,cn=config', mailServerDn('Other')],
    }),
    policyLdif('writer writes', {
      permission: 'write',
      'allowed-attribute': [
        'ds-cfg-priority',
        'ds-cfg-smtp-server',
        'cn',
        'ds-cfg-auth-password',
        'objectClass',
        'ds-cfg-enabled',
      ],
      'user-dn-equal-to': accountDn('writer'),
      'request-target-dn-equal-to': ['cn=Own,cn=Mail Servers,cn=config', 'cn=New*,cn=Mail Servers,cn=config'],
    }),
    policyLdif('reader reads the secret', {
      permission: 'read',
      'allowed-attribute': 'ds-cfg-auth-password',
      'user-dn-equal-to': accountDn('reader'),
      'request-target-dn-equal-to': mailServerDn('Own'),
    }),
  ];
  const { code, stderr } = await new LdapTools(server).add(ldif.join('\n'));
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

function as(name: string): LdapTools {
  return new LdapTools({ url: server.url, password: PASSWORD }, accountDn(name));
}

const administrator = () => new LdapTools(server);

describe('an account with a policy for one mail server', () => {
  it('reads that one, its password too, and its twins', async () => {
    const { stdout } = await as('app').search(mailServerDn('Own'));
    expect(stdout).toContain('ds-cfg-auth-password: own-canary');
    const effective = await as('app').search(`${OWN},cn=Mail Servers,cn=effective`);
    expect(effective.stdout).toContain('ds-cfg-smtp-server: own.example.com');
    const monitor = await as('app').search(`${OWN},cn=mail,cn=monitor`, 'ds-mon-mail-state');
    expect(monitor.stdout).toContain('ds-mon-mail-state');
  });

  it.each([
    mailServerDn('Other'),
    'cn=Missing,cn=Mail Servers,cn=config',
    'cn=Other,cn=Mail Servers,cn=effective',
    'cn=Other,cn=mail,cn=monitor',
    'cn=admin,cn=Root DNs,cn=config',
  ])('finds no %s', async (base) => {
    const { code, stdout, stderr } = await as('app').search(base);
    expect({ code, stdout }).toEqual({ code: 32, stdout: '' });
    expect(stderr).toContain(`${base}: there is no such entry.`);
    expect(stderr).not.toContain('Matched DN');
  });

  it('leaves all others as they were', async () => {
    const { code, stderr } = await as('stranger').search(mailServerDn('Own'));
    expect({ code, isPrivilege: stderr.includes('needs the privilege config-read') }).toEqual({
      code: 50,
      isPrivilege: true,
    });
  });
});

describe('an attribute that may not be read', () => {
  it.each([
    '(ds-cfg-auth-username=me)',
    '(ds-cfg-auth-username=*)',
    '(!(ds-cfg-auth-username=me))',
    '(ds-cfg-auth-password=*)',
  ])('is Undefined in %s', async (filter) => {
    expect(await as('user').entries(mailServerDn('Own'), filter)).toEqual([]);
  });

  it('is not there', async () => {
    const { stdout } = await as('user').search(mailServerDn('Own'), '*', '+');
    expect(stdout).toContain('ds-cfg-smtp-server: own.example.com');
    expect(stdout).not.toContain('username');
    expect(stdout).not.toContain('password');
    expect(stdout).not.toContain('entryUUID');
  });

  it('is missing for compare', async () => {
    const compare = (name: string, value: string) =>
      as('user').run('ldapcompare', [mailServerDn('Own'), `${name}:${value}`]);
    expect((await compare('ds-cfg-auth-username', 'me')).code).toBe(16);
    expect((await compare('ds-cfg-auth-password', 'own-canary')).code).toBe(16);
    expect((await compare('ds-cfg-smtp-server', 'own.example.com')).code).toBe(6);
  });

  it('is shown beside a privilege where a policy names it', async () => {
    const { stdout } = await as('reader').search(MAIL_SERVERS, 'ds-cfg-auth-password');
    expect(stdout).toContain('ds-cfg-auth-password: own-canary');
    expect(stdout).toContain('ds-cfg-auth-password: ***');
    expect(stdout).not.toContain('other-canary');
  });
});

describe('a policy to write', () => {
  const modify = (dn: string, ...lines: readonly string[]) =>
    as('writer').modify([`dn: ${dn}`, 'changetype: modify', ...lines, ''].join('\n'));

  it('allows the attributes that it names, on the entries that it is about', async () => {
    expect((await modify(mailServerDn('Own'), 'replace: ds-cfg-priority', 'ds-cfg-priority: 4')).code).toBe(
      0,
    );
    const [own] = await administrator().entries(mailServerDn('Own'));
    expect(own?.values('ds-cfg-priority')).toEqual(['4']);
  });

  it('allows to add, rename and delete there', async () => {
    const added = await as('writer').add(mailServerLdif('New'));
    expect(added.code).toBe(0);
    const renamed = await as('writer').run('ldapmodrdn', ['-r', mailServerDn('New'), 'cn=Newer']);
    expect(renamed.code).toBe(0);
    expect((await as('writer').delete(mailServerDn('Newer'))).code).toBe(0);
    expect((await as('writer').add(mailServerLdif('Elsewhere'))).code).toBe(50);
    expect((await as('writer').run('ldapmodrdn', ['-r', mailServerDn('Own'), 'cn=Elsewhere'])).code).toBe(50);
  });

  it.each([
    [
      'an attribute that is not named',
      mailServerDn('Own'),
      ['replace: ds-cfg-auth-username', 'ds-cfg-auth-username: x'],
      50,
    ],
    [
      'an entry that may be read',
      'cn=LDAP,cn=Connection Handlers,cn=config',
      ['replace: ds-cfg-priority', 'ds-cfg-priority: 1'],
      50,
    ],
    [
      'an entry that may not be read',
      mailServerDn('Other'),
      ['replace: ds-cfg-priority', 'ds-cfg-priority: 1'],
      32,
    ],
    [
      'an entry that is not there',
      mailServerDn('Missing'),
      ['replace: ds-cfg-priority', 'ds-cfg-priority: 1'],
      32,
    ],
    [
      'an expression',
      mailServerDn('Own'),
      ['replace: ds-cfg-smtp-server', 'ds-cfg-smtp-server: $<env:HOME>'],
      50,
    ],
    [
      'where the password is sent',
      mailServerDn('Own'),
      ['replace: ds-cfg-smtp-server', 'ds-cfg-smtp-server: mine.example.com'],
      50,
    ],
    [
      'a secret by its value',
      mailServerDn('Own'),
      ['delete: ds-cfg-auth-password', 'ds-cfg-auth-password: own-canary'],
      50,
    ],
    [
      'a secret by a wrong value',
      mailServerDn('Own'),
      ['delete: ds-cfg-auth-password', 'ds-cfg-auth-password: guess'],
      50,
    ],
  ] as const)('does not allow %s', async (_, dn, lines, expected) => {
    const { code, stderr } = await modify(dn, ...lines);
    expect(code).toBe(expected);
    expect(stderr).not.toContain('canary');
  });

  it('allows where the password is sent when it comes with the request', async () => {
    const lines = ['replace: ds-cfg-smtp-server', 'ds-cfg-smtp-server: mine.example.com', '-'];
    const anew = ['replace: ds-cfg-auth-password', 'ds-cfg-auth-password: own-canary'];
    expect((await modify(mailServerDn('Own'), ...lines, ...anew)).code).toBe(0);
  });
});

describe('policies themselves', () => {
  it('are changed with privilege-change only, and count at once', async () => {
    const before = await as('app').search(mailServerDn('Own'), '1.1');
    const withdrawn = await administrator().delete(policyDn('app'));
    const after = await as('app').search(mailServerDn('Own'), '1.1');
    expect([before.code, withdrawn.code, after.code]).toEqual([0, 0, 50]);
    const own = { permission: 'read', 'allowed-attribute': '*' };
    expect((await as('writer').add(policyLdif('mine', own))).code).toBe(50);
  });
});

describe('searches of more than one entry', () => {
  it('find what may be read, and count nothing else', async () => {
    const names = async (base: string) =>
      (await as('user').entries(base, '1.1')).map(({ dn }) => dn.toString());
    expect(await names('cn=config')).toEqual([mailServerDn('Own')]);
    expect(await names('cn=effective')).toEqual(['cn=Own,cn=Mail Servers,cn=effective']);
    expect((await as('user').search('cn=Root DNs,cn=config')).code).toBe(32);
    expect((await as('user').search('cn=config', '-s', 'base')).code).toBe(32);
    const below = await as('writer').entries(MAIL_SERVERS, '(ds-cfg-smtp-server=*)', '1.1');
    expect(below.map(({ dn }) => dn.toString())).toEqual([mailServerDn('Own')]);
  });
});
