// Accounts that have one privilege each: what each of them reaches by it, and nothing more.

import { beforeAll, expect, it } from 'vitest';
import { PRIVILEGES } from '../../src/config/objects/root-dn-user.ts';
import { Oid } from '../../src/ldap/oids.ts';
import { mailServerDn, mailServerLdif } from '../access/policies.ts';
import { accountDn, accountLdif, passwordModifyRequest } from '../support/accounts.ts';
import {
  changeKinds,
  compareRequest,
  control,
  deleteRequest,
  extendedRequest,
  modifyDnRequest,
  modifyRequest,
  scopes,
  searchRequest,
} from '../support/ber-bytes.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { type Answer, RawClient } from '../support/raw-client.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { taskDn } from '../support/tasks.ts';
import { replace } from './controls/control-client.ts';
import { addEntry } from './entries.ts';

const PASSWORD = 'a password';
const MAIL = mailServerDn('Mail');
const PERSON = 'uid=member,dc=plain';
const SECRET = 'canary-secret';
const WHO_AM_I = extendedRequest('1.3.6.1.4.1.4203.1.11.3');

let server: RunningServer;

beforeAll(async () => {
  server = await startServer();
  const ldif = [
    mailServerLdif(
      'Mail',
      'ds-cfg-smtp-server: smtp.example.com',
      'ds-cfg-auth-username: me',
      `ds-cfg-auth-password: ${SECRET}`,
    ),
    'dn: ds-cfg-backend-id=plain,cn=Backends,cn=config\nobjectClass: ds-cfg-memory-backend\nds-cfg-enabled: true\nds-cfg-base-dn: dc=plain\n',
    'dn: dc=plain\nobjectClass: domain\ndc: plain\n',
    `dn: ${PERSON}\nobjectClass: inetOrgPerson\nuid: member\ncn: member\nsn: member\n`,
    ...['plain', 'another', 'victim'].map((name) => accountLdif(name, { password: PASSWORD })),
    accountLdif('reader', { password: PASSWORD, privileges: ['config-read'] }),
    ...PRIVILEGES.map((one) => accountLdif(`only ${one}`, { password: PASSWORD, privileges: [one] })),
  ];
  expect(await new LdapTools(server).add(ldif.join('\n'))).toMatchObject({ code: 0, stderr: '' });
});

type Attempt = (client: RawClient, own: string) => Promise<boolean>;

const isDone = ({ code }: Answer) => code === 0;
const reads =
  (base: string): Attempt =>
  async (client) =>
    (await client.request(searchRequest(base, { scope: scopes.base }))).entries.length > 0;
const does =
  (...request: readonly [Buffer, (readonly Buffer[])?]): Attempt =>
  async (client) =>
    isDone(await client.request(...request));
const task = (id: string, objectClass: string, attributes: Readonly<Record<string, string>>) =>
  addEntry(taskDn(id), { objectClass: ['top', 'ds-task', objectClass], 'ds-task-id': id, ...attributes });
const asVictim = [control(Oid.proxiedAuthorization, true, `dn:${accountDn('reader')}`)];

/** Each with the privileges that are enough for it alone. */
const ATTEMPTS: Readonly<Record<string, readonly [Attempt, readonly string[]]>> = {
  'read cn=config': [reads('cn=Mail Servers,cn=config'), ['config-read']],
  'read cn=effective': [reads('cn=Mail Servers,cn=effective'), ['config-read']],
  'read cn=tasks': [reads('cn=Scheduled Tasks,cn=tasks'), ['config-read']],
  'read cn=monitor': [reads('cn=monitor'), ['monitor-read']],
  'read cn=changelog': [reads('cn=changelog'), ['changelog-read']],
  'read what a change was': [
    async (client) => {
      const { entries } = await client.request(searchRequest('cn=changelog', { scope: scopes.one }));
      if (JSON.stringify(entries).includes(SECRET)) throw new Error('A secret is shown.');
      return entries.length > 0;
    },
    ['changelog-read'],
  ],
  'read a secret': [
    async (client) =>
      JSON.stringify(await client.request(searchRequest(MAIL, { scope: scopes.base }))).includes(SECRET),
    [],
  ],
  'compare a secret': [
    async (client) => (await client.request(compareRequest(MAIL, 'ds-cfg-auth-password', SECRET))).code === 6,
    [],
  ],
  'ask for differences': [does(extendedRequest(Oid.differences, JSON.stringify({ from: 0 }))), []],
  'change cn=config': [does(replace(MAIL, 'ds-cfg-priority', '3')), []],
  'add below cn=config': [
    does(addEntry(accountDn('new'), { objectClass: ['person', 'ds-cfg-root-dn-user'], sn: 'new' })),
    [],
  ],
  'rename below cn=config': [does(modifyDnRequest(MAIL, 'cn=Moved', true)), []],
  'delete below cn=config': [does(deleteRequest(MAIL)), []],
  'change an entry of a memory backend': [does(replace(PERSON, 'description', 'x')), ['bypass-acl']],
  'set a password of a memory backend': [does(replace(PERSON, 'userPassword', PASSWORD)), []],
  'give itself a privilege': [
    async (client, own) =>
      isDone(
        await client.request(modifyRequest(own, [[changeKinds.add, 'ds-privilege-name', ['config-write']]])),
      ),
    [],
  ],
  'set the password of an account without privileges': [
    does(passwordModifyRequest({ user: `dn:${accountDn('victim')}`, new: 'green-lamp-quiet-72' })),
    ['password-reset'],
  ],
  'set it by a modify': [does(replace(accountDn('victim'), 'userPassword', 'green-lamp-quiet-73')), []],
  'set the password of an account with privileges': [
    does(passwordModifyRequest({ user: `dn:${accountDn('reader')}`, new: 'green-lamp-quiet-72' })),
    [],
  ],
  'set the password of the administrator': [
    does(passwordModifyRequest({ user: 'uid=admin', new: 'green-lamp-quiet-72' })),
    [],
  ],
  'be another account': [does(WHO_AM_I, asVictim), ['proxied-auth']],
  'read as another account': [
    async (client) => {
      const request = searchRequest('cn=Mail Servers,cn=config', { scope: scopes.base });
      return (await client.request(request, asVictim)).entries.length > 0;
    },
    ['proxied-auth'],
  ],
  'ask for a reload': [does(task('reload', 'ds-task-reload', {})), []],
  'verify a mail server': [
    does(task('verify', 'ds-task-verify-mail-server', { 'ds-task-mail-server': MAIL })),
    [],
  ],
};

it.each(PRIVILEGES)('%s alone reaches what it is for', async (privilege) => {
  const own = accountDn(`only ${privilege}`);
  const client = await RawClient.bound(server, own, PASSWORD);
  const reached: string[] = [];
  for (const [name, [attempt]] of Object.entries(ATTEMPTS))
    if (await attempt(client, own)) reached.push(name);
  client.close();
  const wanted = Object.entries(ATTEMPTS).filter(([, [, enough]]) => enough.includes(privilege));
  expect(reached).toEqual(wanted.map(([name]) => name));
});
