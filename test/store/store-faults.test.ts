// A disk that is full, fails, or loses power at any moment: what was acknowledged is there, what was refused is not.

import { describe, expect, it } from 'vitest';
import type { OpenedLdifStore } from '../../src/store/ldif-store.ts';
import type { Commit } from '../../src/store/store.ts';
import { StoreError } from '../../src/store/store-error.ts';
import { type Fault, MemoryFileSystem, systemError } from './memory-file-system.ts';
import { commit, commitsFrom, entry, openStore, shown, temporaryFolder } from './store-support.ts';

/** Fails these operations on the journal. */
function failing(errors: Record<string, string>, octetsFirst?: number): Fault {
  let isFirst = true;
  return (call) => {
    const operation = call.split(' ', 1)[0] ?? '';
    const code = call.includes('/journal/') ? errors[operation] : undefined;
    if (code === undefined) return undefined;
    if (operation === 'write' && isFirst && octetsFirst !== undefined) {
      isFirst = false;
      return octetsFirst;
    }
    throw systemError(code);
  };
}

const dead: Fault = () => {
  throw new Error('the process has stopped');
};

async function failureOf(work: Promise<unknown>): Promise<StoreError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof StoreError)) throw new Error('A StoreError is expected.', { cause: error });
  return error;
}

async function withThree(): Promise<{
  folder: string;
  fileSystem: MemoryFileSystem;
  opened: OpenedLdifStore;
}> {
  const folder = await temporaryFolder();
  const fileSystem = new MemoryFileSystem();
  const opened = await openStore(folder, { fileSystem });
  await opened.store.append(commitsFrom(1, 3));
  return { folder, fileSystem, opened };
}

async function reopened(folder: string, fileSystem: MemoryFileSystem): Promise<OpenedLdifStore> {
  const opened = await openStore(folder, { fileSystem });
  await opened.store.close();
  return opened;
}

describe('a full disk', () => {
  it.each(['ENOSPC', 'EDQUOT', 'EFBIG'])('(%s) refuses the batch and keeps nothing of it', async (code) => {
    for (const octets of [undefined, 1, 100, 400, 700]) {
      const { folder, fileSystem, opened } = await withThree();
      fileSystem.fault = failing({ write: code }, octets);
      const error = await failureOf(opened.store.append(commitsFrom(4, 6)));
      expect(error.isFinal).toBe(false);
      expect(error.message).toContain(`${folder}/journal/journal-000000000001.ldif cannot be written`);
      fileSystem.fault = () => undefined;
      await opened.store.close();
      for (const left of [fileSystem.afterKill(), fileSystem.afterPowerCut()]) {
        const { commits, warnings } = await reopened(folder, left);
        expect([shown(commits), warnings]).toEqual([shown(commitsFrom(1, 3)), []]);
      }
    }
  });

  it('lets the same numbers be used again at once', async () => {
    const { folder, fileSystem, opened } = await withThree();
    fileSystem.fault = failing({ write: 'ENOSPC' }, 50);
    const full = opened.store.append(commitsFrom(4, 6));
    const behind = opened.store.append([commit(7)]);
    expect((await failureOf(full)).isFinal).toBe(false);
    expect((await failureOf(behind)).message).toContain('change 4 is due');
    fileSystem.fault = () => undefined;
    await opened.store.append([commit(4)]);
    await opened.store.close();
    const { commits, warnings } = await reopened(folder, fileSystem.afterPowerCut());
    expect([shown(commits), warnings]).toEqual([shown(commitsFrom(1, 4)), []]);
  });

  it('stops a snapshot and nothing else', async () => {
    const { folder, fileSystem, opened } = await withThree();
    fileSystem.fault = (call) => {
      if (call.startsWith('write') && call.endsWith('config.ldif.tmp')) throw systemError('ENOSPC');
      return undefined;
    };
    const error = await failureOf(opened.store.snapshot([entry('A')], 3));
    expect(error.message).toBe(
      `The file ${folder}/config.ldif cannot be written: the disk is full; free some space.`,
    );
    await opened.store.append([commit(4)]);
    expect(fileSystem.paths.filter((path) => path.endsWith('.tmp'))).toEqual([]);
    fileSystem.fault = () => undefined;
    await opened.store.snapshot([entry('B')], 4);
    await opened.store.close();
    const { entries, commits } = await reopened(folder, fileSystem.afterPowerCut());
    expect([shown(entries), commits]).toEqual([shown([entry('B')]), []]);
  });

  it('that allows no new journal file leaves the old one in use', async () => {
    const { folder, fileSystem, opened } = await withThree();
    for (const operation of ['open', 'write', 'sync', 'syncFolder', 'close']) {
      fileSystem.fault = (call) => {
        const isNew = call.includes('journal-000000000004') || call === `syncFolder ${folder}/journal`;
        if (isNew && call.startsWith(`${operation} `)) throw systemError('ENOSPC');
        return undefined;
      };
      expect((await failureOf(opened.store.snapshot([entry('A')], 3))).isFinal).toBe(false);
    }
    fileSystem.fault = () => undefined;
    await opened.store.append([commit(4)]);
    await opened.store.close();
    const { commits, warnings } = await reopened(folder, fileSystem.afterPowerCut());
    expect(shown(commits)).toEqual(shown(commitsFrom(1, 4)));
    expect(warnings.every((warning) => warning.includes('never used'))).toBe(true);
  });
});

describe('a disk that fails', () => {
  it.each([
    ['a write', { write: 'EIO' }, undefined],
    ['a write to what has become read-only', { write: 'EROFS' }, undefined],
    ['a write half-way', { write: 'EIO' }, 300],
    ['a sync after a full disk', { write: 'ENOSPC', sync: 'EIO' }, 100],
    ['a truncate after a full disk', { write: 'ENOSPC', truncate: 'EIO' }, 300],
    ['a truncate after a failed write', { write: 'EIO', truncate: 'EIO' }, 100],
  ])('in %s is final', async (_, errors, octets) => {
    const { folder, fileSystem, opened } = await withThree();
    fileSystem.fault = failing(errors, octets);
    const error = await failureOf(opened.store.append(commitsFrom(4, 6)));
    expect(error.isFinal).toBe(true);
    expect(error.message).toContain('could not be written or synced');
    fileSystem.fault = () => undefined;
    const count = fileSystem.calls.length;
    expect(await failureOf(opened.store.append([commit(4)]))).toBe(error);
    expect(await failureOf(opened.store.snapshot([], 3))).toBe(error);
    expect(opened.store.failure).toBe(error);
    expect(fileSystem.calls.length).toBe(count);
    await opened.store.close();
    const { commits } = await reopened(folder, fileSystem.afterKill());
    expect(shown(commits)).toEqual(shown(commitsFrom(1, 3)));
  });

  it('while old journal files are removed is only worth a warning', async () => {
    const folder = await temporaryFolder();
    const fileSystem = new MemoryFileSystem();
    const warnings: string[] = [];
    const { store } = await openStore(folder, {
      fileSystem,
      log: { warn: (text) => warnings.push(text), error: () => undefined },
    });
    await store.append([commit(1)]);
    fileSystem.fault = failing({ remove: 'EIO' });
    await store.snapshot([entry('A')], 1);
    fileSystem.fault = () => undefined;
    expect(warnings).toEqual([expect.stringContaining('cannot be removed')]);
    await store.append([commit(2)]);
    await store.snapshot([entry('B')], 2);
    expect(fileSystem.paths.filter((path) => path.includes('/journal/'))).toEqual([
      `${folder}/journal/journal-000000000003.ldif`,
    ]);
  });

  it.each([
    ['makeFolder', 'EACCES', 'cannot be made: permission is denied'],
    ['open', 'EACCES', 'permission is denied'],
    ['read', 'EIO', 'input/output error'],
    ['list', 'EACCES', 'permission is denied'],
    ['remove', 'EROFS', 'read-only'],
  ])(
    'in %s when a store is opened gives a sentence, and leaves the folder free',
    async (operation, code, text) => {
      const { folder, fileSystem, opened } = await withThree();
      await opened.store.close();
      fileSystem.fault = (call) => {
        if (call.startsWith(`${operation} `)) throw systemError(code);
        return undefined;
      };
      const error = await failureOf(openStore(folder, { fileSystem }));
      expect(error.message).toContain(folder);
      expect(error.message).toContain(text);
      fileSystem.fault = () => undefined;
      expect((await reopened(folder, fileSystem)).commits).toHaveLength(3);
    },
  );
});

interface Run {
  readonly acknowledged: readonly Commit[];
  readonly fileSystem: MemoryFileSystem;
}

/** A life of a store that ends at call `stop`, in which that call may still have its effect in part. */
async function liveUntil(folder: string, stop: number, octetsOfLastWrite: number): Promise<Run> {
  const fileSystem = new MemoryFileSystem();
  const acknowledged: Commit[] = [];
  fileSystem.fault = (call, index) => {
    if (index === stop && call.startsWith('write') && octetsOfLastWrite > 0) return octetsOfLastWrite;
    return index >= stop ? dead(call, index) : undefined;
  };
  const append = async (opened: OpenedLdifStore, commits: Commit[]): Promise<void> => {
    await opened.store.append(commits);
    acknowledged.push(...commits);
  };
  let opened: OpenedLdifStore | undefined;
  try {
    opened = await openStore(folder, { fileSystem });
    await append(opened, [commit(1)]);
    await append(opened, commitsFrom(2, 4));
    await Promise.all([opened.store.snapshot([entry('S4')], 4), append(opened, [commit(5)])]);
    await append(opened, commitsFrom(6, 7));
    await opened.store.snapshot([entry('S7')], 7);
    await append(opened, [commit(8)]);
  } catch (error) {
    if (fileSystem.calls.length <= stop) throw error;
  }
  await opened?.store.close().catch(() => undefined);
  return { acknowledged, fileSystem };
}

describe('a stop between any two calls of an open', () => {
  it('that cuts off what was torn loses nothing, and the next open goes on', async () => {
    const { folder, fileSystem, opened } = await withThree();
    await opened.store.append([commit(4)]);
    await opened.store.close();
    const path = `${folder}/journal/journal-000000000001.ldif`;
    const torn = fileSystem.octets(path).subarray(0, -10);
    fileSystem.put(path, torn);
    const calls = async (stop: number) => {
      const left = fileSystem.afterPowerCut();
      left.fault = (call, index) => (index >= stop ? dead(call, index) : undefined);
      await openStore(folder, { fileSystem: left })
        .then(({ store }) => store.close())
        .catch(() => undefined);
      return left;
    };
    const count = (await calls(Number.POSITIVE_INFINITY)).calls.length;
    expect(count).toBeGreaterThan(15);
    for (let stop = 0; stop <= count; stop++) {
      const left = await calls(stop);
      for (const after of [left.afterKill(), left.afterPowerCut()]) {
        const { commits } = await reopened(folder, after);
        expect(shown(commits)).toEqual(shown(commitsFrom(1, 3)));
        const kept = after.paths.filter((name) => name.includes('.torn-')).map((name) => after.text(name));
        expect(kept).toContain(torn.toString('latin1').slice(torn.lastIndexOf('# change 4')));
      }
    }
  });
});

describe('a stop between any two calls', () => {
  it.each([
    ['by kill -9', 0, (fileSystem: MemoryFileSystem) => fileSystem.afterKill()],
    ['by kill -9 in the middle of a write', 60, (fileSystem: MemoryFileSystem) => fileSystem.afterKill()],
    ['by a power cut', 0, (fileSystem: MemoryFileSystem) => fileSystem.afterPowerCut()],
    [
      'by a power cut in the middle of a write',
      60,
      (fileSystem: MemoryFileSystem) => fileSystem.afterPowerCut(),
    ],
  ])('%s loses no acknowledged commit and invents none', async (_, octets, after) => {
    const folder = await temporaryFolder();
    const calls = (await liveUntil(folder, Number.POSITIVE_INFINITY, 0)).fileSystem.calls.length;
    expect(calls).toBeGreaterThan(50);
    for (let stop = 0; stop <= calls; stop++) {
      const { acknowledged, fileSystem } = await liveUntil(folder, stop, octets);
      const { entries, snapshotNumber, commits, edited } = await reopened(folder, after(fileSystem));
      expect(shown(entries)).toEqual(snapshotNumber === 0 ? [] : shown([entry(`S${snapshotNumber}`)]));
      expect(shown(commits)).toEqual(shown(commitsFrom(snapshotNumber + 1, snapshotNumber + commits.length)));
      expect([snapshotNumber + commits.length, edited]).toEqual([acknowledged.length, undefined]);
    }
  });
});
