// What a store remembers beyond its present state: archived configurations, old journal files, and edits by hand.

import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatEntry } from '../../src/codec/ldif-writer.ts';
import { nodeFileSystem } from '../../src/files/file-system.ts';
import { listArchives, readArchive } from '../../src/store/archive.ts';
import { VALUES_AS_STORED } from '../../src/store/encryption/stored-values.ts';
import { listSegments } from '../../src/store/journal-recovery.ts';
import type { OpenedLdifStore } from '../../src/store/ldif-store.ts';
import { removeFolder } from '../support/folders.ts';
import { MemoryFileSystem, systemError } from './memory-file-system.ts';
import { commit, commitsFrom, entry, openStore, shown, temporaryFolder } from './store-support.ts';

const KEEP_YOUNG_ENOUGH = Number.NEGATIVE_INFINITY;

async function kept(folder: string): Promise<unknown> {
  return {
    archives: await listArchives(nodeFileSystem, join(folder, 'archived-configs')),
    segments: await listSegments(nodeFileSystem, join(folder, 'journal')),
  };
}

async function withSnapshots(folder: string, changesMin: number, ageMs: number): Promise<OpenedLdifStore> {
  const opened = await openStore(folder);
  opened.store.retention = { changesMin, ageMs };
  for (const last of [5, 10, 15, 20]) {
    await opened.store.append(commitsFrom(last - 4, last));
    await opened.store.snapshot([entry(`S${last}`)], last);
  }
  return opened;
}

describe('what is kept', () => {
  it.each([
    [
      'everything',
      Number.POSITIVE_INFINITY,
      Number.POSITIVE_INFINITY,
      [0, 5, 10, 15, 20],
      [1, 6, 11, 16, 21],
    ],
    ['what is young', 0, Number.POSITIVE_INFINITY, [0, 5, 10, 15, 20], [1, 6, 11, 16, 21]],
    ['the last 7 changes', 7, KEEP_YOUNG_ENOUGH, [10, 15, 20], [11, 16, 21]],
    ['the last 5 changes', 5, KEEP_YOUNG_ENOUGH, [15, 20], [16, 21]],
    ['nothing but the present', 0, KEEP_YOUNG_ENOUGH, [20], [21]],
  ])('%s', async (_, changesMin, ageMs, archives, segments) => {
    const folder = await temporaryFolder();
    await withSnapshots(folder, changesMin, ageMs);
    expect(await kept(folder)).toEqual({ archives, segments });
  });

  it('in an archive is the snapshot as it was written', async () => {
    const folder = await temporaryFolder();
    await withSnapshots(folder, 100, 0);
    const { entries, number } = await readArchive(
      nodeFileSystem,
      join(folder, 'archived-configs'),
      15,
      VALUES_AS_STORED,
    );
    expect([number, shown(entries)]).toEqual([15, shown([entry('S15')])]);
  });

  it('goes on when an archive cannot be written, with a warning', async () => {
    const folder = await temporaryFolder();
    const fileSystem = new MemoryFileSystem();
    const warnings: string[] = [];
    const log = { warn: (text: string) => warnings.push(text), error: () => undefined };
    const { store } = await openStore(folder, { fileSystem, log });
    await store.append([commit(1)]);
    fileSystem.fault = (call) => {
      if (call.startsWith('write') && call.includes('archived-configs')) throw systemError('ENOSPC');
      return undefined;
    };
    await store.snapshot([entry('A')], 1);
    expect(warnings).toEqual([expect.stringContaining('the disk is full')]);
    expect(fileSystem.paths.filter((path) => path.includes('archived'))).toHaveLength(1);
    fileSystem.fault = () => undefined;
    await store.close();
    const again = await openStore(folder, { fileSystem: fileSystem.afterPowerCut() });
    expect([again.snapshotNumber, again.commits]).toEqual([1, []]);
  });
});

describe('config.ldif edited by hand', () => {
  it('while no server runs is given with what it was before', async () => {
    const folder = await temporaryFolder();
    const first = await openStore(folder);
    await first.store.append([commit(1)]);
    await first.store.snapshot([entry('A')], 1);
    await first.store.append([commit(2)]);
    await first.store.close();
    const path = join(folder, 'config.ldif');
    await writeFile(path, `${await readFile(path, 'utf8')}description: by hand\n`);
    const { entries, edited, commits, warnings } = await openStore(folder);
    expect(shown(entries)).toEqual(shown([entry('A')]));
    expect(shown(edited?.original)).toEqual(shown([entry('A')]));
    expect(shown(edited?.entries)).toEqual(shown([entry('A', { description: 'by hand' })]));
    expect([shown(commits), warnings]).toEqual([shown([commit(2)]), []]);
  });

  it('into another file altogether says what all is to be', async () => {
    const folder = await temporaryFolder();
    const first = await openStore(folder);
    await first.store.append([commit(1)]);
    await first.store.snapshot([entry('A')], 1);
    await first.store.append([commit(2)]);
    await first.store.close();
    await writeFile(join(folder, 'config.ldif'), formatEntry(entry('B')));
    const { entries, edited, commits, isForeign } = await openStore(folder);
    expect([shown(entries), shown(commits)]).toEqual([shown([entry('A')]), shown([commit(2)])]);
    expect([edited?.original, shown(edited?.entries), isForeign]).toEqual([
      undefined,
      shown([entry('B')]),
      true,
    ]);
  });

  it('while the server runs is kept aside and told, and takes no effect', async () => {
    const folder = await temporaryFolder();
    const warnings: string[] = [];
    const log = { warn: (text: string) => warnings.push(text), error: () => undefined };
    const { store } = await openStore(folder, { log });
    const path = join(folder, 'config.ldif');
    await store.append([commit(1)]);
    await writeFile(path, 'dn: cn=config\ncn: precious\n');
    await store.snapshot([entry('A')], 1);
    await store.append([commit(2)]);
    await store.snapshot([entry('A')], 2);
    const [aside, ...others] = (await readdir(folder)).filter((name) => name.includes('manualedit'));
    expect(others).toEqual([]);
    expect(await readFile(join(folder, aside ?? ''), 'utf8')).toBe('dn: cn=config\ncn: precious\n');
    expect(warnings).toEqual([expect.stringContaining(`kept as ${folder}/${aside}`)]);
    await store.close();
    const again = await openStore(folder);
    expect([shown(again.entries), again.edited]).toEqual([shown([entry('A')]), undefined]);
  });
});

describe('what others than the owner may write', () => {
  it.each([
    ...['', 'journal', 'archived-configs', 'config.ldif'],
    ...['journal/journal-000000000001.ldif', 'archived-configs/config-000000000000.ldif.gz'],
  ])('(%j) is refused by name', async (name) => {
    const folder = await temporaryFolder();
    await (await openStore(folder)).store.close();
    const path = join(folder, name);
    await chmod(path, 0o722);
    await expect(openStore(folder)).rejects.toThrow(
      'can be written by others than its owner (its mode is 0722)',
    );
    await expect(openStore(folder)).rejects.toThrow(name.includes('.') ? 'chmod 0600' : 'chmod 0700');
    await chmod(path, 0o700);
    await openStore(folder);
    await removeFolder(join(folder, 'archived-configs'));
  });
});
