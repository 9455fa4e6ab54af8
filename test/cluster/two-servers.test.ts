// Several write paths on one log: whatever comes at once and however the log fails, all of them end as one tree does to which
// the log is applied.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ANONYMOUS } from '../../src/backend/backend.ts';
import { LogError } from '../../src/cluster/cluster-log.ts';
import { repeat } from '../../src/configuration/write/staging.ts';
import type { Change } from '../../src/ldap/change.ts';
import { LdapError } from '../../src/ldap/ldap-error.ts';
import type { MemoryTree } from '../../src/memory/memory-tree.ts';
import { moveOf, peopleTree, SUFFIX } from '../directory/people.ts';
import {
  add,
  allCaughtUp,
  CODE,
  Copy,
  describeAs,
  dnOf,
  newLog,
  open,
  RECORDS,
} from '../support/cluster/log-servers.ts';
import type { Failure, MemoryLog, SharedLog } from '../support/cluster/memory-log.ts';
import { until } from '../support/until.ts';

/** Everything that readers see, operational attributes included. */
function contentOf({ tree }: MemoryTree): readonly string[] {
  return [...tree.entries()]
    .map(
      ({ dn, attributes }) => `${dn} ${attributes.map((one) => `${one.key}=${one.values.join('|')}`).sort()}`,
    )
    .sort();
}

/** The tree that the log itself comes to. */
function oracle(shared: SharedLog): readonly string[] {
  const entries = peopleTree();
  let code = CODE;
  for (const record of shared.records) {
    repeat(entries, [RECORDS.read(record, code)]);
    code = record.code;
  }
  return contentOf(entries);
}

const NAMES = ['one', 'two', 'three', 'four'];
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.constantFrom(...NAMES).map(add),
  fc.constantFrom(...NAMES).map((name): Change => ({ type: 'delete', dn: dnOf(name) })),
  fc
    .tuple(fc.constantFrom(...NAMES), fc.string({ minLength: 1, unit: 'grapheme' }))
    .map(([name, text]) => describeAs(name, text)),
  fc
    .tuple(fc.constantFrom(...NAMES), fc.constantFrom(...NAMES))
    .map(([name, other]) => moveOf(`ou=${name},${SUFFIX}`, { rdn: `ou=${other}` })),
);
const failure: fc.Arbitrary<Failure> = fc.constantFrom('none', 'none', 'none', 'lost', 'stored', 'away');
const work = fc.array(fc.record({ server: fc.nat(2), change, isApart: fc.boolean() }), { maxLength: 40 });

describe('servers that share a log', () => {
  it('all end as one tree does that the log is applied to, and tell each commit once, in order', async () => {
    const failures = fc.array(failure, { maxLength: 12 });
    const run = async (
      steps: typeof work extends fc.Arbitrary<infer T> ? T : never,
      ways: readonly Failure[][],
    ) => {
      const shared = newLog();
      const servers = ways.map((failures) => open(shared, { failures }));
      const asked: Promise<unknown>[] = [];
      const outcomes = new Map<number, Change>();
      for (const { server, change: wanted, isApart } of steps) {
        const written = servers[server]?.writePath.submit(wanted, ANONYMOUS);
        if (written === undefined) continue;
        const done = written.then(
          ({ number }) => void (number !== undefined && outcomes.set(number, wanted)),
          (error: unknown) => {
            if (!(error instanceof LdapError)) throw error;
          },
        );
        asked.push(done);
        if (isApart) await done;
      }
      await Promise.all(asked);
      await allCaughtUp(servers, shared);
      const expected = oracle(shared);
      for (const { entries, told, local, stopped } of servers) {
        expect(stopped).toEqual([]);
        expect(contentOf(entries)).toEqual(expected);
        expect(told).toEqual(shared.records.map(({ number }) => number));
        expect(local.commits.map(({ number }) => number)).toEqual(told);
      }
      // Each commit was taken by one server.
      const taken = servers.flatMap(({ own }) => own).sort((one, other) => one - other);
      expect(taken).toEqual(shared.records.map(({ number }) => number));
      // What was acknowledged is in the log under its number.
      for (const [number, { type }] of outcomes)
        expect(shared.records[number - 1]?.text).toContain(type === 'modifyDn' ? 'modrdn' : type);
      for (const { store } of servers) await store.close();
    };
    const ways = fc.tuple(failures, failures, failures);
    await fc.assert(fc.asyncProperty(work, ways, run), { numRuns: 150 });
  }, 120_000);

  it('makes a change on top of what another server has stored first', async () => {
    const shared = newLog();
    const [here, there] = [open(shared), open(shared)];
    const both = await Promise.all([
      here.writePath.submit(add('one'), ANONYMOUS),
      there.writePath.submit(add('two'), ANONYMOUS),
    ]);
    expect(both.map(({ number }) => number).sort()).toEqual([1, 2]);
    await allCaughtUp([here, there], shared);
    expect(contentOf(here.entries)).toEqual(contentOf(there.entries));
  });

  it('refuses what another server has made impossible, as that one would', async () => {
    const shared = newLog();
    const [here, there] = [open(shared), open(shared)];
    const both = await Promise.allSettled([
      here.writePath.submit(add('one'), ANONYMOUS),
      there.writePath.submit(add('one'), ANONYMOUS),
    ]);
    const refused = both.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []));
    expect(refused).toEqual([68]);
  });

  it('refuses a change as busy when others were first too often', async () => {
    const shared = newLog();
    const here = open(shared);
    let count = 0;
    const { log } = here;
    log.append = async (seen) => {
      count += 1;
      const commit = {
        number: seen.number + 1,
        at: new Date(0),
        by: 'cn=other',
        changes: [add(`unit ${count}`)],
      };
      const id = `00000000-0000-4000-8000-${String(count).padStart(12, '0')}`;
      shared.push(seen, RECORDS.format([{ ...commit, id }], seen.code));
      return 'overtaken';
    };
    await expect(here.writePath.submit(add('one'), ANONYMOUS)).rejects.toMatchObject({ code: 51 });
    expect(count).toBe(8);
  });

  it('refuses changes at once while etcd is away, with the reason, and goes on when it is back', async () => {
    const shared = newLog();
    const here = open(shared);
    here.log.cut('unavailable');
    const refused = here.writePath.submit(add('one'), ANONYMOUS);
    await expect(refused).rejects.toMatchObject({
      code: 52,
      message: expect.stringContaining('The log is unavailable.'),
    });
    here.log.heal();
    expect(await here.writePath.submit(add('one'), ANONYMOUS)).toMatchObject({ number: 1 });
  });

  it('says that it is not known whether a change is stored, and shows it when it is', async () => {
    const shared = newLog();
    const here = open(shared, { failures: ['stored'] });
    const refused = here.writePath.submit(add('one'), ANONYMOUS);
    await expect(refused).rejects.toMatchObject({
      code: 52,
      message: expect.stringMatching(/^It is not known/),
    });
    await allCaughtUp([here], shared);
    expect(contentOf(here.entries)).toEqual(oracle(shared));
    expect(here.told).toEqual([1]);
  });
});

describe('what passes', () => {
  it('keeps nothing from being made that has arrived', async () => {
    const shared = newLog();
    await open(shared).writePath.submit(add('one'), ANONYMOUS);
    const before = (log: MemoryLog) => {
      const { head } = log;
      let count = 0;
      log.head = () => {
        count += 1;
        return count > 2 ? head.call(log) : Promise.reject(new LogError('unavailable', 'etcd is away.'));
      };
    };
    const there = open(shared, { code: undefined, before });
    await allCaughtUp([there], shared);
    expect(contentOf(there.entries)).toEqual(oracle(shared));
  });

  it('refuses a change that is too large alone, and makes those that came with it', async () => {
    const shared = newLog();
    const here = open(shared);
    const { append } = here.log;
    here.log.append = (seen, records) =>
      records.some(({ text }) => text.includes('large')) || records.length > 6
        ? Promise.reject(new LogError('too-large', 'A change of 101 MiB is too large.'))
        : append.call(here.log, seen, records);
    const names = ['one', 'large', ...NAMES.slice(1), 'five', 'six', 'one'];
    const all = await Promise.allSettled(names.map((name) => here.writePath.submit(add(name), ANONYMOUS)));
    const codes = all.map((one) => (one.status === 'rejected' ? one.reason.code : 0));
    expect(codes).toEqual([0, 52, 0, 0, 0, 0, 0, 68]);
    const [, large] = all;
    expect(large).toMatchObject({
      reason: { message: expect.stringContaining('nothing has changed: A change of 101 MiB is too large.') },
    });
    await allCaughtUp([here], shared);
    expect(contentOf(here.entries)).toEqual(oracle(shared));
    expect(here.stopped).toEqual([]);
  });

  it('makes space once when the log has none, and goes on when it has some again', async () => {
    const shared = newLog();
    const here = open(shared);
    for (const name of ['one', 'two']) await here.writePath.submit(add(name), ANONYMOUS);
    await here.writePath.snapshot();
    shared.isFull = true;
    for (const name of ['three', 'four'])
      await expect(here.writePath.submit(add(name), ANONYMOUS)).rejects.toMatchObject({ code: 52 });
    await until(() => here.full.length > 0);
    expect(here.full).toEqual([expect.stringContaining('The changes up to 2 were deleted')]);
    expect(shared.records).toEqual([]);
    shared.isFull = false;
    expect(await here.writePath.submit(add('three'), ANONYMOUS)).toMatchObject({ number: 3 });
  });

  it('refuses one change alone, such as one that etcd refuses', async () => {
    const shared = newLog();
    const here = open(shared);
    const { append } = here.log;
    here.log.append = () => Promise.reject(new LogError('refused', 'A change of 99 MiB is too large.'));
    const refused = here.writePath.submit(add('one'), ANONYMOUS);
    await expect(refused).rejects.toMatchObject({
      code: 52,
      message: expect.stringContaining('nothing has changed: A change of 99 MiB is too large.'),
    });
    here.log.append = append;
    expect(await here.writePath.submit(add('one'), ANONYMOUS)).toMatchObject({ number: 1 });
    expect(here.stopped).toEqual([]);
  });

  it('and refuses to tell of new changes is reported once, and asked again', async () => {
    const shared = newLog();
    const before = (log: MemoryLog) => {
      const { follow } = log;
      let count = 0;
      log.follow = (...given) => {
        count += 1;
        if (count < 3) throw new LogError('refused', 'etcd refuses the login.');
        return follow.apply(log, given);
      };
    };
    const there = open(shared, { before });
    await open(shared).writePath.submit(add('one'), ANONYMOUS);
    await allCaughtUp([there], shared);
    expect(there).toMatchObject({ stopped: [], notFollowed: ['etcd refuses the login.'] });
  });
});

describe('a server with a past', () => {
  /** A copy with one commit, and how it is opened. */
  async function oneCommit(id: string) {
    const local = new Copy();
    const commit = { number: 1, at: new Date(0), by: 'cn=somebody', id, changes: [add('one')] };
    await local.append([commit]);
    return { local, code: undefined, lastId: () => id };
  }

  it('follows no further if it is another one than that of the log', async () => {
    const shared = newLog();
    const here = open(shared);
    for (const name of ['two', 'three']) await here.writePath.submit(add(name), ANONYMOUS);
    const other = await oneCommit('00000000-0000-4000-8000-000000000001');
    const there = open(shared, other);
    await until(() => there.stopped.length > 0);
    expect(there.stopped).toEqual([expect.stringContaining('does not have change 1 as this server has it')]);
    expect(there.told).toEqual([]);
    await expect(there.writePath.submit(add('four'), ANONYMOUS)).rejects.toMatchObject({ code: 52 });
    const own = await oneCommit(shared.records[0]?.id ?? '');
    const back = open(shared, own);
    await allCaughtUp([back], shared);
    expect(back.told).toEqual([2]);
  });

  it('follows no further if the log no longer says, and reads no more of it', async () => {
    const shared = newLog();
    const here = open(shared);
    for (const name of ['one', 'two', 'three']) await here.writePath.submit(add(name), ANONYMOUS);
    let signal: AbortSignal | undefined;
    const before = (log: MemoryLog) => {
      const { follow, read } = log;
      log.follow = (...given) => {
        [, signal] = given;
        return follow.apply(log, given);
      };
      log.read = (from, max) =>
        from > 1
          ? read.call(log, from, max)
          : Promise.reject(new LogError('compacted', 'Change 1 is no longer there.'));
    };
    const there = open(shared, { ...(await oneCommit(shared.records[0]?.id ?? '')), before });
    await until(() => there.stopped.length > 0);
    expect(there.stopped).toEqual([expect.stringContaining('it is not known whether')]);
    expect(signal?.aborted).toBe(true);
  });
});

describe('a record that no server wrote', () => {
  async function withOne(change: (records: SharedLog['records']) => void) {
    const shared = newLog();
    const here = open(shared);
    for (const name of NAMES) await here.writePath.submit(add(name), ANONYMOUS);
    change(shared.records);
    const there = open(shared);
    await until(() => there.stopped.length > 0);
    await expect(there.writePath.submit(add('five'), ANONYMOUS)).rejects.toMatchObject({ code: 52 });
    return there;
  }

  it('stops the server when it was changed', async () => {
    const there = await withOne((records) => {
      const [, second] = records;
      if (second !== undefined) records[1] = { ...second, text: second.text.replaceAll('two', 'owt') };
    });
    expect(there.told).toEqual([1]);
    expect(there.stopped).toEqual([
      expect.stringContaining('Change 2 of the cluster does not have the code'),
    ]);
  });

  it('stops the server when it is an earlier one once more', async () => {
    const there = await withOne((records) => {
      const [first] = records;
      if (first !== undefined) records[2] = { ...first, number: 3 };
    });
    expect(there.told).toEqual([1, 2]);
  });

  it('stops the server when one is missing', async () => {
    const there = await withOne((records) => {
      const [, , third, fourth] = records;
      if (third !== undefined) records.splice(1, 3, { ...third, number: 2 }, { ...third, number: 3 });
      if (fourth !== undefined) records.push(fourth);
    });
    expect(there.told).toEqual([1]);
  });
});
