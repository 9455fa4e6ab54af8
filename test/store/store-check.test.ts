// What a check finds is named, what a repair does is what was named, and nothing that is taken away is lost.

import { chmod, mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nodeFileSystem } from '../../src/files/file-system.ts';
import { VALUES_AS_STORED } from '../../src/store/encryption/stored-values.ts';
import { KEEP_ALL } from '../../src/store/retention.ts';
import { checkStore, type StoreCheck, type StoreRepair } from '../../src/store/store-check.ts';
import { repairStore } from '../../src/store/store-repair.ts';
import { removeFolder } from '../support/folders.ts';
import { commitsFrom, entry, openStore, temporaryFolder } from './store-support.ts';

const SEGMENTS = [
  'journal-000000000001.ldif',
  'journal-000000000006.ldif',
  'journal-000000000011.ldif',
] as const;

/** Snapshots through 5 and 10, the journal through 13. */
async function instance(): Promise<string> {
  const folder = await temporaryFolder();
  const { store } = await openStore(folder, { retention: KEEP_ALL });
  for (const last of [5, 10]) {
    await store.append(commitsFrom(last - 4, last));
    await store.snapshot([entry(`S${last}`)], last);
  }
  await store.append(commitsFrom(11, 12));
  await store.append(commitsFrom(13, 13));
  await store.close();
  return folder;
}

function check(folder: string): Promise<StoreCheck> {
  return checkStore(nodeFileSystem, folder, VALUES_AS_STORED);
}

async function repaired(folder: string, { problems }: StoreCheck): Promise<string[]> {
  const repairs = problems.flatMap(({ repair }): readonly StoreRepair[] =>
    repair === undefined ? [] : [repair],
  );
  const now = new Date('2026-11-22T10:00:00.000Z');
  const aside = await repairStore(repairs, { fileSystem: nodeFileSystem, folder, now });
  expect((await check(folder)).problems).toEqual([]);
  return aside === undefined ? [] : (await readdir(aside)).sort();
}

async function flip(path: string, at: number): Promise<void> {
  const octets = await readFile(path);
  octets[at] = (octets[at] ?? 0) ^ 1;
  await writeFile(path, octets);
}

async function numbers(folder: string): Promise<number[]> {
  const { store, snapshotNumber, commits } = await openStore(folder);
  await store.close();
  return [snapshotNumber, ...commits.map(({ number }) => number)];
}

describe('a check', () => {
  it('finds nothing where nothing is wrong', async () => {
    const folder = await instance();
    expect(await check(folder)).toEqual({ problems: [], notes: [], snapshotNumber: 10, lastNumber: 13 });
    expect(await repaired(folder, await check(folder))).toEqual([]);
  });

  it('says what a start will do by itself', async () => {
    const folder = await instance();
    const path = join(folder, 'journal', SEGMENTS[2]);
    await truncate(path, (await stat(path)).size - 1);
    await writeFile(
      join(folder, 'config.ldif'),
      `${await readFile(join(folder, 'config.ldif'), 'utf8')}cn: T\n`,
    );
    const { problems, notes } = await check(folder);
    expect([problems, notes]).toEqual([
      [],
      [
        expect.stringContaining('was edited by hand'),
        expect.stringContaining(`Change 13 was being written to ${path}`),
      ],
    ]);
  });

  it('names what others may read or write, and a repair puts it right', async () => {
    const folder = await instance();
    await chmod(join(folder, 'journal'), 0o755);
    await chmod(join(folder, 'journal', SEGMENTS[0]), 0o666);
    const found = await check(folder);
    expect(found.problems.map(({ problem }) => problem)).toEqual([
      expect.stringContaining('can be read by others'),
      expect.stringContaining('can be written by others'),
    ]);
    await repaired(folder, found);
    expect((await stat(join(folder, 'journal', SEGMENTS[0]))).mode & 0o777).toBe(0o600);
  });
});

describe('a damaged journal', () => {
  it('names the record; a repair cuts it and all after it off, and keeps them', async () => {
    const folder = await instance();
    const path = join(folder, 'journal', SEGMENTS[2]);
    const text = await readFile(path, 'latin1');
    await flip(path, text.indexOf('# change 12') + 200);
    const found = await check(folder);
    expect(found.problems).toEqual([expect.objectContaining({ path, number: 12 })]);
    expect(found.problems[0]?.remedy).toContain('change 11 and all after it are discarded');
    expect(await repaired(folder, found)).toEqual([SEGMENTS[2]]);
    // Change 11 was handed over together with change 12.
    expect(await numbers(folder)).toEqual([10]);
  });

  it('of the past costs only history', async () => {
    const folder = await instance();
    await flip(join(folder, 'journal', SEGMENTS[0]), 300);
    const found = await check(folder);
    expect(found.problems[0]?.remedy).toContain('history begins after it');
    expect(await repaired(folder, found)).toEqual([SEGMENTS[0]]);
    expect(await numbers(folder)).toEqual([10, 11, 12, 13]);
  });

  it('with a file missing names the changes', async () => {
    const folder = await instance();
    await rm(join(folder, 'config.ldif'));
    await rm(join(folder, 'archived-configs', 'config-000000000010.ldif.gz'));
    await rm(join(folder, 'journal', SEGMENTS[1]));
    const found = await check(folder);
    expect(found.problems.map(({ problem }) => problem)).toEqual([
      `${join(folder, 'config.ldif')} is missing.`,
      expect.stringContaining('Changes 6 to 10 are missing'),
    ]);
    expect(await repaired(folder, found)).toEqual([SEGMENTS[2]]);
    expect(await numbers(folder)).toEqual([5]);
  });

  it.each([
    ['its last file', (journal: string) => rm(join(journal, SEGMENTS[2]))],
    ['every file', (journal: string) => Promise.all(SEGMENTS.map((name) => rm(join(journal, name))))],
    ['its folder', (journal: string) => removeFolder(journal)],
  ])('without %s is not taken for whole', async (_, damage) => {
    const folder = await instance();
    await damage(join(folder, 'journal'));
    await expect(openStore(folder)).rejects.toThrow('The journal file that held change 11');
    const found = await check(folder);
    expect(found.problems).toEqual([expect.objectContaining({ number: 11 })]);
    expect(found.problems[0]?.remedy).toContain('Restore the file from a backup');
    expect(await repaired(folder, found)).toEqual([]);
    expect(await numbers(folder)).toEqual([10]);
  });

  it.each([
    ['empty', (path: string) => truncate(path, 0)],
    ['cut within its first lines', (path: string) => truncate(path, 40)],
    ['full of zeros', (path: string) => writeFile(path, Buffer.alloc(300))],
    ['a folder', (path: string) => rm(path).then(() => mkdir(path, 0o700))],
    ['of another line end', (path: string) => writeFile(path, 'version: 1\r\n')],
  ])('whose last file is %s has lost what the snapshot had it for', async (_, damage) => {
    const folder = await instance();
    const path = join(folder, 'journal', SEGMENTS[2]);
    await damage(path);
    await expect(openStore(folder)).rejects.toThrow(path.slice(0, -SEGMENTS[2].length - 1));
    const found = await check(folder);
    expect(found.problems).toEqual([expect.objectContaining({ path, number: 11 })]);
    expect(await repaired(folder, found)).toEqual([SEGMENTS[2]]);
    expect(await numbers(folder)).toEqual([10]);
  });

  it('that ends before the snapshot is begun again', async () => {
    const folder = await instance();
    await rm(join(folder, 'journal', SEGMENTS[2]));
    await rm(join(folder, 'journal', SEGMENTS[1]));
    const found = await check(folder);
    expect(found.problems[0]?.problem).toContain('ends with change 5');
    expect(await repaired(folder, found)).toEqual([]);
    expect(await numbers(folder)).toEqual([10]);
  });
});

describe('a config.ldif', () => {
  it.each([
    ['is missing', (path: string) => rm(path)],
    ['has a damaged first line', (path: string) => flip(path, 40)],
    ['is no LDIF', (path: string) => writeFile(path, 'x')],
    ['is empty', (path: string) => truncate(path, 0)],
    ['has nothing but its first line', (path: string) => truncate(path, 170)],
    ['is a folder', (path: string) => rm(path).then(() => mkdir(path, 0o700))],
  ])('that %s comes back from the archive, and loses nothing', async (_, damage) => {
    const folder = await instance();
    const whole = await readFile(join(folder, 'config.ldif'));
    await damage(join(folder, 'config.ldif'));
    await expect(openStore(folder)).rejects.toThrow(join(folder, 'config.ldif'));
    const found = await check(folder);
    expect(found.problems).toHaveLength(1);
    await repaired(folder, found);
    expect(await readFile(join(folder, 'config.ldif'))).toEqual(whole);
    expect(await numbers(folder)).toEqual([10, 11, 12, 13]);
  });

  it('has a damaged archive beside it: that one goes', async () => {
    const folder = await instance();
    const name = 'config-000000000005.ldif.gz';
    await flip(join(folder, 'archived-configs', name), 60);
    expect(await repaired(folder, await check(folder))).toEqual([name]);
    expect(await numbers(folder)).toEqual([10, 11, 12, 13]);
  });
});
