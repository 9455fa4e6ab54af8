// A file system that never answers, as that of another machine that is down: FUSE without anybody behind it. Only root may
// mount one.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { runProgram } from '../ldap-tools.ts';

/** Mounts the file system, says so, and keeps it. */
const MOUNT = `
import ctypes, os, sys, time
fd = os.open('/dev/fuse', os.O_RDWR)
options = ('fd=%d,rootmode=40000,user_id=0,group_id=0' % fd).encode()
if ctypes.CDLL(None).mount(b'hanging', sys.argv[1].encode(), b'fuse', 0, options) != 0: sys.exit(1)
print('mounted', flush=True)
time.sleep(100000)
`;

import { removeFolder } from '../folders.ts';

/** The folder of one, until the test ends; undefined where it cannot be had. */
export async function hangingDisk(): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'confdit-hanging-'));
  const child = spawn('python3', ['-c', MOUNT, folder], { stdio: ['ignore', 'pipe', 'ignore'] });
  const isMounted = await Promise.race([
    once(child.stdout, 'data').then(() => true),
    once(child, 'close').then(() => false),
    once(child, 'error').then(() => false),
  ]);
  onTestFinished(() => unmount(child, folder));
  return isMounted ? folder : undefined;
}

/** Whoever waits for it is told that it is gone. */
async function unmount(child: ChildProcess, folder: string): Promise<void> {
  child.kill('SIGKILL');
  await runProgram('umount', ['--lazy', folder]);
  await removeFolder(folder);
}
