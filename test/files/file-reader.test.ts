// A file system that never answers holds few readings, and those who come later are told so at once.

import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { FileReader } from '../../src/files/file-reader.ts';
import { hangingDisk } from '../support/disk/hanging-disk.ts';
import { removeFolder } from '../support/folders.ts';

it('a file system that never answers', async ({ skip }) => {
  const disk = await hangingDisk();
  if (disk === undefined) return skip('NOT TESTED: a file system that hangs. Only root may mount one.');
  const folder = await mkdtemp(join(tmpdir(), 'confdit-reader-'));
  onTestFinished(() => removeFolder(folder));
  const good = join(folder, 'good');
  await writeFile(good, 'good');
  const files = new FileReader({ deadlineMs: 100 });
  const [one, two] = [join(disk, 'one'), join(disk, 'two')];
  await expect(files.read(one, 10)).rejects.toThrow(
    `The file ${one} cannot be read: its file system has not answered`,
  );
  expect((await files.read(good, 10)).octets.toString()).toBe('good');
  expect(files.abandoned).toEqual([one]);
  await expect(files.list(two)).rejects.toThrow('has not answered');
  await expect(files.read(good, 10)).rejects.toThrow(`the file systems of ${one} and ${two} do not answer`);
});

it('a process that does other things for longer than the deadline', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'confdit-reader-'));
  onTestFinished(() => removeFolder(folder));
  const file = join(folder, 'file');
  await writeFile(file, 'text');
  const reading = new FileReader({ deadlineMs: 2000 }).read(file, 10);
  // It has begun, and its first answer comes meanwhile.
  await Promise.resolve();
  block(2500);
  expect((await reading).octets.toString()).toBe('text');
});

/** Keeps this thread from everything else. */
function block(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
