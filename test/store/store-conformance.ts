// What every store must do, whatever it writes to: the promises of src/store/store.ts, one by one.

import { describe, expect, it } from 'vitest';
import type { Change } from '../../src/ldap/change.ts';
import { Dn } from '../../src/ldap/dn.ts';
import type { Store, StoreContents } from '../../src/store/store.ts';
import { StoreError } from '../../src/store/store-error.ts';
import { commit, commitsFrom, entry, shown } from './store-support.ts';

export interface StoreUnderTest {
  /** Opens the store of a place; the same place gives what was stored there. */
  open(place: string): Promise<StoreContents & { readonly store: Store }>;
  newPlace(): Promise<string>;
}

const EVERY_CHANGE: readonly Change[] = [
  { type: 'add', entry: entry('B', { description: ['', ' odd ', 'ä', '\uDCFF\0', 'x'.repeat(500)] }) },
  { type: 'delete', dn: Dn.parse('cn=B\\2C ä,cn=config') },
  {
    type: 'modifyDn',
    dn: Dn.parse('cn=A,cn=config'),
    newRdn: [{ type: 'cn', value: '#C' }],
    deleteOldRdn: false,
    newSuperior: Dn.parse('cn=config'),
  },
];

export function describeStore(name: string, store: StoreUnderTest): void {
  describeAppend(name, store);
  describeSnapshot(name, store);
  describeSnapshotLimits(name, store);
  describeLock(name, store);
}

function describeAppend(name: string, { open, newPlace }: StoreUnderTest): void {
  describe(`${name}: append`, () => {
    it('starts with nothing', async () => {
      const { store, entries, commits, snapshotNumber } = await open(await newPlace());
      expect([entries, commits, snapshotNumber, store.lastNumber]).toEqual([[], [], 0, 0]);
    });

    it('gives back what was appended, in order and to the last octet', async () => {
      const place = await newPlace();
      const first = await open(place);
      const commits = [
        commit(1),
        commit(2, EVERY_CHANGE, 'cn=ä % \n # \uDCFF'),
        commit(3, [], ''),
        commit(4),
      ];
      await first.store.append(commits.slice(0, 1));
      await first.store.append(commits.slice(1));
      await first.store.append([]);
      await first.store.close();
      const second = await open(place);
      expect(shown(second.commits)).toEqual(shown(commits));
      expect(second.warnings).toEqual([]);
      expect(second.store.lastNumber).toBe(4);
    });

    it('goes on where it ended', async () => {
      const place = await newPlace();
      for (let number = 1; number <= 4; number++) {
        const { store } = await open(place);
        await store.append([commit(number)]);
        await store.close();
      }
      expect(shown((await open(place)).commits)).toEqual(shown(commitsFrom(1, 4)));
    });

    it('does overlapping calls one after the other', async () => {
      const place = await newPlace();
      const { store } = await open(place);
      await Promise.all(
        Array.from({ length: 20 }, (_, index) => store.append(commitsFrom(2 * index + 1, 2 * index + 2))),
      );
      await store.close();
      expect(shown((await open(place)).commits)).toEqual(shown(commitsFrom(1, 40)));
    });

    it('refuses a number that is not due and leaves no trace of it', async () => {
      const place = await newPlace();
      const { store } = await open(place);
      await store.append([commit(1)]);
      await expect(store.append([commit(3)])).rejects.toThrow(StoreError);
      await expect(store.append([commit(2), commit(4)])).rejects.toThrow('change 3 is due');
      await expect(store.append([commit(1)])).rejects.toThrow(StoreError);
      await store.append([commit(2)]);
      await store.close();
      expect(shown((await open(place)).commits)).toEqual(shown(commitsFrom(1, 2)));
    });

    it('refuses everything once it is closed', async () => {
      const { store } = await open(await newPlace());
      await store.close();
      await expect(store.append([commit(1)])).rejects.toThrow('closed');
      await store.close();
    });
  });
}

function describeSnapshot(name: string, { open, newPlace }: StoreUnderTest): void {
  describe(`${name}: snapshot`, () => {
    it('is what the next open starts from', async () => {
      const place = await newPlace();
      const { store } = await open(place);
      await store.append(commitsFrom(1, 3));
      expect([store.commitsSinceSnapshot, store.bytesSinceSnapshot > 0]).toEqual([3, true]);
      const entries = [entry('A'), entry('B', { description: ['ä', '\uDCFF'] })];
      await store.snapshot(entries, 3);
      expect([store.commitsSinceSnapshot, store.bytesSinceSnapshot]).toEqual([0, 0]);
      await store.append([commit(4)]);
      await store.close();
      const again = await open(place);
      expect(again.snapshotNumber).toBe(3);
      expect(shown(again.entries)).toEqual(shown(entries));
      expect(shown(again.commits)).toEqual(shown([commit(4)]));
      expect(again.store.commitsSinceSnapshot).toBe(1);
    });

    it('lets commits be appended while it is written', async () => {
      const place = await newPlace();
      const { store } = await open(place);
      await store.append([commit(1)]);
      const entries = Array.from({ length: 5_000 }, (_, index) =>
        entry(`E${index}`, { description: 'x'.repeat(100) }),
      );
      let isWritten = false;
      const written = store.snapshot(entries, 1).then(() => {
        isWritten = true;
      });
      let number = 1;
      while (!isWritten) {
        number += 1;
        await store.append([commit(number)]);
      }
      await written;
      expect(number).toBeGreaterThan(3);
      await store.close();
      const again = await open(place);
      expect(shown(again.entries)).toEqual(shown(entries));
      expect(shown(again.commits)).toEqual(shown(commitsFrom(2, number)));
    });
  });
}

function describeSnapshotLimits(name: string, { open, newPlace }: StoreUnderTest): void {
  describe(`${name}: snapshot under way`, () => {
    it('may be of a state that commits have gone beyond', async () => {
      const place = await newPlace();
      const { store } = await open(place);
      await store.append(commitsFrom(1, 5));
      await store.snapshot([entry('A')], 3);
      expect(store.commitsSinceSnapshot).toBe(2);
      await store.append([commit(6)]);
      await store.snapshot([entry('B')], 5);
      await store.close();
      const again = await open(place);
      expect(shown(again.entries)).toEqual(shown([entry('B')]));
      expect(shown(again.commits)).toEqual(shown([commit(6)]));
    });

    it('can be taken again and again', async () => {
      const place = await newPlace();
      let number = 0;
      for (let round = 0; round < 5; round++) {
        const { store, commits, snapshotNumber } = await open(place);
        expect(snapshotNumber + commits.length).toBe(number);
        await store.append(commitsFrom(number + 1, number + 2));
        await store.snapshot([entry(`R${round}`)], number + 2);
        await store.append([commit(number + 3)]);
        number += 3;
        await store.close();
      }
      const { entries, commits } = await open(place);
      expect(shown(entries)).toEqual(shown([entry('R4')]));
      expect(shown(commits)).toEqual(shown([commit(number)]));
    });

    it('refuses a second one at a time, and a number there is no state of', async () => {
      const { store } = await open(await newPlace());
      await store.append(commitsFrom(1, 2));
      await expect(store.snapshot([], 3)).rejects.toThrow(StoreError);
      const first = store.snapshot([entry('A')], 2);
      await expect(store.snapshot([entry('A')], 2)).rejects.toThrow('already');
      await first;
      await expect(store.snapshot([], 1)).rejects.toThrow(StoreError);
    });
  });
}

function describeLock(name: string, { open, newPlace }: StoreUnderTest): void {
  it(`${name}: one server at a time`, async () => {
    const place = await newPlace();
    const { store } = await open(place);
    await expect(open(place)).rejects.toThrow(`in use by another server, process ${process.pid}`);
    await store.append([commit(1)]);
    await store.close();
    expect((await open(place)).commits).toHaveLength(1);
  });
}
