// Tasks on a disk that is full or broken: nothing is sent whose start is not stored, nothing is sent twice, an end is an
// end, and whoever cancels is heard. What counts is what a real SMTP server has received.

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { mailServerLdif } from '../mail/mail-servers-in-ldif.ts';
import { DiskFault, type Fault } from '../support/disk/disk-fault.ts';
import { removeFolder } from '../support/folders.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { endReceivers, SmtpReceiver } from '../support/mail/smtp-receiver.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { runTask, taskDn, taskLdif, untilTask } from '../support/tasks.ts';
import { until } from '../support/until.ts';

const JOURNAL = 'tasks/journal/';

let folder: string;
let disk: DiskFault;
let receiver: SmtpReceiver;
let server: RunningServer;
let tools: LdapTools;
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'confdit-faults-'));
  disk = new DiskFault(folder);
  receiver = await SmtpReceiver.start();
  server = await startServer({ environment: disk.environment });
  tools = new LdapTools(server);
  const properties = { 'smtp-server': `127.0.0.1:${receiver.port}`, 'use-start-tls': false };
  expect(await tools.add(mailServerLdif('Receiver', properties))).toMatchObject({ code: 0 });
});

afterEach(() => disk.clear());

afterAll(async () => {
  await endReceivers();
  await removeFolder(folder);
});

async function startAgain(): Promise<void> {
  await disk.clear();
  server = await startServer({ environment: disk.environment, folder: server.folder });
  tools = new LdapTools(server);
}

/** A test message to an address that no other test has. */
function testMessage(): { readonly id: string; readonly ldif: string; received(): number } {
  count += 1;
  const id = `message-${count}`;
  const to = `${id}@example.com`;
  const lines = ['ds-task-mail-sender: confdit@example.com', `ds-task-mail-recipient: ${to}`];
  return {
    id,
    ldif: taskLdif(id, 'ds-task-send-test-message', lines),
    received: () => receiver.messages.filter((message) => message.to.includes(to)).length,
  };
}

const cancelOf = (id: string) =>
  `dn: ${taskDn(id)}\nchangetype: modify\nreplace: ds-task-state\nds-task-state: STOPPED_BY_ADMINISTRATOR\n`;

const stateOf = async (id: string) =>
  (await tools.entries('cn=tasks', `(ds-task-id=${id})`))[0]?.first('ds-task-state');

const isNotStarted = (id: string) =>
  server.waitForLog(({ msg, task }) => task === taskDn(id) && msg.includes('does not run'));

/** What could not be stored before is stored when another task has been added. */
const settle = () => runTask(tools, 'ds-task-snapshot', []);

/** How often what could not be stored was stored later. */
const storedAgain = () =>
  server.logLines().filter(({ msg }) => msg.includes('has become of tasks is stored')).length;

/** The writes that a test message costs: its entry, its start, its end. */
const [AT_START, AT_END] = [1, 2];
const WRITES = 3;

describe('a full disk', () => {
  it.each(['ENOSPC', 'EDQUOT'])('(%s) at any write of a task sends one message or none', async (code) => {
    for (let skip = 0; skip <= WRITES; skip++) {
      const { id, ldif, received } = testMessage();
      await settle();
      await disk.set({ code, path: JOURNAL, calls: ['write'], skip });
      const added = await tools.add(ldif);
      if (skip === 0) {
        expect([added.code, added.stderr]).toEqual([52, expect.stringMatching(/full|quota/)]);
        await disk.clear();
        expect([await stateOf(id), received()]).toEqual([undefined, 0]);
        continue;
      }
      expect(added.code).toBe(0);
      if (skip === AT_START) {
        await isNotStarted(id);
        expect([received(), await stateOf(id)]).toEqual([0, 'WAITING_ON_START_TIME']);
        await disk.clear();
      }
      await untilTask(tools, taskDn(id), (state) => state === 'COMPLETED_SUCCESSFULLY');
      expect(received()).toBe(1);
      await disk.clear();
    }
  });

  it('keeps nobody from cancelling what waits, and has all stored when there is room', async () => {
    const { id, ldif, received } = testMessage();
    await settle();
    await disk.set({ code: 'ENOSPC', path: JOURNAL, calls: ['write'], skip: AT_START });
    expect((await tools.add(ldif)).code).toBe(0);
    await isNotStarted(id);
    const cancelled = await tools.modify(cancelOf(id));
    expect(cancelled.code, cancelled.stderr).toBe(0);
    expect(await stateOf(id)).toBe('CANCELED_BEFORE_STARTING');
    const times = storedAgain();
    await disk.clear();
    await until(() => storedAgain() > times);
    await server.kill();
    const before = receiver.messages.length;
    await startAgain();
    const states = (await tools.entries('cn=tasks', '(objectClass=ds-task-send-test-message)')).map((task) =>
      task.first('ds-task-state'),
    );
    expect(states.toSorted()).toEqual([
      'CANCELED_BEFORE_STARTING',
      ...Array.from({ length: 2 * WRITES }, () => 'COMPLETED_SUCCESSFULLY'),
    ]);
    expect([receiver.messages.length, received()]).toEqual([before, 0]);
  });
});

describe('a broken disk', () => {
  it('that fails once at a start has the task done after a pause, once', async () => {
    const { id, ldif, received } = testMessage();
    await disk.set({ code: 'EIO', path: JOURNAL, calls: ['write'], skip: AT_START, times: 1 });
    expect((await tools.add(ldif)).code).toBe(0);
    await untilTask(tools, taskDn(id), (state) => state === 'COMPLETED_SUCCESSFULLY');
    expect([received(), (await disk.struck()).length > 0]).toEqual([1, true]);
  });

  it('that fails for good at the end of a task does not repeat it, and the next server says what is unclear', async () => {
    const { id, ldif, received } = testMessage();
    await disk.set({
      code: 'EIO',
      path: JOURNAL,
      calls: ['write', 'truncate', 'sync', 'create'],
      skip: AT_END,
    });
    expect((await tools.add(ldif)).code).toBe(0);
    await untilTask(tools, taskDn(id), (state) => state === 'COMPLETED_SUCCESSFULLY');
    const waiting = testMessage();
    expect((await tools.add(waiting.ldif)).code).toBe(52);
    await server.kill();
    await startAgain();
    const [entry] = await tools.entries(taskDn(id), '-s', 'base');
    expect(entry?.first('ds-task-state')).toBe('STOPPED_BY_SHUTDOWN');
    expect(entry?.values('ds-task-log-message').at(-1)).toContain('is not known');
    expect([received(), waiting.received()]).toEqual([1, 0]);
  });

  it('lets a task that runs, and one that waits, be cancelled', async () => {
    const { id, ldif, received } = testMessage();
    await disk.set({ code: 'EIO', path: JOURNAL, calls: ['write', 'truncate', 'sync'], skip: AT_START });
    expect((await tools.add(ldif)).code).toBe(0);
    await isNotStarted(id);
    const cancelled = await tools.modify(cancelOf(id));
    expect([cancelled.code, await stateOf(id)]).toEqual([0, 'CANCELED_BEFORE_STARTING']);
    const times = storedAgain();
    await disk.clear();
    await until(() => storedAgain() > times);
    const hung = 'running-1';
    await disk.set({ code: 'EIO', path: JOURNAL, calls: ['write'], skip: 2 });
    const silent = await SmtpReceiver.start({ onConnect: () => {} });
    const properties = { 'smtp-server': `127.0.0.1:${silent.port}`, 'use-start-tls': false };
    expect(await tools.add(mailServerLdif('Silent', properties))).toMatchObject({ code: 0 });
    const verify = ['ds-task-mail-server: cn=Silent,cn=Mail Servers,cn=config'];
    expect((await tools.add(taskLdif(hung, 'ds-task-verify-mail-server', verify))).code).toBe(0);
    await untilTask(tools, taskDn(hung), (state) => state === 'RUNNING');
    expect((await tools.modify(cancelOf(hung))).code).toBe(0);
    await untilTask(tools, taskDn(hung), (state) => state === 'STOPPED_BY_ADMINISTRATOR');
    expect(received()).toBe(0);
    await server.kill();
    await startAgain();
    expect([await stateOf(id), await stateOf(hung)]).toEqual([
      'CANCELED_BEFORE_STARTING',
      'STOPPED_BY_SHUTDOWN',
    ]);
  });
});

describe('a server that is killed', () => {
  const moments: Fault[] = [0, AT_START, AT_END].flatMap((skip): Fault[] => [
    { code: 'KILL', skip },
    { code: 'KILL-AFTER', skip },
  ]);
  it.each(moments)('at a write of a task (%o) sends its message at most once', async (moment) => {
    const { id, ldif, received } = testMessage();
    await disk.set({ ...moment, path: JOURNAL, calls: ['write'] });
    await tools.add(ldif);
    await until(() => !server.isRunning);
    const sent = received();
    await startAgain();
    if ((await stateOf(id)) === undefined) {
      expect([moment, received()]).toEqual([{ code: 'KILL', skip: 0 }, 0]);
      return;
    }
    const entry = await untilTask(tools, taskDn(id), (state) => /^(?:COMPLETED|STOPPED)/.test(state));
    expect(received()).toBeLessThanOrEqual(1);
    // What was sent is not sent again; where that is not known, it is said.
    if (sent === 1 && entry.first('ds-task-state') !== 'COMPLETED_SUCCESSFULLY')
      expect(entry.values('ds-task-log-message').at(-1)).toContain('is not known');
  });
});
