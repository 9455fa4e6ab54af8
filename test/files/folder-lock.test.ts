// One server for one folder: real processes, one of them killed.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { lockFolder } from '../../src/files/folder-lock.ts';
import { openStore, temporaryFolder } from '../store/store-support.ts';

const HOLDER = fileURLToPath(new URL('lock-holder.ts', import.meta.url));

async function startHolder(folder: string): Promise<{ child: ChildProcess; said: string }> {
  const child = spawn(process.execPath, [HOLDER, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [said] = await once(child.stdout, 'data');
  return { child, said: String(said).trim() };
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

describe('the lock of a folder', () => {
  it('is held by a living process, and free when that is killed', async () => {
    const folder = await temporaryFolder();
    const { child, said } = await startHolder(folder);
    expect(said).toBe('open');
    await expect(openStore(folder)).rejects.toThrow(
      `The folder ${folder} is in use by another server, process ${child.pid}; stop that one first.`,
    );
    await kill(child);
    expect((await readdir(folder)).filter((name) => name.endsWith('.lock'))).toHaveLength(1);
    const { store } = await openStore(folder);
    expect((await readdir(folder)).filter((name) => name.endsWith('.lock'))).toHaveLength(1);
    expect((await startHolder(folder)).said).toContain(`process ${process.pid}`);
    await store.close();
    expect((await readdir(folder)).sort()).toEqual(['archived-configs', 'config.ldif', 'journal']);
    expect((await startHolder(folder)).said).toBe('open');
  });

  it('is never held by two of many who start at once', async () => {
    const folder = await temporaryFolder();
    await Promise.all([
      writeFile(join(folder, 'server-1-00000000.lock'), ''),
      writeFile(join(folder, 'server-x.lock'), ''),
    ]);
    for (let round = 0; round < 10; round++) {
      const results = await Promise.allSettled(Array.from({ length: 8 }, () => lockFolder(folder)));
      const locks = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      expect(locks.length).toBeLessThanOrEqual(1);
      await Promise.all(locks.map((lock) => lock.release()));
      const lock = await lockFolder(folder);
      await lock.release();
    }
    expect(await readdir(folder)).toEqual(['server-x.lock']);
  });

  it('works where the path is longer than a socket address', async () => {
    const folder = join(await temporaryFolder(), 'long'.repeat(40));
    await mkdir(folder);
    const lock = await lockFolder(folder);
    await expect(lockFolder(folder)).rejects.toThrow('in use');
    await lock.release();
    await (await lockFolder(folder)).release();
    expect(await readdir(folder)).toEqual([]);
  });

  it('of a folder that is not there gives a sentence', async () => {
    const folder = join(await temporaryFolder(), 'absent');
    await expect(lockFolder(folder)).rejects.toThrow(`The folder ${folder} cannot be locked: `);
  });
});
