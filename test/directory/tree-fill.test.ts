// A tree that was filled makes its indexes bit by bit, while entries come, change and go: in the end, and whenever somebody
// asks on the way, they are what they would be had every entry come one by one.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReferenceIndex } from '../../src/config/reference-index.ts';
import { Tree } from '../../src/directory/tree.ts';
import { Dn } from '../../src/ldap/dn.ts';
import { Entry } from '../../src/ldap/entry.ts';

const INDEXED = ['cn', 'mail'];
const COUNT = 700;
const VALUES = ['a', 'b', 'c'];

function treeOf(): Tree {
  return new Tree({
    indexed: INDEXED,
    *termsOf({ key, values }) {
      for (const value of values) if (INDEXED.includes(key)) yield [key, value];
    },
    staged: () => {},
  });
}

function entryOf(number: number, mail: string): Entry {
  return Entry.of(Dn.parse(`cn=${number},cn=top`), { cn: String(number), mail });
}

/** Steps: let an index go on, put an entry, take one away, or ask. */
const step = fc.oneof(
  fc.record({ type: fc.constant('slice' as const) }),
  fc.record({
    type: fc.constant('put' as const),
    number: fc.nat(COUNT + 20),
    mail: fc.constantFrom(...VALUES),
  }),
  fc.record({ type: fc.constant('remove' as const), number: fc.nat(COUNT + 20) }),
  fc.record({ type: fc.constant('ask' as const), mail: fc.constantFrom(...VALUES) }),
);

describe('a tree that was filled', () => {
  it('is indexed as one that grew, whatever happens meanwhile', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const tree = treeOf();
        const mails = new Map<number, string>();
        tree.beginFilling();
        tree.fill('cn=top', undefined, Entry.of(Dn.parse('cn=top'), { cn: 'top' }));
        for (let number = 0; number < COUNT; number++) {
          const mail = VALUES[number % VALUES.length] ?? '';
          tree.fill(`cn=${number},cn=top`, 'cn=top', entryOf(number, mail));
          mails.set(number, mail);
        }
        const rest = tree.finish();
        const found = (mail: string) =>
          [...(tree.indexed('mail', mail) ?? [])].map(({ key }) => key).toSorted();
        const wanted = (mail: string) =>
          [...mails].flatMap(([number, one]) => (one === mail ? [`cn=${number},cn=top`] : [])).toSorted();
        for (const one of steps) {
          if (one.type === 'slice') rest.next();
          else if (one.type === 'ask') expect(found(one.mail)).toEqual(wanted(one.mail));
          else {
            const key = `cn=${one.number},cn=top`;
            if (one.type === 'remove' && tree.find(key) === undefined) continue;
            tree.stage(key, 'cn=top', one.type === 'put' ? entryOf(one.number, one.mail) : undefined);
            tree.commit();
            if (one.type === 'put') mails.set(one.number, one.mail);
            else mails.delete(one.number);
          }
        }
        for (const mail of VALUES) expect(found(mail)).toEqual(wanted(mail));
        expect(tree.indexed('cn', '7')?.size).toBe(mails.has(7) ? 1 : 0);
        expect(tree.findNode('cn=top')?.childCount).toBe(mails.size);
      }),
      { numRuns: 40 },
    );
  });
});

describe('references that are put in later', () => {
  it('are those of the entries as they are when somebody asks', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(20), fc.constantFrom(...VALUES)), { maxLength: 20 }),
        fc.nat(3),
        (sets, slices) => {
          const present = new Map(
            Array.from({ length: 600 }, (_, number) => [`k${number}`, VALUES[number % 3] ?? '']),
          );
          const index = new ReferenceIndex();
          function* all(): Generator<readonly [string, readonly string[]]> {
            for (const [key, target] of present) yield [key, [target]];
          }
          index.defer(all());
          const rest = index.finish();
          for (let slice = 0; slice < slices; slice++) rest.next();
          for (const [number, target] of sets) {
            present.set(`k${number}`, target);
            index.set(`k${number}`, [target]);
          }
          for (const target of VALUES) {
            const wanted = [...present].flatMap(([key, one]) => (one === target ? [key] : []));
            expect([...index.referrers(target)].toSorted()).toEqual(wanted.toSorted());
            expect(index.countReferrers(target)).toBe(wanted.length);
          }
        },
      ),
    );
  });
});
