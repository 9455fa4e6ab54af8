// The two views of the tree, next to a model of two maps: one of the entries that readers see, one of those that the writer sees.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Tree } from '../../src/directory/tree.ts';
import { Dn } from '../../src/ldap/dn.ts';
import { Attribute, Entry } from '../../src/ldap/entry.ts';

type Model = ReadonlyMap<string, Entry>;

const INDEXED = ['cn', 'sn'];
const VALUES = ['u', 'v', 'w'];
const PATHS = ['', 'a', 'b', 'a/a', 'b/a', 'a/a/a', 'b/a/b', 'a/a/b'];

const attributes = fc.record({
  cn: fc.subarray(VALUES),
  'cn;lang-de': fc.subarray(VALUES),
  sn: fc.subarray(VALUES),
  title: fc.subarray(VALUES),
});
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('put' as const), at: fc.constantFrom(...PATHS), attributes }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('remove' as const), at: fc.constantFrom(...PATHS) }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('commit' as const), part: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('rollBack' as const), part: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('abort' as const) }) },
);

/** Returns the key of a path in the tree: the last part of the path comes first, as in a DN. */
function keyOf(path: string): string {
  return path === '' ? 'top' : [...path.split('/').reverse(), 'top'].join(',');
}

function parentOf(key: string): string | undefined {
  const comma = key.indexOf(',');
  return comma < 0 ? undefined : key.slice(comma + 1);
}

function childrenIn(model: Model, key: string): string[] {
  return [...model.keys()].filter((one) => parentOf(one) === key).sort();
}

function entryWith(key: string, values: Readonly<Record<string, readonly string[]>>, old?: Entry): Entry {
  const all = Object.entries(values).flatMap(([description, texts]) => {
    if (texts.length === 0) return [];
    const same = old?.find(description);
    // Entries share the attributes that a change leaves as they are.
    return [
      `${same?.values}` === `${texts}` && same !== undefined ? same : new Attribute(description, texts),
    ];
  });
  return new Entry(
    Dn.parse(
      key
        .split(',')
        .map((part) => `cn=${part}`)
        .join(','),
    ),
    all,
  );
}

/** Collects what a tree tells about its two views. */
class Told {
  readonly staged = new Map<string, Entry>();
  readonly shown = new Map<string, Entry>();
  readonly wrong: string[] = [];

  readonly stage = (key: string, entry: Entry | undefined, before: Entry | undefined): void => {
    if (this.staged.get(key) !== before) this.wrong.push(key);
    if (entry === undefined) this.staged.delete(key);
    else this.staged.set(key, entry);
  };

  readonly show = (key: string, entry: Entry | undefined): void => {
    if (entry === undefined) this.shown.delete(key);
    else this.shown.set(key, entry);
  };
}

function treeOf(told: Told): Tree {
  return new Tree({
    indexed: INDEXED,
    *termsOf({ key, values }) {
      const [type = ''] = key.split(';');
      if (INDEXED.includes(type)) for (const value of values) yield [type, value];
    },
    staged: told.stage,
    shown: told.show,
  });
}

function expectReaders(tree: Tree, committed: Model): void {
  for (const path of PATHS) {
    const key = keyOf(path);
    const node = tree.findNode(key);
    expect(tree.find(key)).toBe(committed.get(key));
    expect(node?.entry).toBe(committed.get(key));
    expect([...tree.named(key)]).toEqual(node === undefined ? [] : [node]);
    if (node !== undefined) expect(node.childCount).toBe(childrenIn(committed, key).length);
  }
  const all = tree.allEntries();
  expect(new Set(all)).toEqual(new Set(committed.values()));
  expect([...tree.entries()]).toEqual(all);
  for (const attribute of INDEXED) {
    for (const value of VALUES) {
      const wanted = [...committed].filter(([, entry]) =>
        entry.peek(attribute).some(({ values }) => values.includes(value)),
      );
      const found = tree.indexed(attribute, value);
      expect([...(found ?? [])].map(({ key }) => key).sort()).toEqual(wanted.map(([key]) => key).sort());
    }
  }
  expect(tree.indexed('title', 'u')).toBeUndefined();
}

function expectWriter(tree: Tree, staged: Model): void {
  for (const path of PATHS) {
    const key = keyOf(path);
    expect(tree.findStaged(key)).toBe(staged.get(key));
    expect([...tree.stagedChildKeys(key)].sort()).toEqual(childrenIn(staged, key));
    expect(tree.hasStagedChildren(key)).toBe(childrenIn(staged, key).length > 0);
    const subtree = [...tree.stagedSubtree(key)];
    const wanted = [...staged].filter(([one]) => one === key || one.endsWith(`,${key}`));
    expect(subtree.map(({ dn }) => dn.toString()).toSorted()).toEqual(
      wanted.map(([, { dn }]) => dn.toString()).toSorted(),
    );
    expectParentsFirst(subtree);
  }
}

function expectParentsFirst(entries: readonly Entry[]): void {
  const places = new Map(entries.map(({ dn }, index) => [dn.toString(), index]));
  for (const [index, { dn }] of entries.entries())
    expect(places.get(dn.parent?.toString() ?? '') ?? -1).toBeLessThan(index);
}

describe('the views of readers and of the writer', () => {
  it('are those of two maps, whatever is staged, committed in part and rolled back', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (steps) => {
        const told = new Told();
        const tree = treeOf(told);
        // The committed view and then the view after every pending staging, with the mark before the next one.
        let views: { model: Model; mark: number }[] = [{ model: new Map(), mark: tree.mark() }];
        const viewAt = (index: number) => views[index] ?? { model: new Map(), mark: 0 };
        for (const one of steps) {
          const last = viewAt(views.length - 1);
          if (one.type === 'put' || one.type === 'remove') {
            const key = keyOf(one.at);
            const parent = parentOf(key);
            const isRemoval = one.type === 'remove';
            if (isRemoval && (!last.model.has(key) || childrenIn(last.model, key).length > 0)) continue;
            if (parent !== undefined && !last.model.has(parent)) continue;
            const model = new Map(last.model);
            const old = model.get(key);
            if (one.type === 'put') model.set(key, entryWith(key, one.attributes, old));
            else model.delete(key);
            tree.stage(key, parent, model.get(key));
            views.push({ model, mark: tree.mark() });
          } else if (one.type === 'abort') {
            tree.abort();
            views = views.slice(0, 1);
          } else {
            const index = Math.max(0, views.length - 1 - one.part);
            if (one.type === 'rollBack') {
              tree.rollBackTo(viewAt(index).mark);
              views = views.slice(0, index + 1);
            } else {
              if (one.part === 0) tree.commit();
              else tree.commit(viewAt(index).mark);
              views = views.slice(index);
            }
          }
          expectReaders(tree, viewAt(0).model);
          expectWriter(tree, viewAt(views.length - 1).model);
          expect([told.shown, told.staged]).toEqual([viewAt(0).model, viewAt(views.length - 1).model]);
          if (views.length === 1) expect(tree.size).toBe(viewAt(0).model.size);
        }
        expect(told.wrong).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('are the same after filling, and nothing is told of each entry', () => {
    fc.assert(
      fc.property(fc.array(attributes, { minLength: PATHS.length, maxLength: PATHS.length }), (all) => {
        const told = new Told();
        const tree = treeOf(told);
        const model = new Map<string, Entry>();
        tree.beginFilling();
        for (const [index, path] of PATHS.entries()) {
          const key = keyOf(path);
          const entry = entryWith(key, all[index] ?? {});
          tree.fill(key, parentOf(key), entry);
          model.set(key, entry);
        }
        expectReaders(tree, model);
        expectWriter(tree, model);
        expect([tree.size, told.shown.size, told.staged.size]).toEqual([PATHS.length, 0, 0]);
        expect([...tree.finish()]).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  it('are told before they are filled, and filled indexes replace the old ones', () => {
    let count = 0;
    const tree = new Tree({
      indexed: ['cn'],
      termsOf: ({ key, values }) => values.map((value) => [key, value] as const),
      staged: () => {},
      filled: () => {
        count += 1;
      },
    });
    tree.beginFilling();
    expect(count).toBe(1);
    for (let number = 0; number < 600; number++)
      tree.fill(`${number}`, undefined, entryWith('x', { cn: [`${number}`] }));
    expect([...tree.finish()].length).toBe(2);
    expect([...(tree.indexed('cn', '599') ?? [])].map(({ key }) => key)).toEqual(['599']);
  });

  it('lose a parent that was removed before its children', () => {
    const tree = treeOf(new Told());
    for (const path of ['', 'a', 'a/a']) {
      const key = keyOf(path);
      tree.stage(key, parentOf(key), entryWith(key, { cn: ['u'] }));
    }
    tree.commit();
    for (const path of ['a', 'a/a']) tree.stage(keyOf(path), undefined, undefined);
    tree.commit();
    expect([...tree.nodes()].map(({ key }) => key)).toEqual(['top']);
    expect(tree.size).toBe(1);
  });
});
