// Two servers that differ in nothing but what an account may not read give it the same answers, whatever it asks.

import { beforeAll, describe, expect, it } from 'vitest';
import { accountDn, accountLdif } from '../support/accounts.ts';
import { LdapTools, type ProgramResult } from '../support/ldap-tools.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { MAIL_SERVERS, mailServerDn, mailServerLdif, policyLdif } from './policies.ts';

const PASSWORD = 'a password';
const TRUST = 'cn=T,cn=Trust Manager Providers,cn=config';
const CONTROLS = [
  'ServerSideSort',
  'Vlv',
  'SimplePagedResults',
  'MatchedValues',
  'Assertion',
  'NoOp',
  'PreRead',
  'PostRead',
  'SubtreeDelete',
  'PermissiveModify',
  'ManageDsaIt',
];

let servers: readonly RunningServer[];

/** @param hidden what only one of the servers has */
async function start(own: readonly string[], hidden: readonly string[]): Promise<RunningServer> {
  const server = await startServer();
  const user = { 'user-dn-equal-to': accountDn('app') };
  const ldif = [
    `dn: ${TRUST}\nobjectClass: ds-cfg-trust-manager-provider\nobjectClass: ds-cfg-blind-trust-manager-provider\ncn: T\nds-cfg-enabled: true\n`,
    mailServerLdif('Own', 'ds-cfg-smtp-server: own.example.com', ...own),
    ...hidden,
    accountLdif('app', { password: PASSWORD }),
    policyLdif('read', {
      ...user,
      permission: 'read',
      'allowed-attribute': [
        'objectClass',
        'cn',
        'ds-cfg-smtp-server',
        'ds-cfg-enabled',
        'numSubordinates',
        'hasSubordinates',
        'ds-cfg-used-by',
        'ds-cfg-used-by-count',
      ],
      'allowed-control': CONTROLS,
      'request-target-dn-equal-to': [MAIL_SERVERS, mailServerDn('Own'), TRUST],
    }),
    policyLdif('write', {
      ...user,
      permission: 'write',
      'allowed-attribute': [
        'ds-cfg-auth-username',
        'ds-cfg-priority',
        'ds-cfg-smtp-server',
        'ds-cfg-enabled',
      ],
      'request-target-dn-equal-to': mailServerDn('Own'),
    }),
  ];
  const { code, stderr } = await new LdapTools(server).add(ldif.join('\n'));
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return server;
}

beforeAll(async () => {
  const login = ['ds-cfg-auth-username: me', 'ds-cfg-auth-password: canary', 'ds-cfg-priority: 3'];
  const trusting = ['ds-cfg-smtp-server: other.example.com', `ds-cfg-trust-manager-provider: ${TRUST}`];
  const other = mailServerLdif('Other', ...trusting, ...login);
  servers = await Promise.all([start([], []), start(login, [other, mailServerLdif('Another')])]);
});

/** The cookies of paged results are random. */
function withoutCookies({ code, stdout, stderr }: ProgramResult): ProgramResult {
  return { code, stdout: stdout.replaceAll(/cookie=\S+/g, 'cookie'), stderr };
}

/** What both servers say, which must be the same. */
async function said(program: string, words: readonly string[], input = ''): Promise<ProgramResult> {
  const [one, other] = await Promise.all(
    servers.map(({ url }) =>
      new LdapTools({ url, password: PASSWORD }, accountDn('app')).run(program, words, input),
    ),
  );
  if (one === undefined || other === undefined) throw new Error('There are no servers.');
  expect(withoutCookies(other)).toEqual(withoutCookies(one));
  return one;
}

describe('a question', () => {
  it.each([
    [MAIL_SERVERS, '*', '+'],
    ['cn=config', '*', '+'],
    ['cn=effective', '*', '+'],
    ['cn=monitor', '1.1'],
    [mailServerDn('Other'), '*'],
    [mailServerDn('Another'), '-s', 'base'],
    [TRUST, '*', '+'],
    [MAIL_SERVERS, '(ds-cfg-auth-username=*)'],
    [MAIL_SERVERS, '(!(ds-cfg-auth-username=*))'],
    [MAIL_SERVERS, '(|(ds-cfg-auth-username=me)(cn=*))', '1.1'],
    [MAIL_SERVERS, '(&(cn=*)(!(ds-cfg-priority>=2)))', '1.1'],
    [MAIL_SERVERS, '(:caseExactMatch:=me)'],
    [MAIL_SERVERS, '(cn:dn:=Other)'],
    [MAIL_SERVERS, '(numSubordinates>=2)'],
    [MAIL_SERVERS, '(ds-cfg-used-by=*)'],
    ['cn=Trust Manager Providers,cn=config', '(ds-cfg-used-by-count>=1)', '1.1'],
    [MAIL_SERVERS, '-E', '!sss=ds-cfg-priority', '1.1'],
    [MAIL_SERVERS, '-E', '!sss=cn', '-E', '!vlv=0/5/1/0', '1.1'],
    [MAIL_SERVERS, '-E', '!pr=1/noprompt', '1.1'],
    [MAIL_SERVERS, '-E', '!mv=(ds-cfg-auth-username=me)'],
    [mailServerDn('Own'), '-e', '!assert=(ds-cfg-auth-username=me)'],
    [MAIL_SERVERS, '-z', '2', '1.1'],
  ])('below %s %s %s', async (base, ...words) => {
    await said('ldapsearch', ['-LLL', '-b', base, ...words]);
  });

  it.each(['ds-cfg-auth-username:me', 'ds-cfg-auth-password:canary', 'ds-cfg-priority:3'])(
    'compare %s',
    async (assertion) => {
      await said('ldapcompare', [mailServerDn('Own'), assertion]);
      await said('ldapcompare', [mailServerDn('Other'), assertion]);
    },
  );
});

describe('a trial', () => {
  const change = (dn: string, ...lines: readonly string[]) =>
    `dn: ${dn}\nchangetype: modify\n${lines.join('\n')}\n`;

  it.each([
    [
      'of a value that may not be read',
      change(mailServerDn('Own'), 'delete: ds-cfg-auth-username', 'ds-cfg-auth-username: me'),
    ],
    ['of an attribute', change(mailServerDn('Own'), 'delete: ds-cfg-auth-username')],
    [
      'of a further value',
      change(mailServerDn('Own'), 'add: ds-cfg-auth-username', 'ds-cfg-auth-username: me'),
    ],
    ['of a replacement', change(mailServerDn('Own'), 'replace: ds-cfg-priority', 'ds-cfg-priority: 3')],
    [
      'of where a secret goes',
      change(mailServerDn('Own'), 'replace: ds-cfg-smtp-server', 'ds-cfg-smtp-server: x.example.com'),
    ],
    ['of a wrong value', change(mailServerDn('Own'), 'replace: ds-cfg-priority', 'ds-cfg-priority: many')],
    ['on what is hidden', change(mailServerDn('Other'), 'replace: ds-cfg-priority', 'ds-cfg-priority: 3')],
    ['of a rename', `dn: ${mailServerDn('Own')}\nchangetype: modrdn\nnewrdn: cn=Other\ndeleteoldrdn: 1\n`],
    ['of a deletion', `dn: ${mailServerDn('Other')}\nchangetype: delete\n`],
    ['of the container', `dn: ${MAIL_SERVERS}\nchangetype: delete\n`],
    ['of what others use', `dn: ${TRUST}\nchangetype: delete\n`],
    [
      'of a new entry',
      `dn: ${mailServerDn('Other')}\nchangetype: add\nobjectClass: ds-cfg-mail-server\ncn: Other\n`,
    ],
  ])('%s', async (_, ldif) => {
    await said('ldapmodify', ['-e', '!noop'], ldif);
    await said('ldapmodify', ['-e', '!noop', '-e', 'preread=*', '-e', 'postread=*'], ldif);
  });
});
