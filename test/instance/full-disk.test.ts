// A server that starts on a disk with no octet free: it serves, refuses changes, and takes them again when there is room.
// And what a first start makes is on disk with its names.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mailServerLdif } from '../mail/mail-servers-in-ldif.ts';
import { DiskFault } from '../support/disk/disk-fault.ts';
import { fill, smallDisk, unmount } from '../support/disk/small-disk.ts';
import { removeFolder } from '../support/folders.ts';
import { LdapTools } from '../support/ldap-tools.ts';
import { type RunningServer, startServer } from '../support/start-server.ts';
import { runTask } from '../support/tasks.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'confdit-faults-'));
});

afterAll(() => removeFolder(folder));

const serverNamed = (name: string) => mailServerLdif(name, { 'smtp-server': 'a.example.com' });

async function names(server: RunningServer): Promise<string[]> {
  const found = await new LdapTools(server).entries('cn=Mail Servers,cn=config', '-s', 'one', '1.1');
  return found.map(({ dn }) => dn.name);
}

async function serves(server: RunningServer, makeRoom: () => Promise<unknown>): Promise<void> {
  const tools = new LdapTools(server);
  expect(await names(server)).toEqual(['Before']);
  // The last page of the journal may have room for a few changes.
  let refused = await tools.add(serverNamed('Small 0'));
  for (let count = 1; refused.code === 0; count++) refused = await tools.add(serverNamed(`Small ${count}`));
  expect([refused.code, refused.stderr]).toEqual([52, expect.stringMatching(/full|quota/)]);
  await makeRoom();
  expect(await tools.add(serverNamed('After'))).toMatchObject({ code: 0, stderr: '' });
  expect((await runTask(tools, 'ds-task-snapshot', [])).first('ds-task-state')).toBe(
    'COMPLETED_SUCCESSFULLY',
  );
  expect(await names(server)).toContain('After');
  await server.stop();
}

describe('a server', () => {
  it('starts and serves on a disk that is full to the last page', async ({ skip }) => {
    const disk = await smallDisk();
    if (disk === undefined) return skip('NOT TESTED: a full disk. Only root may mount a small one.');
    try {
      const first = await startServer({ folder: join(disk, 'instance') });
      expect((await new LdapTools(first).add(serverNamed('Before'))).code).toBe(0);
      await first.kill();
      await fill(disk);
      const server = await startServer({ folder: first.folder });
      await serves(server, () => rm(join(disk, 'filler')));
    } finally {
      await unmount(disk);
    }
  });

  it.each(['ENOSPC', 'EDQUOT'])('starts and serves where nothing can be written (%s)', async (code) => {
    const disk = new DiskFault(folder);
    const first = await startServer();
    expect((await new LdapTools(first).add(serverNamed('Before'))).code).toBe(0);
    await first.kill();
    await disk.set({ code, calls: ['create', 'write', 'mkdir', 'link'] });
    const server = await startServer({ folder: first.folder, environment: disk.environment });
    await serves(server, () => disk.clear());
  });
});

it('every name that a first start makes in the folders of an instance is made durable', async () => {
  const trace = join(folder, 'trace');
  const root = join(folder, 'parent', 'instance');
  const environment = { ...new DiskFault(join(folder, 'none')).environment, CONFDIT_TEST_TRACE: trace };
  const server = await startServer({ folder: root, environment, password: null });
  await server.kill();
  const calls = (await readFile(trace, 'utf8')).trim().split('\n').map(callOf);
  const made = calls.flatMap(({ call, path }, index) =>
    ['mkdir', 'create', 'write', 'rename', 'link'].includes(call) && isKept(path, root)
      ? [{ path, index }]
      : [],
  );
  // What is written to a file that has its name already is for the store to sync.
  const named = made.filter(({ path }, at) => made.findIndex((one) => one.path === path) === at);
  const unsynced = named.filter(
    ({ path, index }) =>
      !calls.slice(index).some((later) => later.call === 'sync' && later.path === dirname(path)),
  );
  const places = new Set(made.map(({ path }) => dirname(path)));
  for (const place of ['..', '.', 'config', 'schema', 'config/keys', 'config/journal'])
    expect(places).toContain(join(root, place));
  expect([...new Set(unsynced.map(({ path }) => path))]).toEqual([]);
});

function callOf(line: string): { readonly call: string; readonly path: string } {
  const space = line.indexOf(' ');
  return { call: line.slice(0, space), path: line.slice(space + 1) };
}

/** Not what has another name in the end, and not what nobody needs after a power cut. */
function isKept(path: string, root: string): boolean {
  return path.startsWith(root) && !/\.(?:copy|tmp|lock)$|startok/.test(path);
}
