// The past as the files tell it, while a store goes on writing them.

import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OctetBudget } from '../../src/directory/octet-budget.ts';
import { VALUES_AS_STORED } from '../../src/store/encryption/stored-values.ts';
import { HistoryReader } from '../../src/store/history-reader.ts';
import { formatJournalRecord } from '../../src/store/journal-record.ts';
import { KEEP_ALL } from '../../src/store/retention.ts';
import type { Commit } from '../../src/store/store.ts';
import { commit, commitsFrom, entry, openStore, setPort, shown, temporaryFolder } from './store-support.ts';

function read(reader: HistoryReader, first: number, last?: number): Commit[] {
  return [...reader.commits(first, last)].filter((one) => one !== undefined);
}

/** Three files, 1 to 20, 21 to 40 and 41 to 60, some commits in batches. */
async function journal(): Promise<string> {
  const folder = await temporaryFolder();
  const { store } = await openStore(folder, { retention: KEEP_ALL });
  for (let number = 1; number <= 60; number += 5) {
    await store.append([commit(number)]);
    await store.append(commitsFrom(number + 1, number + 4));
    if (number % 20 === 16) await store.snapshot([entry('A')], number + 4);
  }
  await store.close();
  return join(folder, 'journal');
}

describe('the past', () => {
  it('is read from any commit to any other, again and again', async () => {
    const reader = new HistoryReader(await journal(), VALUES_AS_STORED);
    expect([reader.firstNumber, reader.lastNumber]).toEqual([1, 60]);
    for (let first = 1; first <= 61; first++) {
      for (const last of [first - 1, first, first + 1, first + 17, 60]) {
        const found = read(reader, first, last);
        expect(shown(found)).toEqual(shown(commitsFrom(first, Math.min(last, 60))));
      }
    }
  });

  it('has what is longer than the pieces it is read by', async () => {
    const folder = await temporaryFolder();
    const { store } = await openStore(folder);
    const long = commit(
      2,
      Array.from({ length: 5_000 }, (_, index) => setPort(index + 1)),
    );
    await store.append([commit(1), long]);
    await store.append([commit(3)]);
    await store.close();
    const reader = new HistoryReader(join(folder, 'journal'), VALUES_AS_STORED);
    expect(shown(read(reader, 1))).toEqual(shown([commit(1), long, commit(3)]));
    expect(shown(read(reader, 3))).toEqual(shown([commit(3)]));
  });

  it('ends where the last whole batch does', async () => {
    const folder = await journal();
    const path = join(folder, 'journal-000000000061.ldif');
    const reader = new HistoryReader(folder, VALUES_AS_STORED);
    const text = commitsFrom(61, 63)
      .map((one) => formatJournalRecord(one, 61, 63))
      .join('');
    for (const part of [text.slice(0, 100), text.slice(100, -1), text.slice(-1)]) {
      expect(reader.lastNumber).toBe(60);
      await appendFile(path, part, 'latin1');
    }
    expect(shown(read(reader, 60))).toEqual(shown(commitsFrom(60, 63)));
  });

  it('is read change by change too, each of which is found again by its place', async () => {
    const folder = await temporaryFolder();
    const { store } = await openStore(folder);
    const long = commit(
      2,
      Array.from({ length: 2_000 }, (_, index) => setPort(index + 1)),
    );
    await store.append([commit(1), long]);
    await store.append([commit(3)]);
    await store.close();
    const reader = new HistoryReader(join(folder, 'journal'), VALUES_AS_STORED);
    const held = new OctetBudget(Number.POSITIVE_INFINITY);
    const found = [...reader.changes(1, 3, held)].filter((one) => one !== undefined);
    expect(shown(found.map(({ change }) => change))).toEqual(
      shown([commit(1), long, commit(3)].flatMap(({ changes }) => changes)),
    );
    expect(found.map(({ place }) => place.index)).toEqual([0, ...long.changes.keys(), 0]);
    expect(held.octets).toBe(0);
    for (const one of [found[0], found[1], found[1000], found[2001]]) {
      if (one === undefined) throw new Error('A change is missing.');
      expect(shown(reader.changeAt(one.place))).toEqual(shown(one));
    }
  });

  it('holds a piece of the journal at a time, and counts what is longer', async () => {
    const folder = await temporaryFolder();
    const { store } = await openStore(folder);
    for (let first = 1; first <= 3000; first += 100) await store.append(commitsFrom(first, first + 99));
    const changes = Array.from({ length: 5_000 }, (_, index) => setPort(index + 1));
    await store.append([commit(3001, changes)]);
    await store.close();
    const reader = new HistoryReader(join(folder, 'journal'), VALUES_AS_STORED);
    const held = new OctetBudget(400_000);
    let most = 0;
    for (const _ of reader.changes(1, 3000, held)) most = Math.max(most, held.octets);
    expect([most > 0, held.octets]).toEqual([true, 0]);
    expect(() => [...reader.changes(1, 3001, held)]).toThrow('hold');
    expect(held.octets).toBe(0);
  });

  it('that is damaged or missing is named', async () => {
    const folder = await journal();
    const path = join(folder, 'journal-000000000021.ldif');
    const text = await readFile(path, 'latin1');
    await writeFile(path, text.replace('# change 30 ', '# change 39 '), 'latin1');
    const reader = new HistoryReader(folder, VALUES_AS_STORED);
    expect(() => read(reader, 1)).toThrow(`of ${path} is damaged`);
    expect(shown(read(reader, 41, 50))).toEqual(shown(commitsFrom(41, 50)));
    await rm(path);
    expect(() => read(reader, 1)).toThrow('Changes 21 to 40 are not in the journal');
    expect(read(new HistoryReader(join(folder, 'absent'), VALUES_AS_STORED), 1)).toEqual([]);
  });
});
