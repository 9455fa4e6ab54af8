import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OctetBudget } from '../../src/directory/octet-budget.ts';
import { searchTree } from '../../src/directory/search-tree.ts';
import { Dn } from '../../src/ldap/dn.ts';
import { Entry } from '../../src/ldap/entry.ts';
import { LdapError } from '../../src/ldap/ldap-error.ts';
import { SearchScope } from '../../src/ldap/message.ts';
import type { MemoryTree } from '../../src/memory/memory-tree.ts';
import { schema } from '../config/configuration.ts';
import { apply, find, memoryTree, moveOf, names, peopleTree, SUFFIX } from './people.ts';

/** The names a search finds from now on, read as far as somebody asks. */
function* reader(
  entries: MemoryTree,
  normalizedClass?: string,
  held?: OctetBudget,
): Generator<string | undefined> {
  const base = entries.tree.findNode(schema.dnKeyOfText(SUFFIX));
  if (base === undefined) throw new Error('no suffix');
  const terms =
    normalizedClass === undefined ? [] : [{ key: 'objectclass', normalizedValue: normalizedClass }];
  const search = {
    base,
    scope: SearchScope.wholeSubtree,
    matches: () => true,
    see: (entry: Entry) => entry,
    terms,
    held,
  };
  for (const entry of searchTree(entries.tree, search)) yield entry?.dn.toString();
}

describe('a search during a move', () => {
  it.each([1, 2, 3, 4, 5, 6])('finds all as it was, after %i entries', (seen) => {
    const entries = peopleTree();
    const before = names(entries);
    const search = reader(entries);
    const found = Array.from({ length: seen }, () => search.next().value);
    apply(entries, moveOf(`ou=People,${SUFFIX}`, { rdn: 'ou=Staff', to: `ou=Groups,${SUFFIX}` }));
    entries.tree.commit();
    expect([...found, ...search]).toEqual(before);
    expect([...reader(entries)]).toEqual(names(entries));
  });

  it('fails where what it would have to take down is too much, and the move is made', () => {
    const entries = peopleTree();
    const before = names(entries);
    const server = new OctetBudget(before.length * 16);
    const [rich, poor] = [new OctetBudget(1024, server), new OctetBudget(16, server)];
    const readers = [reader(entries, undefined, rich), reader(entries, undefined, poor)];
    const first = readers.map((one) => one.next().value);
    expect(first).toEqual([before[0], before[0]]);
    apply(entries, moveOf(`ou=People,${SUFFIX}`, { rdn: 'ou=Staff' }));
    entries.tree.commit();
    expect([...(readers[0] ?? [])]).toEqual(before.slice(1));
    expect(() => [...(readers[1] ?? [])]).toThrow('of this connection would hold more');
    expect([rich.octets, poor.octets, server.octets]).toEqual([0, 0, 0]);
    expect([...reader(entries)]).toEqual(names(entries));
  });

  it('finds all as it was by an index too', () => {
    const entries = peopleTree();
    for (let number = 0; number < 40; number++) {
      const dn = Dn.parse(`uid=${number},ou=People,${SUFFIX}`);
      apply(entries, {
        type: 'add',
        entry: Entry.of(dn, { objectClass: 'inetOrgPerson', cn: 'x', sn: 'x' }),
      });
    }
    entries.tree.commit();
    const before = names(entries).filter((name) => name.startsWith('uid='));
    const search = reader(entries, schema.findObjectClass('person')?.oid);
    const first = search.next().value;
    apply(entries, moveOf(`ou=People,${SUFFIX}`, { rdn: 'ou=Staff' }));
    entries.tree.commit();
    expect([first, ...search].toSorted()).toEqual(before.toSorted());
  });

  it('sees nothing of it before the commit, and nothing at all when it is taken back', () => {
    const entries = peopleTree();
    const before = names(entries);
    const mark = entries.tree.mark();
    apply(entries, moveOf(`ou=People,${SUFFIX}`, { rdn: 'ou=Staff' }));
    expect(names(entries)).toEqual(before);
    expect(find(entries, `ou=Staff,${SUFFIX}`)).toBeUndefined();
    entries.tree.rollBackTo(mark);
    entries.tree.commit();
    expect(names(entries)).toEqual(before);
    expect(entries.tree.size).toBe(before.length);
  });
});

describe('changes in any order, some of them taken back', () => {
  const OUS = ['a', 'b', 'c'];
  const place = fc.array(fc.constantFrom(...OUS), { maxLength: 3 });
  const step = fc.oneof(
    fc.record({ type: fc.constant('add' as const), at: place }),
    fc.record({ type: fc.constant('delete' as const), at: place }),
    fc.record({ type: fc.constant('move' as const), at: place, to: place }),
  );
  interface Move {
    readonly type: 'move';
    readonly at: readonly string[];
    readonly to: readonly string[];
  }
  type Step = Move | { readonly type: 'add' | 'delete'; readonly at: readonly string[] };

  function dnOf(path: readonly string[]): string {
    return [...path.map((ou) => `ou=${ou}`), SUFFIX].join(',');
  }

  function change(one: Step): Parameters<typeof apply>[1] {
    const dn = Dn.parse(dnOf(one.at));
    if (one.type === 'move') {
      const [leaf = 'a', ...above] = one.to;
      return moveOf(dnOf(one.at), { rdn: `ou=${leaf}`, to: dnOf(above) });
    }
    if (one.type === 'delete') return { type: 'delete', dn };
    const objectClass = one.at.length === 0 ? 'domain' : 'organizationalUnit';
    return { type: 'add', entry: Entry.of(dn, { objectClass }) };
  }

  /** What is there, as simply as it can be: a set of paths. */
  function expected(paths: ReadonlySet<string>, one: Step): Set<string> {
    const at = one.at.join('/');
    const after = new Set(paths);
    if (one.type !== 'move') {
      if (one.type === 'add') after.add(at);
      else after.delete(at);
      return after;
    }
    const to = one.to.length === 0 ? 'a' : one.to.join('/');
    const below = (path: string) => path === at || path.endsWith(`/${at}`);
    return new Set(
      [...paths].map((path) => (below(path) ? path.slice(0, path.length - at.length) + to : path)),
    );
  }

  function pathsOf(entries: MemoryTree): string[] {
    return [...entries.tree.entries()]
      .map(({ dn }) =>
        dn.rdns
          .slice(0, -2)
          .map((rdn) => rdn[0]?.value ?? '')
          .join('/'),
      )
      .sort();
  }

  it('leave what they should, its numbers of children and its indexes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(step, fc.boolean(), fc.boolean()), { maxLength: 40 }), (steps) => {
        const entries = memoryTree();
        let staged = new Set(['', 'a', 'b', 'a/b', 'c/a/b']);
        for (const path of staged)
          apply(entries, change({ type: 'add', at: path.split('/').filter(Boolean) }));
        entries.tree.commit();
        let committed = staged;
        for (const [one, isTakenBack, isCommitted] of steps) {
          const mark = entries.tree.mark();
          try {
            apply(entries, change(one));
            if (isTakenBack) entries.tree.rollBackTo(mark);
            else staged = expected(staged, one);
          } catch (error) {
            if (!(error instanceof LdapError)) throw error;
          }
          if (isCommitted) {
            entries.tree.commit();
            committed = staged;
          }
          expect(pathsOf(entries)).toEqual([...committed].sort());
        }
        entries.tree.commit();
        expect(pathsOf(entries)).toEqual([...staged].sort());
        expect(entries.tree.size).toBe(staged.size);
        expectWhole(entries);
      }),
    );
  });

  function expectWhole(entries: MemoryTree): void {
    const all = [...entries.tree.entries()];
    for (const { dn } of all) {
      const key = schema.dnKey(dn);
      const children = all.filter(
        (other) => other.dn.parent !== undefined && schema.dnKey(other.dn.parent) === key,
      );
      expect(entries.tree.findNode(key)?.childCount).toBe(children.length);
      expect([...entries.childKeys(key)].sort()).toEqual(children.map((one) => schema.dnKey(one.dn)).sort());
    }
    for (const ou of OUS) {
      const named = all.filter((entry) => entry.first('ou') === ou).map(({ dn }) => schema.dnKey(dn));
      const indexed = [...(entries.tree.indexed('ou', ou) ?? [])].map((node) => node.key);
      expect(indexed.sort()).toEqual(named.sort());
    }
  }
});
