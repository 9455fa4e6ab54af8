// What an import that stored nothing removes again: what it has made itself, and nothing of anybody else.

import { access, mkdir, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { unlessKept } from '../../src/cli/offline/unkept-instance.ts';
import { removeFolder } from '../support/folders.ts';
import { runProgram } from '../support/ldap-tools.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'confdit-unkept-'));
});
afterEach(() => removeFolder(folder));

async function makeInstance(): Promise<void> {
  for (const name of ['config/keys', 'schema']) await mkdir(join(folder, name), { recursive: true });
  for (const name of ['config/config.ldif', 'config/keys/master.key', 'schema/00-core.ldif'])
    await writeFile(join(folder, name), 'made');
}

const all = async () => (await readdir(folder, { recursive: true })).toSorted();

it('leaves what others write into the same folder meanwhile', async () => {
  await writeFile(join(folder, 'mine'), '');
  await unlessKept(
    folder,
    async () => {
      await makeInstance();
      await mkdir(join(folder, 'others'));
      await writeFile(join(folder, 'others', 'theirs'), '');
    },
    () => false,
  );
  expect(await all()).toEqual(['mine', 'others', 'others/theirs']);
});

it('removes nothing where it could not see what was there before', async () => {
  await mkdir(join(folder, 'config'));
  await writeFile(join(folder, 'config', 'mine'), '');
  // A path that is longer than a path may be cannot be listed.
  const deep =
    'cd "$0"; for i in $(seq 20); do name=$(printf %0250d "$i"); mkdir "$name"; cd -P "$name"; done';
  expect((await runProgram('bash', ['-c', deep, join(folder, 'config')])).code).toBe(0);
  await expect(readdir(folder, { recursive: true, withFileTypes: true })).rejects.toThrow('ENAMETOOLONG');
  const run = async () => {
    expect((await runProgram('bash', ['-c', 'rm -r "$0"/config/0*', folder])).code).toBe(0);
    await makeInstance();
  };
  await unlessKept(folder, run, () => false);
  await access(join(folder, 'config', 'mine'));
});

it('removes the folders above that it has made too', async () => {
  const inner = join(folder, 'a', 'b');
  const run = () => mkdir(join(inner, 'config'), { recursive: true });
  await unlessKept(inner, run, () => false);
  expect(await all()).toEqual([]);
});
