import { describe, expect, it } from 'vitest';
import { searchTree } from '../../src/directory/search-tree.ts';
import { Tree } from '../../src/directory/tree.ts';
import { Dn } from '../../src/ldap/dn.ts';
import { Attribute, Entry } from '../../src/ldap/entry.ts';

function newTree(): Tree {
  return new Tree({
    indexed: ['cn'],
    *termsOf({ key, values }) {
      const [type] = key.split(';');
      if (type === 'cn') for (const value of values) yield ['cn', value];
    },
    staged: () => {},
  });
}

function put(
  tree: Tree,
  name: string,
  attributes: Readonly<Record<string, string | readonly string[]>> = {},
): void {
  tree.stage(`cn=${name},`, 'root', Entry.of(Dn.parse(`cn=${name}`), { cn: name, ...attributes }));
}

/** A tree with `root` and entries of these names below it. */
function treeOf(...names: readonly string[]): Tree {
  const tree = newTree();
  tree.stage('root', undefined, Entry.of(Dn.parse('cn=root'), { cn: 'root' }));
  for (const name of names) put(tree, name);
  tree.commit();
  return tree;
}

function namesIndexed(tree: Tree, value: string): string[] {
  return [...(tree.indexed('cn', value) ?? [])].map(({ entry }) => entry?.dn.name ?? 'nothing');
}

describe('what readers see', () => {
  it('begins with the commit and ends with one', () => {
    const tree = treeOf();
    put(tree, 'a');
    expect(tree.find('cn=a,')).toBeUndefined();
    expect(tree.findNode('root')?.childCount).toBe(0);
    expect(namesIndexed(tree, 'a')).toEqual([]);
    tree.commit();
    expect(tree.findNode('root')?.childCount).toBe(1);
    tree.stage('cn=a,', 'root', undefined);
    expect(tree.find('cn=a,')).toBeDefined();
    expect(tree.findNode('root')?.childCount).toBe(1);
    expect(namesIndexed(tree, 'a')).toEqual(['a']);
    tree.commit();
    expect(tree.find('cn=a,')).toBeUndefined();
    expect(tree.findNode('root')?.childCount).toBe(0);
    expect(namesIndexed(tree, 'a')).toEqual([]);
  });

  it('has no trace of what was added and removed between two commits', () => {
    const tree = treeOf();
    put(tree, 'a');
    tree.stage('cn=a,', 'root', undefined);
    tree.commit();
    expect(tree.size).toBe(1);
    expect(tree.findNode('root')?.children).toBeUndefined();
  });

  it('has no trace of what was rolled back', () => {
    const tree = treeOf('a');
    const mark = tree.mark();
    put(tree, 'b');
    tree.stage('cn=a,', 'root', undefined);
    expect(tree.hasStagedChildren('root')).toBe(true);
    tree.rollBackTo(mark);
    tree.commit();
    expect(tree.size).toBe(2);
    expect(tree.findNode('root')?.childCount).toBe(1);
    expect(tree.findStaged('cn=b,')).toBeUndefined();
  });

  it('is what was removed and added again between two commits', () => {
    const tree = treeOf('a');
    tree.stage('cn=a,', 'root', undefined);
    put(tree, 'a', { sn: 'new' });
    tree.commit();
    expect(tree.find('cn=a,')?.first('sn')).toBe('new');
    expect(tree.findNode('root')?.childCount).toBe(1);
    expect(namesIndexed(tree, 'a')).toEqual(['a']);
  });
});

describe('the index', () => {
  it('keeps a value that another attribute of the entry still has', () => {
    const tree = treeOf();
    put(tree, 'a', { 'cn;lang-de': 'a' });
    tree.commit();
    const entry = tree.find('cn=a,');
    tree.stage('cn=a,', 'root', entry?.with(new Attribute('cn;lang-de', [])));
    tree.commit();
    expect(namesIndexed(tree, 'a')).toEqual(['a']);
  });

  it('follows the values of an entry', () => {
    const tree = treeOf('a');
    put(tree, 'a', { cn: ['a', 'b', 'c'] });
    tree.commit();
    put(tree, 'a', { cn: ['b', 'd'] });
    tree.commit();
    expect(['a', 'b', 'c', 'd'].map((value) => namesIndexed(tree, value).length)).toEqual([0, 1, 0, 1]);
  });

  it('does not lead a search to an entry twice that is changed meanwhile', () => {
    const names = ['a', 'b', 'c', 'd'];
    const tree = treeOf();
    for (const name of names) put(tree, name, { cn: [name, 'all'] });
    tree.commit();
    const base = tree.findNode('root');
    if (base === undefined) throw new Error('the tree has no root');
    const terms = [{ key: 'cn', normalizedValue: 'all' }];
    const found: string[] = [];
    for (const entry of searchTree(tree, {
      base,
      scope: 2,
      matches: () => true,
      see: (entry) => entry,
      terms,
    })) {
      const name = entry?.dn.name ?? '';
      found.push(name);
      if (found.length > 100) break;
      put(tree, name, { cn: [name, 'all', 'changed'] });
      tree.commit();
    }
    expect(found).toEqual(names);
  });
});

describe('what the writer sees below an entry', () => {
  it('may be more than a call may have arguments', () => {
    const tree = treeOf();
    for (let index = 0; index < 150_000; index++) put(tree, `n${index}`);
    let count = 0;
    for (const _ of tree.stagedSubtree('root')) count += 1;
    expect(count).toBe(150_001);
  });
});

describe('a place that is emptied and filled again before the first of it is committed', () => {
  it('is there when what would have emptied it once more is taken back', () => {
    const tree = treeOf('a');
    const remove = () => tree.stage('cn=a,', 'root', undefined);
    remove();
    const removed = tree.mark();
    put(tree, 'a');
    const again = tree.mark();
    remove();
    tree.commit(removed);
    tree.rollBackTo(again);
    expect(tree.findStaged('cn=a,')).toBeDefined();
    tree.commit();
    expect(tree.find('cn=a,')).toBeDefined();
    expect(namesIndexed(tree, 'a')).toEqual(['a']);
    expect(tree.findNode('root')?.childCount).toBe(1);
    expect([...tree.stagedChildKeys('root')]).toEqual(['cn=a,']);
  });
});
