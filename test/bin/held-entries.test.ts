// What a server says of entries that are not in force on it, and when it looks for them.

import { expect, it } from 'vitest';
import { heldEntries } from '../../src/bin/open-members.ts';
import { Dn } from '../../src/ldap/dn.ts';
import { Entry } from '../../src/ldap/entry.ts';

it('the tree is looked through while something is held, and no longer', () => {
  const entry = Entry.of(Dn.parse('cn=A,cn=config'), { cn: 'A' });
  const feed = { number: 1 };
  let looks = 0;
  let isHeld = false;
  const inForce = {
    holdCount: 0,
    sourcesId: 'one',
    isHeld: () => isHeld,
    isAbsent: () => true,
    pending: () => undefined,
  };
  const tree = {
    entries: () => {
      looks += 1;
      return [entry];
    },
  };
  const held = heldEntries({ tree, inForce }, { feed });
  const afterChange = () => {
    feed.number += 1;
    return held();
  };
  expect(afterChange()).toEqual([]);
  expect(looks).toBe(0);
  // It is held by a change that is not shown yet.
  inForce.holdCount = 1;
  expect(held()).toEqual([]);
  isHeld = true;
  expect(afterChange()).toEqual(['cn=A,cn=config: nothing of it is in force']);
  expect(held()).toHaveLength(1);
  expect(looks).toBe(2);
  isHeld = false;
  expect(afterChange()).toEqual([]);
  for (let count = 0; count < 5; count++) expect(afterChange()).toEqual([]);
  expect(looks).toBe(3);
  isHeld = true;
  inForce.holdCount = 2;
  expect(afterChange()).toHaveLength(1);
});
