// One bit that a disk has turned, at octets all over everything a store keeps: a check finds it, an open does not take it
// for a change that somebody wanted, and whoever reads the past has what was written or an error, never anything else.

import { cp, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeFileSystem } from '../../src/files/file-system.ts';
import { listArchives, readArchive } from '../../src/store/archive.ts';
import { VALUES_AS_STORED } from '../../src/store/encryption/stored-values.ts';
import { HistoryReader } from '../../src/store/history-reader.ts';
import { openLdifStore } from '../../src/store/ldif-store.ts';
import { KEEP_ALL } from '../../src/store/retention.ts';
import { checkStore } from '../../src/store/store-check.ts';
import { StoreError } from '../../src/store/store-error.ts';
import { removeFolder } from '../support/folders.ts';
import { seeded } from '../support/seed.ts';
import { commitsFrom, entry, shown } from './store-support.ts';

let folder: string;
/** Snapshots through 2 and 4, the journal through 6. */
let good: string;

const OPTIONS = {
  log: { warn: () => undefined, error: () => undefined },
  now: () => new Date('2026-11-22T09:00:00.000Z'),
  retention: KEEP_ALL,
  values: VALUES_AS_STORED,
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'confdit-flips-'));
  good = join(folder, 'good');
  const { store } = await openLdifStore({ folder: good, ...OPTIONS });
  for (const last of [2, 4]) {
    await store.append(commitsFrom(last - 1, last));
    await store.snapshot([entry(`S${last}`), entry('Other', { description: 'a text' })], last);
  }
  await store.append(commitsFrom(5, 5));
  await store.append(commitsFrom(6, 6));
  await store.close();
});

afterAll(() => removeFolder(folder));

interface Flipped {
  /** What is flipped, and what is not found anyway. */
  readonly where: string;
  readonly copy: string;
}

/** Every so many octets; each seed begins with another. */
const STEP = 23;
const FIRST = seeded(STEP);

/** A copy of the store with one bit of a file turned, one after the other. */
async function* flips(file: string): AsyncGenerator<Flipped, void> {
  const copy = await mkdtemp(join(folder, 'copy-'));
  await cp(good, copy, { recursive: true });
  const octets = await readFile(join(good, file));
  for (let at = FIRST; at < octets.length; at += STEP) {
    const bit = (at * 7 + FIRST) % 8;
    const flipped = Buffer.from(octets);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
    await writeFile(join(copy, file), flipped, { mode: 0o600 });
    yield { where: `bit ${bit} of octet ${at} of ${file}`, copy };
  }
}

function pastOf(copy: string): string[] {
  return shown(
    [...new HistoryReader(join(copy, 'journal'), VALUES_AS_STORED).commits(1)].filter(
      (one) => one !== undefined,
    ),
  );
}

async function archivesOf(copy: string): Promise<string[]> {
  const archives = join(copy, 'archived-configs');
  const numbers = await listArchives(nodeFileSystem, archives);
  const read = await Promise.all(
    numbers.map((number) => readArchive(nodeFileSystem, archives, number, VALUES_AS_STORED)),
  );
  return read.flatMap(({ entries }) => shown(entries));
}

async function resultOf<T>(work: () => Promise<T> | T): Promise<T | 'refused'> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StoreError) return 'refused';
    throw error;
  }
}

/** Found: a problem, or, of the last change, that it is cut off; an edit is asked about at the start. */
async function isFound(copy: string): Promise<boolean> {
  const { problems, notes } = await checkStore(nodeFileSystem, copy, VALUES_AS_STORED);
  return problems.length > 0 || notes.length > 0;
}

/** Says that a compressed file has the same content in both stores, as gzip reads it. */
async function isSameContent(file: string, copy: string): Promise<boolean> {
  const [here, there] = await Promise.all([readFile(join(good, file)), readFile(join(copy, file))]);
  try {
    return gunzipSync(there).equals(gunzipSync(here));
  } catch {
    return false;
  }
}

describe('a bit that is turned', () => {
  it('in a journal file is found, and the past is as it was or refused', async () => {
    const past = pastOf(good);
    for (const name of (await readdir(join(good, 'journal'))).toSorted()) {
      for await (const { where, copy } of flips(join('journal', name))) {
        expect([where, await isFound(copy)]).toEqual([where, true]);
        const read = await resultOf(() => pastOf(copy));
        if (read !== 'refused') expect([where, read]).toEqual([where, past]);
      }
    }
  });

  it('in an archive is found, or has no effect', async () => {
    const contents = await archivesOf(good);
    for (const name of (await readdir(join(good, 'archived-configs'))).toSorted()) {
      for await (const { where, copy } of flips(join('archived-configs', name))) {
        const read = await resultOf(() => archivesOf(copy));
        if (read !== 'refused') expect([where, read]).toEqual([where, contents]);
        // gzip ignores the time and the flag "is text" of its header, and the padding behind the last block.
        const isWhole = await isSameContent(join('archived-configs', name), copy);
        if (!isWhole) expect([where, await isFound(copy)]).toEqual([where, true]);
      }
    }
  });

  it('in config.ldif is refused, or asked about as an edit of one bit', async () => {
    for await (const { where, copy } of flips('config.ldif')) {
      expect([where, await isFound(copy)]).toEqual([where, true]);
      const opened = await resultOf(() => openLdifStore({ folder: copy, ...OPTIONS }));
      if (opened === 'refused') continue;
      await opened.store.close();
      const isAsked = opened.edited?.flippedOctet !== undefined || opened.isForeign;
      expect([where, isAsked, opened.isUnclear]).toEqual([where, true, false]);
      await cp(good, copy, { recursive: true, force: true });
    }
  });
});
