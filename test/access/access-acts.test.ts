// Policies where they act for longer than one answer: in watches, in tasks that send mail, and when names change.

import { beforeAll, describe, expect, it } from 'vitest';
import { writePersistentSearch } from '../../src/codec/persistent-search-control.ts';
import { Oid } from '../../src/ldap/oids.ts';
import { controlWith } from '../operations/controls/control-client.ts';
import { ALL_CHANGES, changeIn, stateIn } from '../operations/controls/watch.ts';
import { accountDn, accountLdif } from '../support/accounts.ts';
import { message, scopes, searchRequest } from '../support/ber-bytes.ts';
import { answerTags } from '../support/ber-element.ts';
import { writeSyncRequest } from '../support/control-values.ts';
import { LdapTools, type ProgramResult } from '../support/ldap-tools.ts';
import { SmtpReceiver } from '../support/mail/smtp-receiver.ts';
import { RawClient } from '../support/raw-client.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { runTask, taskLdif } from '../support/tasks.ts';
import { MAIL_SERVERS, mailServerDn, mailServerLdif, policyDn, policyLdif } from './policies.ts';

const PASSWORD = 'a password';
const ALL = ['*', '+'];

let server: RunningServer;
let receiver: SmtpReceiver;
let administrator: LdapTools;

beforeAll(async () => {
  server = await startServer();
  receiver = await SmtpReceiver.start({ authOptional: true, hideSTARTTLS: true });
  administrator = new LdapTools(server);
  const ldif = [
    mailServerLdif('Own', `ds-cfg-smtp-server: 127.0.0.1:${receiver.port}`, 'ds-cfg-use-start-tls: false'),
    mailServerLdif('Other'),
    ...['watcher', 'app'].map((name) => accountLdif(name, { password: PASSWORD })),
    accountLdif('keeper', { password: PASSWORD, privileges: ['config-read', 'config-write'] }),
    policyLdif('watcher', {
      permission: 'read',
      'allowed-attribute': ['cn', 'ds-cfg-priority', 'objectClass', 'entryUUID'],
      'allowed-control': ['PersistentSearch', 'SyncRequest'],
      'user-dn-equal-to': accountDn('watcher'),
      'request-target-dn-equal-to': [MAIL_SERVERS, mailServerDn('Own'), mailServerDn('Other')],
    }),
    policyLdif('app', {
      permission: ['read', 'verify', 'send'],
      'allowed-attribute': ALL,
      'user-dn-equal-to': accountDn('app'),
      'request-target-dn-equal-to': mailServerDn('Own'),
    }),
  ];
  await succeeds(administrator.add(ldif.join('\n')));
});

async function succeeds(result: Promise<ProgramResult>): Promise<string> {
  const { code, stdout, stderr } = await result;
  expect({ code, text: stdout + stderr }).toMatchObject({ code: 0 });
  return stdout + stderr;
}

function as(name: string): LdapTools {
  return new LdapTools({ url: server.url, password: PASSWORD }, accountDn(name));
}

const modify = (dn: string, ...lines: readonly string[]) =>
  administrator.modify([`dn: ${dn}`, 'changetype: modify', ...lines, ''].join('\n'));

async function watch(oid: string, value: string): Promise<RawClient> {
  const client = await RawClient.bound(server, accountDn('watcher'), PASSWORD);
  const request = searchRequest(MAIL_SERVERS, { scope: scopes.one });
  client.send(message(client.nextId(), request, [controlWith(oid, value)]));
  return client;
}

describe('a watch', () => {
  it('reports what is withdrawn as deleted, what is given as added, and nothing of the rest', async () => {
    const persistent = await watch(
      Oid.persistentSearch,
      writePersistentSearch({ ...ALL_CHANGES, changesOnly: false }),
    );
    const sync = await watch(
      Oid.syncRequest,
      writeSyncRequest({ mode: 'refreshAndPersist', cookie: undefined, reloadHint: false }),
    );
    for (const client of [persistent, sync]) {
      const found = [await client.next(), await client.next()];
      expect(found.map(({ entry }) => entry?.dn)).toEqual([mailServerDn('Own'), mailServerDn('Other')]);
    }
    expect((await sync.next()).tag).toBe(answerTags.intermediate);
    // Not readable: nobody hears of it.
    await succeeds(
      modify(mailServerDn('Other'), 'replace: ds-cfg-auth-username', 'ds-cfg-auth-username: me'),
    );
    const targets = 'ds-cfg-request-target-dn-equal-to';
    await succeeds(modify(policyDn('watcher'), `delete: ${targets}`, `${targets}: ${mailServerDn('Other')}`));
    expect(changeIn(await persistent.next())).toMatchObject({ name: 'Other', type: 2 });
    expect(stateIn(await sync.next())).toMatchObject({ name: 'Other', state: 'delete' });
    await succeeds(modify(mailServerDn('Other'), 'replace: ds-cfg-priority', 'ds-cfg-priority: 3'));
    await succeeds(modify(policyDn('watcher'), `add: ${targets}`, `${targets}: ${mailServerDn('Other')}`));
    expect(changeIn(await persistent.next())).toMatchObject({ name: 'Other', type: 1 });
    expect(stateIn(await sync.next())).toMatchObject({ name: 'Other', state: 'add' });
    await succeeds(modify(mailServerDn('Own'), 'replace: ds-cfg-priority', 'ds-cfg-priority: 2'));
    expect(changeIn(await persistent.next())).toMatchObject({ name: 'Own', type: 4 });
    expect(stateIn(await sync.next())).toMatchObject({ name: 'Own', state: 'modify' });
    persistent.close();
    sync.close();
  });

  it('needs a policy for its control', async () => {
    const client = await RawClient.bound(server, accountDn('app'), PASSWORD);
    const value = writePersistentSearch(ALL_CHANGES);
    const request = searchRequest(mailServerDn('Own'));
    client.send(message(client.nextId(), request, [controlWith(Oid.persistentSearch, value)]));
    expect((await client.next()).code).toBe(12);
    client.close();
  });
});

describe('a mail server that an account may send by', () => {
  const lines = (name: string) => [
    `ds-task-mail-server: ${mailServerDn(name)}`,
    'ds-task-mail-sender: app@example.com',
    'ds-task-mail-recipient: somebody@example.com',
  ];

  it('is verified, and sends the message', async () => {
    const verified = await runTask(as('app'), 'ds-task-verify-mail-server', lines('Own').slice(0, 1));
    expect(verified.first('ds-task-state')).toMatch(/COMPLETED/i);
    const sent = await runTask(as('app'), 'ds-task-send-test-message', lines('Own'));
    expect(sent.first('ds-task-mail-outcome')).toBe('accepted');
    expect(receiver.messages).toHaveLength(1);
  });

  it.each([
    ['another mail server', 'ds-task-verify-mail-server', lines('Other').slice(0, 1), 'app'],
    ['one that is not there', 'ds-task-verify-mail-server', lines('Missing').slice(0, 1), 'app'],
    ['any', 'ds-task-send-test-message', lines('Own').slice(1), 'app'],
    [
      'later',
      'ds-task-send-test-message',
      [...lines('Own'), 'ds-task-scheduled-start-time: 20991231000000Z'],
      'app',
    ],
    ['that one by others', 'ds-task-send-test-message', lines('Own'), 'watcher'],
  ])('is not %s', async (what, objectClass, taskLines, who) => {
    const id = `no-${what.replaceAll(' ', '-')}`;
    expect((await as(who).add(taskLdif(id, objectClass, taskLines))).code).toBe(50);
    expect(receiver.messages).toHaveLength(1);
  });

  it('shows the tasks of the account only', async () => {
    const all = await administrator.entries('cn=Scheduled Tasks,cn=tasks', '(objectClass=ds-task)', '1.1');
    expect(all.length).toBeGreaterThan(0);
    for (const { dn } of all) expect((await as('watcher').search(dn.toString())).code).toBe(32);
  });
});

describe('a policy', () => {
  const rename = (from: string, to: string) =>
    as('keeper').run('ldapmodrdn', ['-r', '-v', mailServerDn(from), `cn=${to}`]);

  it('follows what it names, and says which pattern does not', async () => {
    const pattern = { permission: 'read', 'request-target-dn-equal-to': 'cn=Ow*,cn=Mail Servers,cn=config' };
    await succeeds(administrator.add(policyLdif('pattern', pattern)));
    const told = await succeeds(rename('Own', 'Main'));
    expect(told).toContain(
      `The pattern "cn=Ow*,cn=Mail Servers,cn=config" of the access control policy ${policyDn('pattern')}`,
    );
    const [found] = await as('app').entries(mailServerDn('Main'), '-s', 'base');
    expect(found?.first('cn')).toBe('Main');
    const [policy] = await administrator.entries(policyDn('app'));
    expect(policy?.values('ds-cfg-request-target-dn-equal-to')).toEqual([mailServerDn('Main')]);
  });

  it('is reported when the account that it names is deleted', async () => {
    const told = await succeeds(administrator.run('ldapdelete', ['-v', accountDn('watcher')]));
    expect(told).toContain(
      `The access control policy ${policyDn('watcher')} still names ${accountDn('watcher')}.`,
    );
  });
});

describe('the last administrator with all rights', () => {
  it('keeps them', async () => {
    const admin = 'cn=admin,cn=Root DNs,cn=config';
    const { code, stderr } = await modify(
      admin,
      'delete: ds-privilege-name',
      'ds-privilege-name: privilege-change',
    );
    expect({ code, stderr }).toMatchObject({
      code: 53,
      stderr: expect.stringContaining('the last account that can give all rights'),
    });
  });
});
