// Tasks that are scheduled for later run once in a cluster, whatever becomes of the servers.

import { createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServerGroup } from '../support/cluster/server-group.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { endReceivers, SmtpReceiver } from '../support/mail/smtp-receiver.ts';
import { taskDn, taskLdif, untilTask } from '../support/tasks.ts';
import { until } from '../support/until.ts';

const LEADS = 'this server runs the tasks that the servers share';
const RESTS = 'another server may run the tasks that the servers share; this one runs them no longer';
/** Longer than it takes to add a task and to stop its server. */
const DUE_MS = 15_000;
const HAS_ENDED = /^(?:COMPLETED|STOPPED)/;

let group: ServerGroup;
let sink: SmtpReceiver;
/** Accepts connections and never says a word. */
let silent: Server;
const connections: Socket[] = [];

beforeAll(async () => {
  sink = await SmtpReceiver.start({ hideSTARTTLS: true });
  silent = createServer((socket) => void connections.push(socket.on('error', () => {})));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const address = silent.address();
  group = await ServerGroup.start();
  const tools = new LdapTools(group.server(0));
  expect(await tools.add(mailServer('Sink', sink.port))).toMatchObject({ code: 0 });
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  expect(await tools.add(mailServer('Silent', port))).toMatchObject({ code: 0 });
  await group.caughtUp([0, 1, 2]);
});

afterAll(async () => {
  for (const socket of connections) socket.destroy();
  silent.close();
  await endReceivers();
  await group.close();
});

function mailServer(name: string, port: number): string {
  return `dn: cn=${name},cn=Mail Servers,cn=config
objectClass: ds-cfg-mail-server
cn: ${name}
ds-cfg-enabled: true
ds-cfg-smtp-server: 127.0.0.1:${port}
ds-cfg-use-start-tls: false
`;
}

/** A test message some seconds from now, by a mail server. */
function message(id: string, server: string, ...more: readonly string[]): string {
  const at = new Date(Date.now() + DUE_MS).toISOString().slice(0, 19).replace(/[-:T]/g, '');
  return taskLdif(id, 'ds-task-send-test-message', [
    `ds-task-mail-server: cn=${server},cn=Mail Servers,cn=config`,
    'ds-task-mail-sender: confdit@example.com',
    `ds-task-mail-recipient: ${id}@example.com`,
    `ds-task-scheduled-start-time: ${at}Z`,
    ...more,
  ]);
}

/** The index of the server that runs shared tasks, of those with these indexes. */
async function leader(...indexes: readonly number[]): Promise<number> {
  const isLeader = (index: number) => {
    const told = group
      .server(index)
      .logLines()
      .filter(({ msg }) => msg === LEADS || msg === RESTS);
    return told.at(-1)?.msg === LEADS;
  };
  await until(() => indexes.some(isLeader));
  return indexes.find(isLeader) ?? -1;
}

/** How often a message for this task has come. */
function arrived(id: string): number {
  return sink.messages.filter(({ to }) => to.includes(`${id}@example.com`)).length;
}

describe('a task that is scheduled for later', () => {
  it('is shown and cancelled at every server, unless it is bound to one', async () => {
    const [first, second] = [new LdapTools(group.server(0)), new LdapTools(group.server(1))];
    await leader(0, 1, 2);
    await until(async () => (await first.add(message('cancelled', 'Sink'))).code === 0);
    expect(await first.add(message('bound', 'Sink', 'ds-task-this-server-only: TRUE'))).toMatchObject({
      code: 0,
    });
    const ids = async (tools: LdapTools) => {
      const found = await tools.entries('cn=tasks', '-s', 'sub', '(ds-task-id=*)', 'ds-task-id');
      return found.map((entry) => entry.first('ds-task-id')).sort();
    };
    await until(async () => (await ids(second)).includes('cancelled'));
    expect(await ids(second)).toEqual(['cancelled']);
    expect(await ids(first)).toEqual(['bound', 'cancelled']);
    const cancel = `dn: ${taskDn('cancelled')}\nchangetype: modify\nreplace: ds-task-state\nds-task-state: CANCELED_BEFORE_STARTING\n`;
    expect(await second.modify(cancel)).toMatchObject({ code: 0 });
    await untilTask(first, taskDn('cancelled'), (state) => state === 'CANCELED_BEFORE_STARTING');
    await untilTask(first, taskDn('bound'), (state) => HAS_ENDED.test(state));
    expect([arrived('bound'), arrived('cancelled')]).toEqual([1, 0]);
    expect(await first.delete(taskDn('cancelled'))).toMatchObject({ code: 0 });
    await until(async () => (await ids(second)).length === 0);
  });

  it('is run once when the leader is frozen over its time, and goes on later', async () => {
    const frozen = await leader(0, 1, 2);
    const woken = new LdapTools(group.server(frozen));
    const other = new LdapTools(group.server((frozen + 1) % 3));
    expect(await other.add(message('frozen', 'Sink'))).toMatchObject({ code: 0 });
    const { pid } = group.server(frozen);
    process.kill(pid, 'SIGSTOP');
    const entry = await untilTask(other, taskDn('frozen'), (state) => HAS_ENDED.test(state));
    process.kill(pid, 'SIGCONT');
    await untilTask(woken, taskDn('frozen'), (state) => HAS_ENDED.test(state));
    await until(() =>
      group
        .server(frozen)
        .logLines()
        .some(({ msg }) => msg === RESTS),
    );
    // On a slow machine the leader has begun the task before it was frozen: then what became of it is not known, and it is not repeated.
    const isDone = entry.first('ds-task-state') === 'COMPLETED_SUCCESSFULLY';
    expect(arrived('frozen')).toBeLessThanOrEqual(1);
    expect(isDone ? arrived('frozen') : 1).toBe(1);
  });

  it('is run once when the server that took it, and leads, is dead at its time', async () => {
    const dead = await leader(0, 1, 2);
    expect(await new LdapTools(group.server(dead)).add(message('orphan', 'Sink'))).toMatchObject({ code: 0 });
    await group.server(dead).kill();
    const other = new LdapTools(group.server((dead + 1) % 3));
    const entry = await untilTask(other, taskDn('orphan'), (state) => HAS_ENDED.test(state));
    expect(entry.first('ds-task-state')).toBe('COMPLETED_SUCCESSFULLY');
    expect(arrived('orphan')).toBe(1);
    await group.restart(dead);
  });

  it('is told as interrupted and not repeated when its server dies in the middle', async () => {
    const dead = await leader(0, 1, 2);
    const other = new LdapTools(group.server((dead + 1) % 3));
    expect(await other.add(message('middle', 'Silent'))).toMatchObject({ code: 0 });
    await untilTask(other, taskDn('middle'), (state) => state === 'RUNNING');
    await until(() => connections.length === 1);
    await group.server(dead).kill();
    const entry = await untilTask(other, taskDn('middle'), (state) => HAS_ENDED.test(state));
    expect(entry.first('ds-task-state')).toBe('STOPPED_BY_SHUTDOWN');
    expect(entry.values('ds-task-log-message').join()).toContain('Whether it had done its work is not known');
    expect(connections).toHaveLength(1);
  });
});
