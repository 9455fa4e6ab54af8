import { describe, expect, it } from 'vitest';
import { ANONYMOUS } from '../../src/backend/backend.ts';
import { WritePath } from '../../src/configuration/write/write-path.ts';
import type { Change } from '../../src/ldap/change.ts';
import { Dn } from '../../src/ldap/dn.ts';
import { Entry } from '../../src/ldap/entry.ts';
import { MemoryStore } from '../../src/memory/memory-store.ts';
import { Runtime } from '../../src/runtime/runtime.ts';
import type { Commit } from '../../src/store/store.ts';
import { find, peopleTree, SUFFIX } from '../directory/people.ts';

/** A store on which the first append takes as long as the test wants, and ends as it wants. */
class SlowStore extends MemoryStore {
  readonly first = Promise.withResolvers<void>();
  readonly isAsked = Promise.withResolvers<void>();

  override async append(commits: readonly Commit[]): Promise<void> {
    this.isAsked.resolve();
    await this.first.promise;
    await super.append(commits);
  }
}

function open(store: MemoryStore) {
  const entries = peopleTree();
  const options = { store, now: () => new Date(0), log: { warn: () => {} } };
  return { entries, writePath: new WritePath({ target: entries, runtime: new Runtime([]), ...options }) };
}

function dnOf(name: string): Dn {
  return Dn.parse(`ou=${name},${SUFFIX}`);
}

function add(name: string): Change {
  return { type: 'add', entry: Entry.of(dnOf(name), { objectClass: ['organizationalUnit'], ou: name }) };
}

function remove(name: string): Change {
  return { type: 'delete', dn: dnOf(name) };
}

/** A first change that the disk is at work on, and then another one behind it. */
async function behind(first: Change) {
  const store = new SlowStore();
  const opened = open(store);
  const stored = opened.writePath.submit(first, ANONYMOUS);
  stored.catch(() => {});
  await store.isAsked.promise;
  const fail = () => store.first.reject(new Error('the disk is full'));
  return { ...opened, stored, fail, succeed: () => store.first.resolve() };
}

describe('the write path', () => {
  it('numbers its commits one after the other, however many come at once', async () => {
    const { writePath } = open(new MemoryStore());
    const wanted = Array.from({ length: 900 }, (_, index) => index + 1);
    const told: number[] = [];
    writePath.feed.listen({ committed: ({ number }) => told.push(number), failed: () => {} });
    const written = await Promise.all(
      wanted.map((number) => writePath.submit(add(`unit ${number}`), ANONYMOUS)),
    );
    expect(written.map(({ number }) => number)).toEqual(wanted);
    expect(told).toEqual(wanted);
  });

  it('reads ahead what is asked for, and makes the changes when it is their turn only', async () => {
    const read: (readonly Change[])[] = [];
    const { entries, writePath } = open(new MemoryStore());
    Object.assign(entries, { readAhead: (changes: readonly Change[]) => void read.push(changes) });
    const made: string[] = [];
    const step = (change: Change, before?: string) => ({
      asked: [change],
      changes: () => {
        if (made.at(-1) !== before) throw new Error('It is not its turn.');
        made.push(change.type);
        return [change];
      },
    });
    const steps = [step(add('new')), step(remove('new'), 'add')];
    await writePath.submitAll(steps, ANONYMOUS);
    expect(read).toEqual([steps.flatMap(({ asked }) => asked)]);
    expect(made).toEqual(['add', 'delete']);
  });

  it('refuses nothing because of a change that was not stored in the end', async () => {
    const { entries, writePath, stored, fail } = await behind(add('new'));
    const again = writePath.submit(add('new'), ANONYMOUS);
    fail();
    await expect(stored).rejects.toMatchObject({ code: 52 });
    // The disk is still full: what counts is that the entry is not said to be there.
    await expect(again).rejects.toMatchObject({ code: 52 });
    expect(find(entries, dnOf('new').toString())).toBeUndefined();
  });

  it('tells what a stored change makes impossible when it is stored', async () => {
    const { writePath, stored, succeed } = await behind(add('new'));
    const order: string[] = [];
    const again = writePath.submit(add('new'), ANONYMOUS).catch(({ code }) => order.push(`refused ${code}`));
    const known = stored.then(() => order.push('stored'));
    succeed();
    await Promise.all([again, known]);
    expect(order).toEqual(['stored', 'refused 68']);
  });

  it('tries nothing on top of what is not stored', async () => {
    const { writePath, fail } = await behind(add('new'));
    const tried = writePath.try([{ changes: () => [remove('new')] }], ANONYMOUS);
    fail();
    await expect(tried).rejects.toMatchObject({ code: 32 });
  });
});
