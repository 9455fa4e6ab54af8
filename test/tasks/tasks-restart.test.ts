// Tasks over the end of a server: what was under way is told, what waits goes on waiting, and what cannot be read any
// more keeps no server from starting.

import { readdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LdapTools } from '../support/ldap-tools.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { taskDn, taskLdif, untilTask } from '../support/tasks.ts';

let silent: Server;
let server: RunningServer;

beforeAll(async () => {
  silent = createServer();
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  server = await startServer();
});

afterAll(() => void silent.close());

async function startVerifying(id: string): Promise<void> {
  const tools = new LdapTools(server);
  const lines = ['ds-task-mail-server: cn=Silent,cn=Mail Servers,cn=config'];
  const added = await tools.add(taskLdif(id, 'ds-task-verify-mail-server', lines));
  expect(added.code, added.stderr).toBe(0);
  await untilTask(tools, taskDn(id), (state) => state === 'RUNNING');
}

async function startAgain(): Promise<LdapTools> {
  server = await startServer({ folder: server.folder });
  return new LdapTools({ url: server.url, password: server.password });
}

it('a task that runs when the server is killed was interrupted; one that waits goes on waiting', async () => {
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
  const start = 'ds-task-scheduled-start-time: 20991231235959Z';
  const before = new LdapTools(server);
  expect((await before.add(ldif.join('\n'))).code).toBe(0);
  expect((await before.add(taskLdif('waits', 'ds-task-snapshot', [start]))).code).toBe(0);
  await startVerifying('killed');
  await server.kill();
  const tools = await startAgain();
  const [killed] = await tools.entries(taskDn('killed'), '-s', 'base');
  expect(killed?.first('ds-task-state')).toBe('STOPPED_BY_SHUTDOWN');
  expect(killed?.values('ds-task-log-message').at(-1)).toContain('interrupted');
  expect(killed?.first('ds-task-completion-time')).toBeDefined();
  const [waits] = await tools.entries(taskDn('waits'), '-s', 'base');
  expect(waits?.first('ds-task-state')).toBe('WAITING_ON_START_TIME');
});

it('a task that runs when the server stops is ended, and says so', async () => {
  await startVerifying('stopped');
  expect(await server.stop()).toMatchObject({ code: 0 });
  const tools = await startAgain();
  const [stopped] = await tools.entries(taskDn('stopped'), '-s', 'base');
  expect(stopped?.first('ds-task-state')).toBe('STOPPED_BY_SHUTDOWN');
  expect(stopped?.values('ds-task-log-message').join('\n')).toContain('The server is stopping.');
});

it('a folder that cannot be read is put aside', async () => {
  await server.stop();
  await writeFile(join(server.folder, 'tasks', 'config.ldif'), 'no LDIF at all\n');
  const tools = await startAgain();
  expect(await tools.entries('cn=tasks', '-s', 'sub', '(objectClass=ds-task)')).toEqual([]);
  const names = await readdir(server.folder);
  expect(names.filter((name) => name.startsWith('tasks.unreadable-'))).toHaveLength(1);
});
