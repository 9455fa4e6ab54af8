// cn=tasks as administrators use it: tasks are added, watched, canceled and deleted over LDAP.

import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writePersistentSearch } from '../../src/codec/persistent-search-control.ts';
import { verifyBackup } from '../../src/instance/restore.ts';
import { Oid } from '../../src/ldap/oids.ts';
import { checkEntry } from '../../src/schema/check-classes.ts';
import { schema } from '../config/configuration.ts';
import { ALL_CHANGES, changeIn, Watch } from '../operations/controls/watch.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { runTask, taskDn, taskLdif, untilTask } from '../support/tasks.ts';

let server: RunningServer;
let tools: LdapTools;
/** Accepts connections and never says a word: whoever verifies it as a mail server has long to do. */
let silent: Server;

const CANCEL = 'STOPPED_BY_ADMINISTRATOR';
const replaceState = (dn: string, state: string) =>
  `dn: ${dn}\nchangetype: modify\nreplace: ds-task-state\nds-task-state: ${state}\n`;

beforeAll(async () => {
  server = await startServer();
  tools = new LdapTools(server);
  silent = createServer();
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const address = silent.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const ldif = [
    'dn: cn=Silent,cn=Mail Servers,cn=config',
    'objectClass: ds-cfg-mail-server',
    'cn: Silent',
    'ds-cfg-enabled: true',
    `ds-cfg-smtp-server: 127.0.0.1:${port}`,
    '',
  ];
  expect((await tools.add(ldif.join('\n'))).code).toBe(0);
});

afterAll(() => void silent.close());

const verifySilent = (id: string) =>
  taskLdif(id, 'ds-task-verify-mail-server', ['ds-task-mail-server: cn=Silent,cn=Mail Servers,cn=config']);

describe('a task', () => {
  it('is carried out, and its entry tells how', async () => {
    const entry = await runTask(tools, 'ds-task-snapshot', []);
    expect(checkEntry(schema, entry, () => false)).toEqual([]);
    expect(entry.first('ds-task-state')).toBe('COMPLETED_SUCCESSFULLY');
    expect(entry.first('ds-task-class-name')).toBe('confdit.SnapshotTask');
    expect(entry.first('ds-task-actual-start-time')).toMatch(/^\d{14}Z$/);
    expect(entry.first('ds-task-completion-time')).toMatch(/^\d{14}Z$/);
    const [first, ...others] = entry.values('ds-task-log-message');
    expect(first).toMatch(
      /^\[\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d \+0000\] severity="INFORMATION" msgCount=0 message="The task .* started\."$/,
    );
    expect(others.at(-1)).toContain('COMPLETED_SUCCESSFULLY');
    const snapshot = await readFile(join(server.folder, 'config', 'config.ldif'), 'utf8');
    expect(snapshot).toContain('cn=Silent,cn=Mail Servers,cn=config');
  });

  it('may stand below cn=tasks itself, and says PingDS what it wants to hear', async () => {
    const dn = 'ds-task-id=direct,cn=tasks';
    const ldif = taskLdif('direct', 'ds-task-snapshot', ['ds-task-state: waiting_on_start_time']);
    const added = await tools.add(ldif.replace(taskDn('direct'), dn));
    expect(added.code, added.stderr).toBe(0);
    await untilTask(tools, dn, (state) => state === 'COMPLETED_SUCCESSFULLY');
  });

  it('is seen by those who watch', async () => {
    const watch = await Watch.start(
      server,
      Oid.persistentSearch,
      writePersistentSearch(ALL_CHANGES),
      {},
      'cn=tasks',
    );
    await watch.settled();
    await runTask(tools, 'ds-task-snapshot', []);
    const [added, ...modified] = (await watch.take(3)).map(changeIn);
    expect(added?.type).toBe(1);
    expect(modified.map(({ type }) => type)).toEqual([4, 4]);
    watch.client.close();
  });

  it('waits for its time, and can be taken back before', async () => {
    const dn = taskDn('later');
    const start = 'ds-task-scheduled-start-time: 20991231235959Z';
    expect((await tools.add(taskLdif('later', 'ds-task-snapshot', [start]))).code).toBe(0);
    const [waiting] = await tools.entries(dn, '-s', 'base');
    expect(waiting?.first('ds-task-state')).toBe('WAITING_ON_START_TIME');
    const [monitored] = await tools.entries('cn=tasks,cn=monitor', '-s', 'base');
    expect(monitored?.first('ds-mon-tasks-waiting')).toBe('1');
    expect((await tools.modify(replaceState(dn, 'canceled_before_starting'))).code).toBe(0);
    const [canceled] = await tools.entries(dn, '-s', 'base');
    expect(canceled?.first('ds-task-state')).toBe('CANCELED_BEFORE_STARTING');
    expect(canceled?.first('ds-task-completion-time')).toBeDefined();
    expect((await tools.modify(replaceState(dn, CANCEL))).code).toBe(53);
    expect((await tools.delete(dn)).code).toBe(0);
  });

  it('starts when its time has come', async () => {
    const soon = new Date(Date.now() + 1500).toISOString().slice(0, 19).replace(/[-:T]/g, '');
    const entry = await runTask(tools, 'ds-task-snapshot', [`ds-task-scheduled-start-time: ${soon}Z`]);
    expect(entry.first('ds-task-state')).toBe('COMPLETED_SUCCESSFULLY');
    expect(Number(entry.first('ds-task-actual-start-time')?.slice(0, 14))).toBeGreaterThanOrEqual(
      Number(soon),
    );
  });

  it('that runs is canceled, not deleted', async () => {
    const dn = taskDn('running');
    expect((await tools.add(verifySilent('running'))).code).toBe(0);
    await untilTask(tools, dn, (state) => state === 'RUNNING');
    const refused = await tools.delete(dn);
    expect(refused.code).toBe(53);
    expect(refused.stderr).toContain('Cancel it first');
    expect((await tools.modify(replaceState(dn, CANCEL))).code).toBe(0);
    const entry = await untilTask(tools, dn, (state) => state !== 'RUNNING');
    expect(entry.first('ds-task-state')).toBe(CANCEL);
    expect(entry.values('ds-task-log-message').join('\n')).toContain('wants the task to end');
    expect((await tools.delete(dn)).code).toBe(0);
  });

  it('goes when it has ended long enough ago', async () => {
    const entry = await runTask(tools, 'ds-task-snapshot', []);
    const keep = (time: string) =>
      tools.modify(
        `dn: cn=config\nchangetype: modify\nreplace: ds-cfg-task-retention-time\nds-cfg-task-retention-time: ${time}\n`,
      );
    expect((await keep('1 ms')).code).toBe(0);
    await expect.poll(async () => (await tools.search(entry.dn.toString(), '-s', 'base')).code).toBe(32);
    expect((await keep('24 h')).code).toBe(0);
  });
});

describe('a backup', () => {
  it('is one file in the instance, which can be restored', async () => {
    const entry = await runTask(tools, 'ds-task-backup', [
      'ds-task-class-name: org.opends.server.tasks.BackupTask',
      'ds-backup-directory-path: backups/nightly',
      'ds-backup-id: first',
      'ds-task-backup-all: true',
    ]);
    expect(entry.first('ds-task-state'), entry.values('ds-task-log-message').join()).toBe(
      'COMPLETED_SUCCESSFULLY',
    );
    expect(entry.first('ds-task-backup-file')).toBe('backups/nightly/first.tar.gz');
    const octets = await readFile(join(server.folder, 'backups', 'nightly', 'first.tar.gz'));
    const manifest = await verifyBackup([octets]);
    expect([...manifest.files.keys()]).toContain('config/config.ldif');
  });

  it('has no earlier backup in it, and does not take the place of one', async () => {
    const second = await runTask(tools, 'ds-task-backup', []);
    const file = second.first('ds-task-backup-file') ?? '';
    const manifest = await verifyBackup([await readFile(join(server.folder, file))]);
    expect([...manifest.files.keys()].filter((name) => /^(?:backups|tasks)/.test(name))).toEqual([]);
    const again = await runTask(tools, 'ds-task-backup', [
      'ds-backup-directory-path: backups/nightly',
      'ds-backup-id: first',
    ]);
    expect(again.first('ds-task-state')).toBe('STOPPED_BY_ERROR');
  });

  it.each(['/tmp', '..', 'backups/../config', 'config', 'backups/.hidden', '.'])(
    'is not written to %s',
    async (path) => {
      const refused = await tools.add(
        taskLdif('backup', 'ds-task-backup', [`ds-backup-directory-path: ${path}`]),
      );
      expect(refused.code).toBe(19);
      expect(refused.stderr).toContain('ds-backup-directory-path');
    },
  );

  it('is not what cannot be had', async () => {
    expect((await tools.add(taskLdif('backup', 'ds-task-backup', ['ds-backup-id: ../x']))).code).toBe(19);
    expect(
      (await tools.add(taskLdif('backup', 'ds-task-backup', ['ds-task-backup-encrypt: TRUE']))).code,
    ).toBe(53);
  });
});

describe('what is refused', () => {
  const snapshot = (...lines: readonly string[]) => taskLdif('refused', 'ds-task-snapshot', lines);

  it.each<[string, number, string, () => string]>([
    ['a kind that is not there', 53, 'no kind of task', () => snapshot().replace(/.*snapshot\n/, '')],
    [
      'another place',
      53,
      'directly below',
      () => snapshot().replace('cn=Scheduled', 'ds-task-id=x,cn=Scheduled'),
    ],
    ['another name', 64, 'ds-task-id', () => snapshot().replace('dn: ds-task-id', 'dn: ds-task-class-name')],
    ['a start that is no time', 19, '20261224180000Z', () => snapshot('ds-task-scheduled-start-time: soon')],
    ['a state', 19, 'ds-task-state', () => snapshot('ds-task-state: RUNNING')],
    ['what the server says', 19, 'ds-task-log-message', () => snapshot('ds-task-log-message: done')],
    [
      'another class name',
      19,
      'confdit.SnapshotTask',
      () => snapshot('ds-task-class-name: org.example.Task'),
    ],
    ['waiting for another task', 53, 'is not done', () => snapshot('ds-task-dependency-id: other')],
    ['a mail when it ends', 53, 'is not done', () => snapshot('ds-task-notify-on-completion: a@example.com')],
    ['attributes of other kinds', 65, 'ds-task-mail-server', () => snapshot('ds-task-mail-server: cn=a')],
    [
      'a mail server that is not there',
      53,
      'cn=Nobody',
      () =>
        taskLdif('refused', 'ds-task-verify-mail-server', [
          'ds-task-mail-server: cn=Nobody,cn=Mail Servers,cn=config',
        ]),
    ],
  ])('%s', async (_, code, words, ldif) => {
    const refused = await tools.add(ldif());
    expect(refused.code, refused.stderr).toBe(code);
    expect(refused.stderr).toContain(words);
    expect(await tools.entries('cn=tasks', '(ds-task-id=refused)')).toEqual([]);
  });

  it('any change of a task but its end, and of the branches', async () => {
    const dn = taskDn('kept');
    const start = 'ds-task-scheduled-start-time: 20991231235959Z';
    expect((await tools.add(taskLdif('kept', 'ds-task-snapshot', [start]))).code).toBe(0);
    const change = (target: string, lines: string) => `dn: ${target}\nchangetype: ${lines}\n`;
    for (const ldif of [
      replaceState(dn, 'RUNNING'),
      replaceState(dn, 'COMPLETED_SUCCESSFULLY'),
      change(dn, 'modify\nreplace: ds-task-scheduled-start-time\nds-task-scheduled-start-time: 0'),
      change(dn, 'modrdn\nnewrdn: ds-task-id=other\ndeleteoldrdn: 1'),
      change('cn=Scheduled Tasks,cn=tasks', 'delete'),
      change('cn=tasks', 'modify\nadd: description\ndescription: x'),
    ])
      expect((await tools.modify(ldif)).code, ldif).toBe(53);
    expect((await tools.delete(dn)).code).toBe(0);
  });

  it('everything, to those who may not', async () => {
    const reader = [
      'dn: cn=reader,cn=Root DNs,cn=config',
      'objectClass: person',
      'objectClass: ds-cfg-root-dn-user',
      'cn: reader',
      'sn: reader',
      'userPassword: reader-password-1',
      'ds-privilege-name: config-read',
      '',
    ];
    expect((await tools.add(reader.join('\n'))).code).toBe(0);
    const other = new LdapTools(
      { url: server.url, password: 'reader-password-1' },
      'cn=reader,cn=Root DNs,cn=config',
    );
    expect(await other.entries('cn=tasks', '-s', 'base')).toHaveLength(1);
    const refused = await other.add(snapshot());
    expect(refused.code).toBe(50);
    expect(refused.stderr).toContain('config-write');
    const nobody = new LdapTools({ url: server.url, password: '' }, '');
    expect((await nobody.search('cn=tasks')).code).toBe(50);
  });
});
