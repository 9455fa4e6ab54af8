// Mail servers that are verified with values that nobody has stored yet: by the server, as it would use them. Nothing of
// what is tried, least of all a password, is to be found anywhere afterwards.

import { readdir, readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeEndTransaction } from '../../src/codec/extended-value.ts';
import { writePersistentSearch } from '../../src/codec/persistent-search-control.ts';
import type { Entry } from '../../src/ldap/entry.ts';
import { octetsFromText } from '../../src/ldap/octets.ts';
import { Oid } from '../../src/ldap/oids.ts';
import { ALL_CHANGES, Watch } from '../operations/controls/watch.ts';
import { accountDn, accountLdif } from '../support/accounts.ts';
import { addRequest, control, extendedRequest } from '../support/ber-bytes.ts';
import { Authority } from '../support/certificates.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { endReceivers, SmtpReceiver } from '../support/mail/smtp-receiver.ts';
import { RawClient } from '../support/raw-client.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { taskDn, taskLdif, untilTask } from '../support/tasks.ts';
import { changeLdif, mailServerDn, mailServerLdif, TRUST, trustOf } from './mail-servers-in-ldif.ts';

const PASSWORD = 'canary-Oot2aiph';
const WRONG = 'canary-Shah6eiy';
const ACCOUNT_PASSWORD = 'account-password-1';
/** Those that run at a time, in task-runner.ts. */
const RUNNING_MAX = 32;

let authority: Authority;
let receiver: SmtpReceiver;
let silent: Server;
let silentPort: number;
let server: RunningServer;
let tools: LdapTools;
let watch: Watch;
let count = 0;

beforeAll(async () => {
  authority = await Authority.create();
  const { key, certificate } = await authority.issue();
  receiver = await SmtpReceiver.start({ key, cert: certificate, users: { alice: PASSWORD } });
  silent = createServer();
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const address = silent.address();
  silentPort = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const { ldif, options } = await trustOf(authority);
  const definitions = [`relay=localhost:${receiver.port}`];
  server = await startServer({ ...options, definitions });
  tools = new LdapTools(server);
  const trust = { 'trust-manager-provider': TRUST, 'auth-username': 'alice', 'auth-password': WRONG };
  const stored = mailServerLdif('Stored', { 'smtp-server': `127.0.0.1:${silentPort}`, ...trust });
  const accounts = [
    accountLdif('reader', { password: ACCOUNT_PASSWORD, privileges: ['config-read'] }),
    accountLdif('writer', { password: ACCOUNT_PASSWORD, privileges: ['config-read', 'config-write'] }),
  ];
  expect(await tools.add([ldif, stored, accounts.join('\n')].join(''))).toMatchObject({
    code: 0,
    stderr: '',
  });
  const asked = writePersistentSearch(ALL_CHANGES);
  watch = await Watch.start(server, Oid.persistentSearch, asked, {}, 'cn=tasks');
  await watch.settled();
});

afterAll(async () => {
  watch.client.close();
  silent.close();
  await endReceivers();
  await authority.remove();
});

const good = () => ({ 'smtp-server': `localhost:${receiver.port}`, 'auth-password': PASSWORD });

function ldifOf(id: string, name: string, records: readonly string[], lines: readonly string[] = []): string {
  return taskLdif(id, 'ds-task-verify-mail-server', [
    `ds-task-mail-server: ${mailServerDn(name)}`,
    ...records.map((record) => `ds-task-mail-change:: ${Buffer.from(record).toString('base64')}`),
    ...lines,
  ]);
}

function nextId(): string {
  count += 1;
  return `before-saving-${count}`;
}

/** The entry when the task has ended. */
async function verify(name: string, record: string, by = tools): Promise<Entry> {
  const id = nextId();
  const { code, stderr } = await by.add(ldifOf(id, name, [record]));
  if (code !== 0) throw new Error(`refused with ${code}: ${stderr}`);
  return untilTask(by, taskDn(id), (state) => /^(?:COMPLETED|STOPPED)/.test(state));
}

async function refused(name: string, records: readonly string[], lines: readonly string[] = [], by = tools) {
  const id = nextId();
  const { code, stderr } = await by.add(ldifOf(id, name, records, lines));
  expect((await tools.search(taskDn(id), '-s', 'base')).code).toBe(32);
  expect(stderr).not.toContain('canary-');
  return { code, stderr };
}

const told = (entry: Entry) => entry.values('ds-task-log-message').join('\n');

describe('a mail server is verified before it is saved', () => {
  it('with what would be changed, and nothing is stored', async () => {
    const [before] = await tools.entries(mailServerDn('Stored'), '-s', 'base', '*', '+');
    const entry = await verify('Stored', changeLdif(mailServerDn('Stored'), good()));
    expect(entry.first('ds-task-state'), told(entry)).toBe('COMPLETED_SUCCESSFULLY');
    expect(entry.first('ds-task-mail-change')).toBe('***');
    expect(told(entry)).toContain('not stored: ds-cfg-smtp-server, ds-cfg-auth-password.');
    expect(entry.values('ds-task-mail-step').map((step) => step.split(':')[0])).toContain('4 login');
    expect(receiver.logins.at(-1)).toMatchObject({ user: 'alice', password: PASSWORD, isEncrypted: true });
    expect(await tools.entries(mailServerDn('Stored'), '-s', 'base', '*', '+')).toEqual([before]);
    const [monitored] = await tools.entries('cn=Stored,cn=mail,cn=monitor', '-s', 'base');
    expect(monitored?.first('ds-mon-mail-last-verified-at')).toBeUndefined();
  });

  it('and what is wrong with it is told', async () => {
    const change = { ...good(), 'auth-password': WRONG };
    const entry = await verify('Stored', changeLdif(mailServerDn('Stored'), change));
    expect(entry.first('ds-task-state')).toBe('STOPPED_BY_ERROR');
    expect(entry.first('ds-task-mail-problem')).toContain('does not let this server log in');
    expect(told(entry)).not.toContain('canary-');
  });

  it('when it is new, and stays unknown', async () => {
    const record = mailServerLdif('New', {
      ...good(),
      'auth-username': 'alice',
      'trust-manager-provider': TRUST,
    });
    for (const [type, written] of [
      ['a change', record.replace('\n', '\nchangetype: add\n')],
      ['an entry', record],
    ] as const) {
      const entry = await verify('New', written);
      expect(entry.first('ds-task-state'), type).toBe('COMPLETED_SUCCESSFULLY');
      expect(told(entry)).toContain('the mail server is new');
    }
    expect((await tools.search(mailServerDn('New'), '-s', 'base')).code).toBe(32);
  });

  it('when it is disabled, by somebody who may write and read no secrets', async () => {
    const writer = new LdapTools({ url: server.url, password: ACCOUNT_PASSWORD }, accountDn('writer'));
    const change = { enabled: 'false', ...good() };
    const entry = await verify('Stored', changeLdif(mailServerDn('Stored'), change), writer);
    expect(entry.first('ds-task-state'), told(entry)).toBe('COMPLETED_SUCCESSFULLY');
  });

  it('with expressions, as the sources in force have them', async () => {
    const change = { ...good(), 'smtp-server': '$<relay>' };
    const entry = await verify('Stored', changeLdif(mailServerDn('Stored'), change));
    expect(entry.first('ds-task-state'), told(entry)).toBe('COMPLETED_SUCCESSFULLY');
    const unknown = changeLdif(mailServerDn('Stored'), { ...good(), 'smtp-server': '$<no.such>' });
    const { code, stderr } = await refused('Stored', [unknown]);
    expect(code).toBe(53);
    expect(stderr).toContain('no.such');
  });
});

describe('what could not be stored cannot be tried', () => {
  it('all of it is told at once, as for a change', async () => {
    const change = changeLdif(mailServerDn('Stored'), {
      ...good(),
      'use-ssl': 'true',
      'use-start-tls': 'true',
      'trust-manager-provider': 'cn=Nobody,cn=Trust Manager Providers,cn=config',
      'smtp-property': 'mail.smtp.timeout=soon',
    });
    const { code, stderr } = await refused('Stored', [change]);
    const stored = await tools.modify(change);
    expect(code).toBe(stored.code);
    for (const name of ['smtp-property', 'use-ssl', 'cn=Nobody']) expect(stderr).toContain(name);
    const linesOf = (text: string) =>
      text.split('\n').filter((line) => line.includes(mailServerDn('Stored')));
    expect(linesOf(stderr).length).toBeGreaterThan(2);
    expect(linesOf(stored.stderr)).toEqual(expect.arrayContaining(linesOf(stderr).slice(1)));
  });

  it('without the right to write', async () => {
    const reader = new LdapTools({ url: server.url, password: ACCOUNT_PASSWORD }, accountDn('reader'));
    const change = changeLdif(mailServerDn('Stored'), { 'smtp-server': `localhost:${receiver.port}` });
    const before = receiver.connections;
    expect((await refused('Stored', [change], [], reader)).code).toBe(50);
    expect(receiver.connections).toBe(before);
  });

  it.each([
    ['nobody', 32, [changeLdif(mailServerDn('Nobody'), { 'smtp-server': 'a:1' })], 'Nobody'],
    ['what is there', 68, [mailServerLdif('Stored', { 'smtp-server': 'a:1' })], 'Stored'],
    ['another entry', 53, [changeLdif(mailServerDn('Other'), { 'smtp-server': 'a:1' })], 'Stored'],
    ['a delete', 53, [`dn: ${mailServerDn('Stored')}\nchangetype: delete\n`], 'Stored'],
    ['no LDIF', 19, [`ds-cfg-auth-password: ${PASSWORD}\n`], 'Stored'],
    [
      'a file of the server',
      19,
      [
        `dn: ${mailServerDn('Stored')}\nchangetype: modify\nreplace: ds-cfg-auth-password\nds-cfg-auth-password:< file:///etc/passwd\n`,
      ],
      'Stored',
    ],
    [
      'two values',
      19,
      ['1', '2'].map((priority) =>
        changeLdif(mailServerDn('Stored'), { 'auth-password': PASSWORD, priority }),
      ),
      'Stored',
    ],
  ])('%s', async (_, expected, records, name) => {
    const { code, stderr } = await refused(name, records);
    expect({ code, stderr }).toMatchObject({ code: expected });
  });

  it('later', async () => {
    const change = changeLdif(mailServerDn('Stored'), good());
    const later = ['ds-task-scheduled-start-time: 20991231235959Z'];
    const { code, stderr } = await refused('Stored', [change], later);
    expect(code).toBe(53);
    expect(stderr).toContain('ds-task-scheduled-start-time');
  });
});

describe('what is tried is found nowhere', () => {
  const record = () => changeLdif(mailServerDn('Stored'), good());

  it('not in another kind of task, by another name, or in another case', async () => {
    const value = Buffer.from(record()).toString('base64');
    for (const [name, code] of [
      ['ds-task-mail-change', 65],
      ['DS-TASK-MAIL-CHANGE', 65],
      ['2.25.91284782873429157759323361610399607177.5.103', 65],
      ['ds-task-mail-change;x-option', 65],
    ] as const) {
      const id = nextId();
      const lines = ['objectClass: extensibleObject', `${name}:: ${value}`];
      expect((await tools.add(taskLdif(id, 'ds-task-snapshot', lines))).code, name).toBe(code);
      const own = ldifOf(nextId(), 'Stored', [record()]).replace('ds-task-mail-change::', `${name}::`);
      expect([0, 21, 65], name).toContain((await tools.add(own)).code);
    }
  });

  it('not in what is read after the change, nor by watchers', async () => {
    const id = nextId();
    const added = await tools.run(
      'ldapmodify',
      ['-e', 'postread=*,+'],
      `${ldifOf(id, 'Stored', [record()])}`.replace('\n', '\nchangetype: add\n'),
    );
    expect(added.code, added.stderr).toBe(0);
    expect(added.stdout).toContain('ds-task-mail-change: ***');
    expect(added.stdout).not.toContain('canary-');
    await untilTask(tools, taskDn(id), (state) => state === 'COMPLETED_SUCCESSFULLY');
    const seen: string[] = [];
    while (!seen.some((one) => one.includes(id) && one.includes('COMPLETED_SUCCESSFULLY'))) {
      seen.push(JSON.stringify((await watch.next()).entry));
    }
    expect(seen.length).toBeGreaterThan(10);
    expect(seen.filter((one) => one.includes('ds-task-mail-change')).length).toBeGreaterThan(10);
    for (const one of seen) expect(one).not.toMatch(/canary-|Y2FuYXJ5/);
  });

  it('not in a transaction', async () => {
    const client = await RawClient.bound(server);
    const { value: transaction = '' } = await client.request(extendedRequest(Oid.startTransaction));
    const id = nextId();
    const task = addRequest(taskDn(id), [
      ['objectClass', ['top', 'ds-task', 'ds-task-verify-mail-server']],
      ['ds-task-id', [id]],
      ['ds-task-mail-server', [mailServerDn('Stored')]],
      ['ds-task-mail-change', [record()]],
    ]);
    const controls = [control(Oid.transaction, true, transaction)];
    expect((await client.request(task, controls)).code).toBe(0);
    const end = octetsFromText(writeEndTransaction({ isCommit: true, id: transaction }));
    expect((await client.request(extendedRequest(Oid.endTransaction, end))).code).toBe(0);
    client.close();
    const entry = await untilTask(tools, taskDn(id), (state) => state === 'COMPLETED_SUCCESSFULLY');
    expect(entry.first('ds-task-mail-change')).toBe('***');
  });

  it('not in files, the log, the changelog or any entry', async () => {
    for (const base of ['cn=tasks', 'cn=changelog', 'cn=monitor']) {
      const found = await tools.search(base, '(objectClass=*)', '*', '+');
      expect(found.code).toBe(0);
      expect(found.stdout).not.toMatch(new RegExp(PASSWORD));
    }
    await server.stop();
    const files = await readdir(server.folder, { withFileTypes: true, recursive: true });
    const texts = await Promise.all(
      files
        .filter((file) => file.isFile())
        .map(async ({ parentPath, name }) => {
          const octets = await readFile(join(parentPath, name));
          return {
            name: join(parentPath, name),
            text: `${name.endsWith('.gz') ? gunzipSync(octets) : octets}`,
          };
        }),
    );
    const unfolded = texts.map(({ name, text }) => ({ name, text: text.replaceAll('\n ', '') }));
    // The tests would find it: what is stored is there.
    expect(unfolded.some(({ text }) => text.includes('ds-cfg-auth-password: {AES256-GCM}'))).toBe(true);
    expect(unfolded.some(({ text }) => text.includes('ds-task-mail-change: ***'))).toBe(true);
    const encoded = Buffer.from(record()).toString('base64');
    for (const { name, text } of unfolded) {
      expect(text.includes(PASSWORD), name).toBe(false);
      expect(text.includes(WRONG), name).toBe(false);
      expect(text.includes(encoded.slice(0, 60)), name).toBe(false);
    }
    expect(JSON.stringify(server.logLines())).not.toMatch(/canary-/);
    server = await startServer({ folder: server.folder, definitions: [`relay=localhost:${receiver.port}`] });
    tools = new LdapTools(server);
  });

  it('one that has waited for its turn over a restart says that it is lost', async () => {
    const idle = Array.from({ length: RUNNING_MAX }, (_, index) =>
      taskLdif(`idle-${index}`, 'ds-task-verify-mail-server', [
        `ds-task-mail-server: ${mailServerDn('Stored')}`,
      ]),
    );
    expect((await tools.add(idle.join('\n'))).code).toBe(0);
    const id = nextId();
    expect((await tools.add(ldifOf(id, 'Stored', [record()]))).code).toBe(0);
    const [waiting] = await tools.entries(taskDn(id), '-s', 'base');
    expect(waiting?.first('ds-task-state')).toBe('WAITING_ON_START_TIME');
    await server.kill();
    server = await startServer({ folder: server.folder, definitions: [`relay=localhost:${receiver.port}`] });
    tools = new LdapTools(server);
    const entry = await untilTask(tools, taskDn(id), (state) => state.startsWith('STOPPED'));
    expect(told(entry)).toContain('kept in memory only');
  });
});
