// A disk that is soon full, for what happens then. Only root may mount one.

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeFolder } from '../folders.ts';
import { runProgram } from '../ldap-tools.ts';

/** A file system of half a mebibyte, by its folder; undefined where that cannot be had. */
export async function smallDisk(): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'confdit-disk-'));
  const { code } = await runProgram('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', folder]);
  if (code === 0) return folder;
  await removeFolder(folder);
  return undefined;
}

/** Also when a server still has files open there. */
export async function unmount(disk: string): Promise<void> {
  await runProgram('umount', ['--lazy', disk]);
  await removeFolder(disk);
}

/** Leaves no page free, until the file `filler` is removed. */
export async function fill(disk: string): Promise<void> {
  const { stderr } = await runProgram('dd', ['if=/dev/zero', `of=${join(disk, 'filler')}`, 'bs=4096']);
  if (!stderr.includes('No space left')) throw new Error(`The disk ${disk} could not be filled: ${stderr}`);
}
