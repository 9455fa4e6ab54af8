// Whose files are trusted: real files of several users, looked at as one of them. Only root can give files away.

import { chmod, chown, mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FileReader } from '../../src/files/file-reader.ts';
import { findUntrusted, findUntrustedNow, type ProcessUser } from '../../src/files/ownership.ts';
import { removeFolder } from '../support/folders.ts';

const OTHER = 4242;
const MINE = 4243;
const FS_GROUP = 4244;
const root: ProcessUser = { id: 0, groups: new Set([0]) };
const me: ProcessUser = { id: MINE, groups: new Set([MINE, FS_GROUP]) };
const isRoot = process.geteuid?.() === 0;

async function place(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'confdit-owner-'));
  onTestFinished(() => removeFolder(folder));
  await mkdir(join(folder, 'keys'));
  await writeFile(join(folder, 'keys', 'store.p12'), 'x');
  await chmod(folder, 0o755);
  return folder;
}

/** What is done to the file or the folders, who looks, and what is found, from the folder on. */
const CASES: readonly (readonly [
  what: string,
  make: (folder: string) => Promise<unknown>,
  user: ProcessUser,
  found: string | undefined,
])[] = [
  ["root's file, for root", async () => {}, root, undefined],
  ["root's file, for another user", async () => {}, me, undefined],
  [
    "another user's file",
    (at) => chown(join(at, 'keys/store.p12'), OTHER, 0),
    root,
    '/keys/store.p12 belongs to user 4242',
  ],
  [
    'a file of its own, for root',
    (at) => chown(join(at, 'keys/store.p12'), MINE, 0),
    root,
    '/keys/store.p12 belongs to user 4243',
  ],
  ['a file of its own', (at) => chown(join(at, 'keys/store.p12'), MINE, 0), me, undefined],
  ['a folder of another user', (at) => chown(join(at, 'keys'), OTHER, 0), me, '/keys belongs to user 4242'],
  ['a folder above of another user', (at) => chown(at, OTHER, 0), me, ' belongs to user 4242'],
  [
    'a file that all may write',
    (at) => chmod(join(at, 'keys/store.p12'), 0o606),
    me,
    '/keys/store.p12 can be written by others',
  ],
  [
    'a folder that all may write',
    (at) => chmod(join(at, 'keys'), 0o777),
    me,
    '/keys can be written by others',
  ],
  ['a folder like /tmp', (at) => chmod(join(at, 'keys'), 0o1777), me, undefined],
  [
    'a file of a group it is not in',
    async (at) => {
      await chown(join(at, 'keys/store.p12'), 0, OTHER);
      await chmod(join(at, 'keys/store.p12'), 0o660);
    },
    me,
    '/keys/store.p12 can be written by group 4242',
  ],
  [
    'a volume of a group it is in',
    async (at) => {
      await chown(join(at, 'keys'), 0, FS_GROUP);
      await chmod(join(at, 'keys'), 0o2770);
    },
    me,
    undefined,
  ],
];

describe.runIf(isRoot)('a file is trusted, or not', () => {
  it.each(CASES)('%s', async (_what, make, user, found) => {
    const folder = await place();
    await make(folder);
    const path = join(folder, 'keys', 'store.p12');
    const untrusted = await findUntrusted(path, user);
    expect(findUntrustedNow(path, user)).toEqual(untrusted);
    if (found === undefined) expect(untrusted).toBe(undefined);
    else expect(`${untrusted?.path} ${untrusted?.problem}`).toContain(folder + found);
  });

  it('what a symbolic link leads to counts, and the way there', async () => {
    const [folder, foreign] = [await place(), await place()];
    await chown(join(foreign, 'keys'), OTHER, OTHER);
    await symlink(foreign, join(folder, 'absolute'));
    await symlink(`../../${foreign.split('/').at(-1)}/keys`, join(folder, 'keys', 'relative'));
    for (const path of [
      'absolute/keys/store.p12',
      'keys/relative/store.p12',
      'keys/../absolute/keys/store.p12',
    ])
      expect((await findUntrusted(join(folder, path), root))?.path).toBe(join(foreign, 'keys'));
  });

  it('links that go in a circle come to an end', async () => {
    const folder = await place();
    await symlink('two', join(folder, 'one'));
    await symlink('one', join(folder, 'two'));
    expect(await findUntrusted(join(folder, 'one'), root)).toBe(undefined);
  });

  it('a reader reads what is trusted, and nothing else', async () => {
    const folder = await place();
    const path = join(folder, 'keys', 'store.p12');
    const files = new FileReader({ user: root });
    expect((await files.read(path, 10)).octets.toString()).toBe('x');
    await chown(path, OTHER, OTHER);
    await expect(files.read(path, 10)).rejects.toThrow(
      `The file ${path} is not read: it belongs to user 4242, who could change what this server reads; it must belong to root. Run: chown 0 ${path}.`,
    );
    await chown(join(folder, 'keys'), OTHER, OTHER);
    await expect(files.list(join(folder, 'keys'))).rejects.toThrow('belongs to user 4242');
  });
});
