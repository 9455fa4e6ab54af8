// Searches of a tree, next to a filter of a plain list of its entries.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { indexTerms } from '../../src/directory/index-terms.ts';
import { isReferral, referralsOf } from '../../src/directory/referral.ts';
import { searchTree } from '../../src/directory/search-tree.ts';
import { Tree } from '../../src/directory/tree.ts';
import { Dn } from '../../src/ldap/dn.ts';
import { Entry } from '../../src/ldap/entry.ts';
import { SearchScope } from '../../src/ldap/message.ts';
import { schema } from '../config/configuration.ts';
import { SUFFIX } from './people.ts';

const INDEXED = new Set(['objectclass', 'cn', 'sn']);
const SCOPES = Object.values(SearchScope);

/** The parent of each entry by its number, among those before it; whether it is a referral; its values. */
const forest = fc.array(
  fc.record({
    above: fc.nat(1000),
    isReferral: fc.boolean().chain((one) => (one ? fc.boolean() : fc.constant(false))),
    cn: fc.subarray(['a', 'b', 'c']),
    sn: fc.subarray(['a', 'b']),
  }),
  { minLength: 1, maxLength: 60, size: 'max' },
);

type Plan = typeof forest extends fc.Arbitrary<infer Made> ? Made : never;

function treeOf(plan: Plan): { tree: Tree; entries: readonly Entry[] } {
  const tree = new Tree({
    indexed: INDEXED,
    termsOf: (attribute) => indexTerms(schema, INDEXED, attribute),
    staged: () => {},
  });
  const top = Entry.of(Dn.parse(SUFFIX), { objectClass: 'domain', cn: ['a', 'b'] });
  tree.stage(schema.dnKey(top.dn), undefined, top);
  const entries = [top];
  for (const [number, one] of plan.entries()) {
    const above = entries[one.above % entries.length] ?? top;
    const dn = above.dn.child([{ type: 'ou', value: String(number) }]);
    const values = Object.entries({ cn: one.cn, sn: one.sn }).filter(([, texts]) => texts.length > 0);
    const objectClass = one.isReferral ? ['Referral', 'extensibleObject'] : ['organizationalUnit'];
    const entry = Entry.of(dn, { objectClass, ...Object.fromEntries(values) });
    tree.stage(schema.dnKey(dn), schema.dnKey(above.dn), entry);
    entries.push(entry);
  }
  tree.commit();
  return { tree, entries };
}

function isBelow({ dn }: Entry, { dn: above }: Entry): boolean {
  return dn.toString().endsWith(`,${above}`);
}

function isInScope(entry: Entry, base: Entry, scope: SearchScope): boolean {
  switch (scope) {
    case SearchScope.baseObject:
      return entry === base;
    case SearchScope.singleLevel:
      return entry.dn.parent?.toString() === base.dn.toString();
    case SearchScope.wholeSubtree:
      return entry === base || isBelow(entry, base);
    default:
      return isBelow(entry, base);
  }
}

const search = fc.record({
  base: fc.nat(1000),
  scope: fc.constantFrom(...SCOPES),
  wanted: fc.subarray(['cn=a', 'cn=b', 'sn=a', 'sn=b']),
  isIndexed: fc.boolean(),
  areReferralsFollowed: fc.boolean(),
});

describe('a search', () => {
  it('finds what a filter of all entries finds, with and without indexes and referral objects', () => {
    fc.assert(
      fc.property(forest, fc.array(search, { minLength: 1, maxLength: 8 }), (plan, searches) => {
        const { tree, entries } = treeOf(plan);
        const referrals = entries.filter(isReferral);
        expect([...(referralsOf(tree) ?? [])].map(({ entry }) => entry).length).toBe(referrals.length);
        expect(referralsOf(tree) === undefined).toBe(referrals.length === 0);
        for (const { base: number, scope, wanted, isIndexed, areReferralsFollowed } of searches) {
          const base = entries[number % entries.length] ?? new Entry(Dn.root, []);
          const isAtReferral = referrals.some((one) => one === base || isBelow(base, one));
          // Such a search is answered with the referral before.
          if (areReferralsFollowed && isAtReferral) continue;
          const followed = areReferralsFollowed ? referralsOf(tree) : undefined;
          const looked: Entry[] = [];
          const isWanted = (entry: Entry) =>
            wanted.every((term) => entry.values(term.slice(0, 2)).includes(term.slice(3)));
          const matches = (entry: Entry) => {
            looked.push(entry);
            return isWanted(entry) || (followed !== undefined && isReferral(entry));
          };
          const node = tree.findNode(schema.dnKey(base.dn));
          if (node === undefined) throw new Error(`${base.dn} is not there.`);
          const terms = isIndexed
            ? wanted.map((term) => ({ key: term.slice(0, 2), normalizedValue: term.slice(3) }))
            : [];
          const found = [
            ...searchTree(tree, {
              base: node,
              scope,
              matches,
              see: ({ dn }) => `${dn}`,
              terms,
              referrals: followed,
            }),
          ];
          const candidates = entries.filter(
            (entry) =>
              isInScope(entry, base, scope) &&
              (followed === undefined || !referrals.some((one) => isBelow(entry, one))),
          );
          const expected = candidates.filter(
            (entry) => isWanted(entry) || (followed !== undefined && isReferral(entry)),
          );
          expect(found.toSorted()).toEqual(expected.map(({ dn }) => `${dn}`).toSorted());
          // Nothing out of scope is looked at, nothing twice, and an index leaves only what has the rarest value.
          expect(new Set(looked).size).toBe(looked.length);
          for (const entry of looked) expect(candidates).toContain(entry);
          if (terms.length > 0 && scope !== SearchScope.baseObject) {
            const rarest = Math.min(
              ...terms.map((term) => tree.indexed(term.key, term.normalizedValue)?.size ?? 0),
            );
            expect(looked.length).toBeLessThanOrEqual(rarest + (followed?.size ?? 0));
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('looks at parents before their children', () => {
    fc.assert(
      fc.property(forest, (plan) => {
        const { tree, entries } = treeOf(plan);
        const base = tree.findNode(schema.dnKeyOfText(SUFFIX));
        if (base === undefined) throw new Error('The suffix is not there.');
        const options = { matches: () => true, see: (entry: Entry) => entry, terms: [] };
        const found = [...searchTree(tree, { base, scope: SearchScope.wholeSubtree, ...options })];
        expect(found.length).toBe(entries.length);
        for (const [index, entry] of found.entries()) {
          if (index === 0) expect(`${entry?.dn}`).toBe(SUFFIX);
          else expect(found.slice(0, index).some((one) => `${one?.dn}` === `${entry?.dn.parent}`)).toBe(true);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('gives others a turn after every 256 entries that do not match', () => {
    const plan = Array.from({ length: 1023 }, () => ({ above: 0, isReferral: false, cn: [], sn: [] }));
    const { tree } = treeOf(plan);
    const base = tree.findNode(schema.dnKeyOfText(SUFFIX));
    if (base === undefined) throw new Error('The suffix is not there.');
    const count = (matches: (entry: Entry) => boolean) => {
      const options = { matches, see: (entry: Entry) => entry, terms: [] };
      return [...searchTree(tree, { base, scope: SearchScope.wholeSubtree, ...options })].length;
    };
    expect(count(() => false)).toBe(4);
    expect(count(() => true)).toBe(1024);
  });

  it('by its DN looks at that entry alone', () => {
    const { tree, entries } = treeOf([
      { above: 0, isReferral: false, cn: [], sn: [] },
      { above: 0, isReferral: false, cn: [], sn: [] },
    ]);
    const base = tree.findNode(schema.dnKeyOfText(SUFFIX));
    if (base === undefined) throw new Error('The suffix is not there.');
    const looked: Entry[] = [];
    const matches = (entry: Entry) => looked.push(entry) > 0;
    const terms = [{ key: 'entrydn', normalizedValue: schema.dnKeyOfText(`ou=1,${SUFFIX}`) }];
    const found = [
      ...searchTree(tree, { base, scope: SearchScope.wholeSubtree, matches, see: (entry) => entry, terms }),
    ];
    expect(found).toEqual([entries[2]]);
    expect(looked).toEqual([entries[2]]);
  });

  it('that is ended or fails is forgotten by the tree', () => {
    const { tree } = treeOf([{ above: 0, isReferral: false, cn: [], sn: [] }]);
    const base = tree.findNode(schema.dnKeyOfText(SUFFIX));
    if (base === undefined) throw new Error('The suffix is not there.');
    const counts: number[] = [];
    const held = { take: (octets: number) => counts.push(octets), give: () => {} };
    const start = (matches: (entry: Entry) => boolean) =>
      searchTree(tree, {
        base,
        scope: SearchScope.wholeSubtree,
        matches,
        see: (one) => one,
        terms: [],
        held,
      })[Symbol.iterator]();
    const ended = start(() => true);
    ended.next();
    expect(ended.return?.().done).toBe(true);
    const failing = start(() => {
      throw new Error('no');
    });
    expect(() => failing.next()).toThrow('no');
    for (const number of [1, 2]) {
      const dn = Dn.parse(`ou=new${number},${SUFFIX}`);
      tree.stage(schema.dnKey(dn), base.key, Entry.of(dn, { objectClass: 'organizationalUnit' }));
    }
    tree.commit();
    expect(counts).toEqual([]);
    expect([ended.next().value, failing.next().value]).toEqual([undefined, undefined]);
  });
});

describe('index terms', () => {
  it('are the normal forms of the values of indexed types, with any options', () => {
    const [attribute] = Entry.of(Dn.root, { 'cn;lang-de': ['A  B', 'c'] }).attributes;
    const [other] = Entry.of(Dn.root, { title: 'x' }).attributes;
    const [unknown] = Entry.of(Dn.root, { nonsense: 'x' }).attributes;
    const termsOf = (one: typeof attribute) => one && [...indexTerms(schema, INDEXED, one)];
    expect(termsOf(attribute)).toEqual([
      ['cn', 'a b'],
      ['cn', 'c'],
    ]);
    expect([termsOf(other), termsOf(unknown)]).toEqual([[], []]);
  });
});
