// An account that has policies and no privilege, on the surfaces that are not searches of one tree: the changelog, differences,
// transactions, subtree deletes, memory backends, cn=monitor, and what connections are like. Each ends with what acts.

import { writeFile } from 'node:fs/promises';
import { connect as connectSocket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeEndTransaction } from '../../src/codec/extended-value.ts';
import { writePersistentSearch } from '../../src/codec/persistent-search-control.ts';
import { octetsFromText } from '../../src/ldap/octets.ts';
import { Oid } from '../../src/ldap/oids.ts';
import { backendLdif } from '../memory/memory-backend-support.ts';
import { controlWith, replace } from '../operations/controls/control-client.ts';
import { ALL_CHANGES, changeIn } from '../operations/controls/watch.ts';
import { accountDn, accountLdif } from '../support/accounts.ts';
import { bindRequest, extendedRequest, message, scopes, searchRequest } from '../support/ber-bytes.ts';
import { connectTls, connectWithStartTls } from '../support/clients/tls-client.ts';
import { LdapTools, type ProgramResult } from '../support/ldap-tools.ts';
import { RawClient } from '../support/raw-client.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { runTask } from '../support/tasks.ts';
import { MAIL_SERVERS, mailServerDn, mailServerLdif, policyDn, policyLdif } from './policies.ts';

const PASSWORD = 'a password';
const PLACES = 'o=places';
const TRUST = 'cn=Inner,cn=Trust Manager Providers,cn=config';
const ALL = ['*', '+'];
const OWN = { 'user-dn-equal-to': accountDn('app') };

let server: RunningServer;
let administrator: LdapTools;

beforeAll(async () => {
  server = await startServer();
  administrator = new LdapTools(server);
  await succeeds(
    administrator.add(
      [
        `dn: ${TRUST}\nobjectClass: ds-cfg-trust-manager-provider\nobjectClass: ds-cfg-blind-trust-manager-provider\ncn: Inner\nds-cfg-enabled: true\n`,
        mailServerLdif(
          'Own',
          'ds-cfg-smtp-server: own.example.com',
          `ds-cfg-trust-manager-provider: ${TRUST}`,
        ),
        mailServerLdif('Other'),
        backendLdif('', 'places', PLACES),
        accountLdif('app', { password: PASSWORD }),
        policyLdif('app reads', {
          ...OWN,
          permission: 'read',
          'allowed-attribute': ALL,
          'allowed-control': ['TransactionSpecification', 'SubtreeDelete', 'PersistentSearch', 'NoOp'],
          'allowed-extended-operation': 'Differences',
          'request-target-dn-equal-to': [
            mailServerDn('Own'),
            'cn=changelog',
            '**,cn=changelog',
            '**,o=places',
          ],
        }),
        policyLdif('app writes', {
          ...OWN,
          permission: 'write',
          'allowed-attribute': ALL,
          'request-target-dn-equal-to': [
            mailServerDn('Own'),
            'cn=New*,cn=Mail Servers,cn=config',
            TRUST,
            'cn=Innermost,cn=Trust Manager Providers,cn=config',
            '**,o=places',
          ],
          'request-target-dn-not-equal-to': 'ou=Closed,**',
        }),
      ].join('\n'),
    ),
  );
  await succeeds(
    administrator.add(
      [
        'dn: o=places\nobjectClass: organization\no: places\n',
        ...['Open', 'Shut'].map(
          (name) => `dn: ou=${name},o=places\nobjectClass: organizationalUnit\nou: ${name}\n`,
        ),
        ...['Open', 'Shut'].map(
          (name) => `dn: ou=In,ou=${name},o=places\nobjectClass: organizationalUnit\nou: In\n`,
        ),
        'dn: ou=Closed,ou=Shut,o=places\nobjectClass: organizationalUnit\nou: Closed\n',
      ].join('\n'),
    ),
  );
});

async function succeeds(result: Promise<ProgramResult>): Promise<string> {
  const { code, stdout, stderr } = await result;
  expect({ code, text: stdout + stderr }).toMatchObject({ code: 0 });
  return stdout;
}

const app = () => new LdapTools({ url: server.url, password: PASSWORD }, accountDn('app'));
const appClient = () => RawClient.bound(server, accountDn('app'), PASSWORD);
const modify = (dn: string, ...lines: readonly string[]) =>
  administrator.modify(`dn: ${dn}\nchangetype: modify\n${lines.join('\n')}\n`);
const priorityOf = async (name: string) =>
  (await administrator.entries(mailServerDn(name)))[0]?.values('ds-cfg-priority');

describe('cn=changelog', () => {
  it('has the changes of entries that may be read, and their attributes', async () => {
    await succeeds(modify(mailServerDn('Own'), 'replace: ds-cfg-priority', 'ds-cfg-priority: 5'));
    await succeeds(modify(mailServerDn('Other'), 'replace: ds-cfg-priority', 'ds-cfg-priority: 6'));
    const seen = await app().entries('cn=changelog', '(changeNumber=*)');
    const names = new Set(seen.flatMap((entry) => entry.values('targetdn')));
    expect(names).toEqual(new Set([mailServerDn('Own')]));
    expect(seen.at(-1)?.first('changes')).toContain('ds-cfg-priority: 5');
    const [last] = (await administrator.entries('cn=changelog', `(targetDN=${mailServerDn('Other')})`)).slice(
      -1,
    );
    expect((await app().search(last?.dn.toString() ?? '', '-s', 'base')).code).toBe(32);
    expect(await app().entries('cn=changelog', '(changes=*ds-cfg-priority: 6*)')).toEqual([]);
  });

  it('has differences of what may be read', async () => {
    const client = await appClient();
    const asked = JSON.stringify({ from: 1 });
    const { code, response } = await differences(client, asked);
    expect(code).toBe(0);
    expect(response).toContain(mailServerDn('Own'));
    for (const hidden of ['cn=Other', 'cn=Root DNs', 'Access Control', 'userPassword'])
      expect(response).not.toContain(hidden);
    client.close();
  });

  async function differences(client: RawClient, asked: string) {
    const { code, octets } = await client.request(extendedRequest(Oid.differences, asked));
    return { code, response: octets?.toString('utf8') ?? '' };
  }
});

describe('a transaction', () => {
  async function transaction(...changes: readonly Buffer[]) {
    const client = await appClient();
    const { value: id = '' } = await client.request(extendedRequest(Oid.startTransaction));
    for (const change of changes) {
      const { code } = await client.request(change, [controlWith(Oid.transaction, id)]);
      expect(code).toBe(0);
    }
    const end = Buffer.from(octetsFromText(writeEndTransaction({ isCommit: true, id })));
    const ended = await client.request(extendedRequest(Oid.endTransaction, end));
    client.close();
    return ended;
  }

  it('makes what policies allow, all of it or nothing', async () => {
    expect((await transaction(replace(mailServerDn('Own'), 'ds-cfg-priority', '7'))).code).toBe(0);
    expect(await priorityOf('Own')).toEqual(['7']);
    const refused = await transaction(
      replace(mailServerDn('Own'), 'ds-cfg-priority', '8'),
      replace(mailServerDn('Other'), 'ds-cfg-priority', '8'),
    );
    expect(refused.code).toBe(32);
    expect(await priorityOf('Own')).toEqual(['7']);
    expect(await priorityOf('Other')).toEqual(['6']);
  });

  it('is refused in words that name nothing hidden', async () => {
    const refused = await transaction(
      replace(mailServerDn('Own'), 'ds-cfg-priority', '9'),
      replace(TRUST, 'ds-cfg-enabled', 'false'),
    );
    expect(refused.code).toBeGreaterThan(0);
    expect(refused.text).not.toMatch(/Own|Mail Servers/);
    expect(await priorityOf('Own')).toEqual(['7']);
  });
});

describe('a subtree delete', () => {
  const remove = (dn: string) => app().run('ldapdelete', ['-e', '!1.2.840.113556.1.4.805', dn]);

  it('takes what may be deleted', async () => {
    await succeeds(remove('ou=Open,o=places'));
    const { stdout } = await administrator.search(PLACES, '1.1');
    expect(stdout).not.toContain('ou=Open');
  });

  it('takes nothing where something below may not be deleted', async () => {
    const { code, stderr } = await remove('ou=Shut,o=places');
    expect(code).toBe(50);
    expect(stderr).toContain('ou=Closed,ou=Shut,o=places');
    expect(await succeeds(administrator.search(PLACES, '1.1'))).toContain('ou=In,ou=Shut');
  });

  it('says nothing of what is hidden below', async () => {
    const targets = 'ds-cfg-request-target-dn-equal-to';
    await succeeds(administrator.add(mailServerLdif('New')));
    const { code, stderr } = await remove('cn=New,cn=Mail Servers,cn=config');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    await succeeds(modify(policyDn('app writes'), `add: ${targets}`, `${targets}: ${MAIL_SERVERS}`));
    const container = await remove(MAIL_SERVERS);
    expect(container.code).toBe(66);
    expect(container.stderr).toContain(
      'The entry can be neither deleted nor moved as long as there is something below it.',
    );
    expect(container.stderr).not.toMatch(/Own|Other/);
    await succeeds(modify(policyDn('app writes'), `delete: ${targets}`, `${targets}: ${MAIL_SERVERS}`));
    expect(await priorityOf('Other')).toEqual(['6']);
  });
});

describe('a refusal', () => {
  it('of a rename names nothing that uses the entry, and the policies that name it follow', async () => {
    const handler = 'cn=LDAPS,cn=Connection Handlers,cn=config';
    const trust = 'ds-cfg-trust-manager-provider';
    await succeeds(modify(handler, `replace: ${trust}`, `${trust}: ${TRUST}`));
    const refused = await app().run('ldapmodrdn', ['-r', TRUST, 'cn=Innermost']);
    expect(refused.code).toBe(50);
    expect(refused.stdout + refused.stderr).not.toContain('LDAPS');
    await succeeds(modify(handler, `delete: ${trust}`));
    expect((await app().run('ldapmodrdn', ['-r', TRUST, 'cn=Innermost'])).code).toBe(0);
    const [own] = await administrator.entries(mailServerDn('Own'));
    expect(own?.values(trust)).toEqual(['cn=Innermost,cn=Trust Manager Providers,cn=config']);
  });
});

describe('a memory backend', () => {
  it('is changed where policies allow it, and passwords are not', async () => {
    const unit = 'dn: ou=Added,o=places\nobjectClass: organizationalUnit\nou: Added\n';
    expect((await app().add(unit)).code).toBe(0);
    expect((await app().add(unit.replaceAll('Added', 'Closed'))).code).toBe(50);
    const password =
      'dn: ou=Added,o=places\nchangetype: modify\nreplace: userPassword\nuserPassword: a new password\n';
    expect((await app().modify(password)).code).toBe(50);
    expect((await app().run('ldapmodrdn', ['-r', 'ou=Added,o=places', 'ou=Closed'])).code).toBe(50);
    const [added] = await administrator.entries('ou=Added,o=places');
    expect(added?.values('ou')).toEqual(['Added']);
  });
});

describe('cn=monitor', () => {
  it.each(['cn=mail,cn=monitor', 'cn=monitor'])('shows the mail server below %s', async (base) => {
    const found = await app().entries(base, '1.1');
    expect(found.map(({ dn }) => dn.toString())).toEqual(['cn=Own,cn=mail,cn=monitor']);
    expect(await app().entries(base, '(ds-mon-mail-state=*)', '1.1')).toHaveLength(1);
    expect((await app().search(base, '-s', 'base')).code).toBe(32);
  });
});

describe('a policy for some connections', () => {
  const clients = new Map<string, RawClient>();

  beforeAll(async () => {
    const { port, ldapsPort, folder } = server;
    const open: Readonly<Record<string, () => Promise<RawClient>>> = {
      ldap: () => RawClient.connect(server),
      startTls: async () => (await connectWithStartTls(port)).client,
      ldaps: async () => (await connectTls(ldapsPort)).client,
      ldapi: async () => RawClient.over(connectSocket({ path: join(folder, 'ldapi') })),
    };
    for (const [name, connect] of Object.entries(open)) {
      const [bound, anonymous] = [await connect(), await connect()];
      expect((await bound.request(bindRequest(accountDn('app'), PASSWORD))).code).toBe(0);
      clients.set(name, bound);
      clients.set(`${name} anonymous`, anonymous);
    }
  });

  afterAll(() => {
    for (const client of clients.values()) client.close();
  });

  /** Returns who sees the mail server while the policy has the properties: on connections that are there already. */
  async function seers(properties: Readonly<Record<string, string>>): Promise<readonly string[]> {
    const target = { 'request-target-dn-equal-to': mailServerDn('Other') };
    const policy = { permission: 'read', 'allowed-attribute': ALL, ...target, ...properties };
    await succeeds(administrator.add(policyLdif('some', policy)));
    const seeing: string[] = [];
    for (const [name, client] of clients) {
      const { entries } = await client.request(searchRequest(mailServerDn('Other')));
      if (entries.length > 0) seeing.push(name);
    }
    await succeeds(administrator.delete(policyDn('some')));
    return seeing;
  }

  it.each([
    [{}, ['ldap', 'startTls', 'ldaps', 'ldapi']],
    [
      { 'authentication-required': 'false', 'connection-protocol-equal-to': 'ldap' },
      ['ldap', 'ldap anonymous', 'startTls', 'startTls anonymous'],
    ],
    [{ 'connection-minimum-ssf': '128' }, ['startTls', 'ldaps']],
    [{ 'connection-minimum-ssf': '71' }, ['startTls', 'ldaps', 'ldapi']],
    [{ 'connection-protocol-equal-to': 'ldaps' }, ['ldaps']],
    [{ 'connection-protocol-equal-to': 'ldapi' }, ['ldapi']],
    [{ 'connection-client-address-equal-to': '127.0.0.0/8' }, ['ldap', 'startTls', 'ldaps']],
    [{ 'connection-client-address-equal-to': '10.0.0.0/8' }, []],
    [{ 'connection-client-address-not-equal-to': '127.0.0.1' }, ['ldapi']],
    [
      {
        'user-dn-not-equal-to': accountDn('app'),
        'authentication-required': 'false',
        'connection-protocol-equal-to': 'ldaps',
      },
      ['ldaps anonymous'],
    ],
  ])('with %j is for %j', async (properties, expected) => {
    expect(await seers(properties)).toEqual(expected);
  });

  it('with a port is for that port', async () => {
    expect(await seers({ 'connection-port-equal-to': String(server.ldapsPort) })).toEqual(['ldaps']);
  });
});

describe('a watch', () => {
  const watchedBy = async (base: string, scope: number) => {
    const client = await appClient();
    const value = writePersistentSearch({ ...ALL_CHANGES, changesOnly: false });
    client.send(
      message(client.nextId(), searchRequest(base, { scope }), [controlWith(Oid.persistentSearch, value)]),
    );
    return client;
  };

  it('of another tree hears at once of rights that a commit withdraws', async () => {
    const tasks = 'cn=Scheduled Tasks,cn=tasks';
    const targets = 'ds-cfg-request-target-dn-equal-to';
    await succeeds(modify(policyDn('app reads'), `add: ${targets}`, `${targets}: ${tasks}`));
    const client = await watchedBy(tasks, scopes.base);
    expect((await client.next()).entry?.dn).toBe(tasks);
    await succeeds(modify(policyDn('app reads'), `delete: ${targets}`, `${targets}: ${tasks}`));
    expect(changeIn(await client.next())).toMatchObject({ name: 'Scheduled Tasks', type: 2 });
    client.close();
  });

  it('hears at once of rights that a reload gives and withdraws', async () => {
    const file = join(server.folder, 'config', 'target.txt');
    await writeFile(file, mailServerDn('Own'));
    const target = '$<file:config/target.txt>';
    const policy = {
      ...OWN,
      permission: 'read',
      'allowed-attribute': ALL,
      'request-target-dn-equal-to': target,
    };
    await succeeds(administrator.add(policyLdif('by file', policy)));
    const config = await watchedBy(MAIL_SERVERS, scopes.subtree);
    const effective = await watchedBy('cn=Mail Servers,cn=effective', scopes.subtree);
    for (const client of [config, effective]) expect((await client.next()).entry?.dn).toMatch(/^cn=Own,/);
    for (const [name, type] of [
      ['Other', 1],
      ['Own', 2],
    ] as const) {
      await writeFile(file, mailServerDn(name));
      expect((await runTask(administrator, 'ds-task-reload', [])).first('ds-task-state')).toMatch(
        /COMPLETED/i,
      );
      for (const client of [config, effective])
        expect(changeIn(await client.next())).toMatchObject({ name: 'Other', type });
    }
    expect((await app().search(mailServerDn('Other'))).code).toBe(32);
    for (const client of [config, effective]) client.close();
  });
});
