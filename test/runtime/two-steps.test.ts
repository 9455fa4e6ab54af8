// Changes in two steps, prepare and commit: maps next to a simple model, and components next to what they are asked.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/config/secret.ts';
import { LdapError } from '../../src/ldap/ldap-error.ts';
import type { Component, ObjectDifference, Prepared } from '../../src/runtime/component.ts';
import { digestWith, factsOf } from '../../src/runtime/description.ts';
import { PreparedMap } from '../../src/runtime/prepared-map.ts';
import { renameKeys } from '../../src/runtime/renamed-keys.ts';
import { Runtime } from '../../src/runtime/runtime.ts';

const KEYS = ['a', 'b', 'c'];

describe('a map of prepared values', () => {
  const key = fc.constantFrom(...KEYS);
  const step = fc.oneof(
    fc.record({ type: fc.constant('stage' as const), key, value: fc.option(fc.nat(9), { nil: undefined }) }),
    fc.record({
      type: fc.constant('rename' as const),
      keys: fc.constantFrom<string[][]>(
        [['a', 'b']],
        [
          ['a', 'b'],
          ['b', 'a'],
        ],
        [
          ['a', 'c'],
          ['b', 'a'],
        ],
      ),
    }),
    fc.record({ type: fc.constantFrom('commit' as const, 'abort' as const) }),
  );

  it('is two simple maps, whatever is staged, committed and aborted', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30, size: 'max' }), (steps) => {
        const map = new PreparedMap<number>();
        let committed = new Map<string, number>();
        let prepared = new Map<string, number>();
        let pending: { readonly one: Prepared; readonly after: Map<string, number> }[] = [];
        for (const made of steps) {
          const after = new Map(prepared);
          if (made.type === 'stage') {
            if (made.value === undefined) after.delete(made.key);
            else after.set(made.key, made.value);
            pending.push({ one: map.stage(made.key, made.value), after });
            prepared = after;
          } else if (made.type === 'rename') {
            const keys = new Map(made.keys.map(([from = '', to = '']) => [from, to]));
            for (const from of keys.keys()) after.delete(from);
            for (const [from, to] of keys) {
              const value = prepared.get(from);
              if (value === undefined) after.delete(to);
              else after.set(to, value);
            }
            pending.push({ one: map.rename(keys), after });
            prepared = after;
          } else if (made.type === 'commit') {
            // Changes are committed in the order of their preparation.
            const first = pending.shift();
            first?.one.commit();
            committed = first?.after ?? committed;
          } else {
            // Aborted are the latest ones.
            pending.pop()?.one.abort();
            prepared = pending.at(-1)?.after ?? committed;
          }
          for (const one of KEYS) {
            expect(map.find(one)).toBe(committed.get(one));
            expect(map.findPrepared(one)).toBe(prepared.get(one));
          }
          expect(new Map(map.entries())).toEqual(committed);
          expect([...map.values()].toSorted()).toEqual([...committed.values()].toSorted());
          expect(map.prepared()).toEqual(prepared);
        }
        pending = [];
      }),
    );
  });

  it('and a plain one swap keys', () => {
    const map = new Map([
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ]);
    renameKeys(
      map,
      new Map([
        ['a', 'b'],
        ['b', 'a'],
        ['x', 'c'],
      ]),
    );
    expect(Object.fromEntries(map)).toEqual({ a: 2, b: 1, c: 3 });
  });
});

interface Behaviour {
  readonly kind: string;
  readonly isSlow?: boolean;
  readonly refuses?: (key: string) => unknown;
  readonly reviews?: () => Promise<void> | undefined;
  readonly runs?: boolean | Promise<boolean>;
  readonly judgesAlone?: boolean;
}

/** Returns components that write down what is asked of them. */
function componentsOf(behaviours: readonly Behaviour[]): { all: Component[]; events: string[] } {
  const events: string[] = [];
  const all = behaviours.map(({ kind, isSlow, refuses, reviews, runs, judgesAlone }, number): Component => {
    const told = (what: string): Prepared => {
      events.push(`${what} ${number}`);
      return {
        commit: () => events.push(`commit ${what} ${number}`),
        abort: () => events.push(`abort ${what} ${number}`),
        ...(isSlow ? { settled: async () => events.push(`settle ${what} ${number}`) } : {}),
      };
    };
    const prepare = ({ key }: ObjectDifference) => {
      const error = refuses?.(key);
      if (error !== undefined) throw error;
      return told(`prepare ${key}`);
    };
    return {
      kind,
      ...(judgesAlone === undefined ? {} : { judgesAlone }),
      renamed: (keys) => told(`rename ${[...keys].map((pair) => pair.join('>'))}`),
      announce: ({ key }) => told(`announce ${key}`),
      prepare: isSlow ? async (difference) => prepare(difference) : prepare,
      describe: () => [{ key: `k${number}`, facts: { number } }],
      ...(reviews === undefined ? {} : { review: reviews }),
      ...(runs === undefined ? {} : { runs: () => runs }),
    };
  });
  return { all, events };
}

function difference(
  key: string,
  before: string | undefined,
  after: string | undefined,
  from?: string,
): ObjectDifference {
  return {
    key,
    ...(from === undefined ? {} : { from }),
    kinds: { before, after },
    before: undefined,
    after: undefined,
    written: undefined,
    mentions: () => false,
  };
}

const refusal = (text: string) => new LdapError('unwillingToPerform', text);

describe('the components of a server', () => {
  it('are asked in their order, about objects that were or are of their kind', async () => {
    for (const isSlow of [false, true]) {
      const { all, events } = componentsOf([{ kind: 'x', isSlow }, { kind: 'y' }, { kind: 'x' }]);
      const prepared = await new Runtime(all).prepare([
        difference('1', undefined, 'y'),
        difference('2', 'x', 'x', '0'),
        difference('3', 'y', 'x'),
      ]);
      const made = ['rename 0>2 0', 'rename 0>2 2', 'announce 1 1', 'announce 2 0', 'announce 2 2'].concat(
        ['announce 3 1', 'announce 3 0', 'announce 3 2', 'prepare 2 0', 'prepare 2 2', 'prepare 3 1'],
        ['prepare 3 0', 'prepare 3 2', 'prepare 1 1'],
      );
      expect(events).toEqual(made);
      events.length = 0;
      prepared.commit();
      expect(events).toEqual(made.map((one) => `commit ${one}`));
      events.length = 0;
      const settled = prepared.settled?.();
      expect(settled === undefined).toBe(!isSlow);
      await settled;
      expect(events.length).toBe(isSlow ? made.filter((one) => one.endsWith(' 0')).length : 0);
      events.length = 0;
      prepared.abort();
      expect(events).toEqual(made.toReversed().map((one) => `abort ${one}`));
    }
  });

  it.each([false, true])('abort all if one refuses, slow: %s', async (isSlow) => {
    const refuses = (key: string) => (key === '2' ? refusal('no') : undefined);
    const { all, events } = componentsOf([{ kind: 'x', isSlow, refuses }]);
    const made = async () => new Runtime(all).prepare([difference('1', 'x', 'x'), difference('2', 'x', 'x')]);
    await expect(made()).rejects.toThrow('no');
    expect(events.slice(-3)).toEqual(['abort prepare 1 0', 'abort announce 2 0', 'abort announce 1 0']);
  });

  it('are prepared at once where nothing is slow', () => {
    const { all } = componentsOf([{ kind: 'x', reviews: () => undefined }]);
    expect(new Runtime(all).prepare([difference('1', 'x', 'x')])).not.toBeInstanceOf(Promise);
    const { all: slow } = componentsOf([{ kind: 'x', reviews: async () => {} }]);
    expect(new Runtime(slow).prepare([difference('1', 'x', 'x')])).toBeInstanceOf(Promise);
  });

  it('are all reviewed, and the first refusal of a review aborts', async () => {
    const reviewed: number[] = [];
    const review = (number: number, error?: Error) => async () => {
      reviewed.push(number);
      if (error !== undefined) throw error;
    };
    const { all, events } = componentsOf([
      { kind: 'x', reviews: review(0) },
      { kind: 'y', reviews: review(1, refusal('not so')) },
      { kind: 'x' },
      { kind: 'z', reviews: review(3) },
    ]);
    const runtime = new Runtime(all);
    await expect(runtime.prepare([difference('1', 'x', 'x')])).rejects.toThrow('not so');
    expect([reviewed, events.at(-1)]).toEqual([[0, 1], 'abort announce 1 0']);
    // Where refusals are collected, the others are asked, too.
    const refused: string[] = [];
    const patience = { refused: ({ message }: LdapError) => refused.push(message), turn: async () => {} };
    await runtime.review([difference('1', 'x', 'x')], { isEverythingRead: true }, patience);
    expect([reviewed, refused]).toEqual([[0, 1, 0, 1, 3], ['not so']]);
  });

  it('report every refusal to who collects them, and give others a turn after every 64', async () => {
    const isBad = (key: string) => Number(key) % 50 === 7;
    const { all, events } = componentsOf([
      { kind: 'x', refuses: (key) => (isBad(key) ? refusal(key) : undefined) },
    ]);
    const differences = Array.from({ length: 130 }, (_, number) => difference(`${number}`, undefined, 'x'));
    const refused: string[] = [];
    let turns = 0;
    const patience = {
      refused: ({ message }: LdapError) => refused.push(message),
      turn: async () => {
        turns += 1;
      },
    };
    const prepared = await new Runtime(all).prepareAll(differences, patience);
    expect([refused, turns]).toEqual([['7', '57', '107'], 3]);
    events.length = 0;
    prepared.abort();
    expect(events.length).toBe(130 + 127);
  });

  it('end the collecting at an error that is no refusal', async () => {
    const patience = { refused: () => {}, turn: async () => {} };
    const { all, events } = componentsOf([{ kind: 'x', refuses: () => new TypeError('a bug') }]);
    const runtime = new Runtime(all);
    const differences = [difference('1', undefined, 'x')];
    await expect(runtime.prepareAll(differences, patience)).rejects.toThrow('a bug');
    expect(events).toEqual(['announce 1 0', 'abort announce 1 0']);
    const { all: judging } = componentsOf([
      { kind: 'x', judgesAlone: true, refuses: () => new TypeError('a bug') },
    ]);
    await expect(new Runtime(judging).judge(differences)).rejects.toThrow('a bug');
  });

  it('judge an object alone, and keep nothing of it', async () => {
    const { all, events } = componentsOf([
      { kind: 'x', judgesAlone: true, refuses: (key) => (key === '1' ? refusal('bad file') : undefined) },
      { kind: 'x', judgesAlone: true },
      { kind: 'x', refuses: () => refusal('not asked') },
    ]);
    expect(await new Runtime(all).judge([difference('1', undefined, 'x')])).toEqual(['bad file']);
    expect(events).toEqual(['prepare 1 1', 'abort prepare 1 1']);
  });

  it('say what runs', async () => {
    const { all } = componentsOf([
      { kind: 'x', runs: true },
      { kind: 'x', runs: Promise.resolve(true) },
      { kind: 'y', runs: Promise.resolve(false) },
      { kind: 'z' },
      { kind: 'v', runs: false },
    ]);
    const runtime = new Runtime(all);
    const kinds = ['x', 'y', 'z', 'v', 'w'];
    expect(kinds.map((kind) => runtime.knowsEnabled(kind))).toEqual([true, true, false, true, false]);
    const running = await Promise.all(kinds.map((kind) => runtime.runs(kind, '1')));
    expect(running).toEqual([true, false, true, false, true]);
    const described = await runtime.describe(String);
    expect(described).toEqual(
      all.map(({ kind }, number) => ({ kind, key: `k${number}`, facts: { number } })),
    );
  });
});

describe('a description', () => {
  it('has plain values, and digests of secrets', () => {
    const digest = digestWith('key');
    const secret = new Secret('hush');
    const facts = factsOf(
      {
        a: 1,
        b: Number.POSITIVE_INFINITY,
        c: [true, 'x', null],
        d: new Set(['z', 'y']),
        e: () => 1,
        f: { secret },
      },
      digest,
    );
    expect(facts).toEqual({
      a: 1,
      b: 'Infinity',
      c: [true, 'x', undefined],
      d: ['y', 'z'],
      e: undefined,
      f: { secret: `secret ${digest('hush')}` },
    });
    expect(digest('hush')).toMatch(/^[0-9a-f]{16}$/);
    expect(new Set([digest('hush'), digest('other'), digestWith('other')('hush')]).size).toBe(3);
    expect(JSON.stringify(facts)).not.toContain('hush');
  });
});
