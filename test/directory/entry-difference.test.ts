// The changes between two sets of entries: applied to the first set they give the second.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changesOf, changesOfMany, userAttributes } from '../../src/directory/entry-difference.ts';
import { octetsOfChange } from '../../src/directory/kept-octets.ts';
import { OctetBudget, unlimited } from '../../src/directory/octet-budget.ts';
import type { Change, EntryDifference } from '../../src/ldap/change.ts';
import { Dn } from '../../src/ldap/dn.ts';
import { Attribute, Entry } from '../../src/ldap/entry.ts';
import { LdapError } from '../../src/ldap/ldap-error.ts';
import type { MemoryTree } from '../../src/memory/memory-tree.ts';
import { schema } from '../config/configuration.ts';
import { apply, find, MADE, memoryTree, moveOf, peopleTree, SUFFIX } from './people.ts';

const ADA = `uid=ada,ou=People,${SUFFIX}`;

/** Returns what users can see of the entries, with the order of attributes and values. */
function stateOf(entries: MemoryTree): readonly string[] {
  return [...entries.tree.entries()]
    .map((entry) =>
      [
        `${entry.dn}`,
        ...userAttributes(entry, schema).map(
          ({ description, values }) => `${description}=${values.join('|')}`,
        ),
      ].join('\n'),
    )
    .toSorted();
}

function differencesOf(before: MemoryTree, after: MemoryTree): readonly EntryDifference[] {
  const keys = new Set([...before.tree.nodes(), ...after.tree.nodes()].map(({ key }) => key));
  return [...keys].flatMap((key) => {
    const one = { key, before: before.tree.find(key), after: after.tree.find(key) };
    return one.before === one.after ? [] : [one];
  });
}

/** Applies changes with another id for each, as a server does. */
function applyAll(entries: MemoryTree, changes: readonly Change[], round: number): MemoryTree {
  for (const [index, change] of changes.entries())
    apply(entries, change, { ...MADE, id: `id-${round}-${index}` });
  entries.tree.commit();
  return entries;
}

/** Returns a tree with the given changes, without those that cannot be made. */
function changed(all: readonly Change[]): { readonly tree: MemoryTree; readonly made: readonly Change[] } {
  const tree = peopleTree();
  const made: Change[] = [];
  for (const change of all) {
    try {
      applyAll(tree, [change], 100 + made.length);
      made.push(change);
    } catch (error) {
      if (!(error instanceof LdapError)) throw error;
      tree.tree.abort();
    }
  }
  return { tree, made };
}

const person = fc.constantFrom('ada', 'grace', 'bob', 'ADA', 'Bob');
const above = fc.constantFrom(`ou=People,${SUFFIX}`, `ou=Groups,${SUFFIX}`, ADA);
const place = fc.tuple(person, above).map(([name, superior]) => `uid=${name},${superior}`);
const unit = fc.constantFrom('People', 'PEOPLE', 'Groups', 'Staff');
const values = fc.uniqueArray(fc.constantFrom('a', 'b', 'B c', 'd'), { maxLength: 3 });
const modified = fc.record({
  operation: fc.constantFrom('add' as const, 'replace' as const, 'delete' as const),
  attribute: fc
    .tuple(fc.constantFrom('cn', 'description', 'title', 'title;lang-de', 'SN', 'mail'), values)
    .map(([description, all]) => new Attribute(description, all)),
});
const change: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('modify' as const),
      dn: place.map((dn) => Dn.parse(dn)),
      modifications: fc.array(modified, { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 1, arbitrary: place.map((dn): Change => ({ type: 'delete', dn: Dn.parse(dn) })) },
  {
    weight: 2,
    arbitrary: fc.tuple(place, values).map(
      ([dn, description]): Change => ({
        type: 'add',
        entry: Entry.of(Dn.parse(dn), {
          objectClass: 'inetOrgPerson',
          cn: 'x',
          sn: 'y',
          ...(description.length === 0 ? {} : { description }),
        }),
      }),
    ),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(place, person, fc.boolean(), fc.option(above, { nil: undefined }))
      .map(([dn, name, keepOld, to]) =>
        moveOf(dn, { rdn: `uid=${name}`, keepOld, ...(to === undefined ? {} : { to }) }),
      ),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(unit, unit, fc.boolean())
      .map(([from, to, keepOld]) => moveOf(`ou=${from},${SUFFIX}`, { rdn: `ou=${to}`, keepOld })),
  },
);

describe('the changes from one set of entries to another', () => {
  it('give the other, and from there back the first', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 12 }), async (all) => {
        const { tree: after } = changed(all);
        const before = peopleTree();
        const forth = changesOf(differencesOf(before, after), schema);
        expect(stateOf(applyAll(peopleTree(), forth, 1))).toEqual(stateOf(after));
        const back = changesOf(differencesOf(after, before), schema);
        expect(stateOf(applyAll(after, back, 2))).toEqual(stateOf(before));
        const { tree: again } = changed(all);
        expect(await changesOfMany(differencesOf(before, again), schema, unlimited())).toEqual(forth);
      }),
      { numRuns: 80 },
    );
  });

  it('are none between equal sets', () => {
    const [one, other] = [peopleTree(), peopleTree()];
    expect(differencesOf(one, other).length).toBe(7);
    expect(changesOf(differencesOf(one, other), schema)).toEqual([]);
  });

  it.each<{ title: string; made: readonly Change[]; types: readonly string[] }>([
    { title: 'a rename', made: [moveOf(ADA.replace('ada', 'grace'), { rdn: 'uid=g' })], types: ['modifyDn'] },
    {
      title: 'a rename that keeps the old values',
      made: [moveOf(ADA.replace('ada', 'grace'), { rdn: 'uid=g', keepOld: true })],
      types: ['modifyDn'],
    },
    {
      title: 'another spelling of a name',
      made: [moveOf(ADA.replace('ada', 'grace'), { rdn: 'uid=GRACE' })],
      types: ['modifyDn'],
    },
    {
      title: 'a rename and a modify of one entry',
      made: [
        moveOf(ADA.replace('ada', 'grace'), { rdn: 'uid=g' }),
        {
          type: 'modify',
          dn: Dn.parse(ADA.replace('ada', 'g')),
          modifications: [{ operation: 'add', attribute: new Attribute('description', ['new']) }],
        },
      ],
      types: ['modifyDn', 'modify'],
    },
    {
      title: 'a move to another parent',
      made: [moveOf(ADA.replace('ada', 'grace'), { rdn: 'uid=grace', to: `ou=Groups,${SUFFIX}` })],
      types: ['delete', 'add'],
    },
    {
      title: 'the removal of a subtree',
      made: [
        { type: 'delete', dn: Dn.parse(`cn=Lamp,cn=Desk,${ADA}`) },
        { type: 'delete', dn: Dn.parse(`cn=Desk,${ADA}`) },
      ],
      types: ['delete', 'delete'],
    },
    {
      title: 'an entry that takes the name of another',
      made: [
        { type: 'delete', dn: Dn.parse(`ou=Groups,${SUFFIX}`) },
        moveOf(`ou=People,${SUFFIX}`, { rdn: 'ou=Groups' }),
      ],
      // The children have other parents, and what was People is a modified Groups.
      types: ['delete', 'delete', 'delete', 'delete', 'delete', 'add', 'add', 'add', 'add'],
    },
  ])('are for $title: $types', ({ made, types }) => {
    const { tree: after, made: done } = changed(made);
    expect(done.length).toBe(made.length);
    const changes = changesOf(differencesOf(peopleTree(), after), schema);
    expect(changes.map(({ type }) => type)).toEqual(types);
    expect(stateOf(applyAll(peopleTree(), changes, 1))).toEqual(stateOf(after));
  });

  it('keep the entryUUID of an entry that was renamed below its parent', () => {
    const { tree: after } = changed([moveOf(ADA.replace('ada', 'grace'), { rdn: 'uid=g' })]);
    const result = applyAll(peopleTree(), changesOf(differencesOf(peopleTree(), after), schema), 1);
    const dn = ADA.replace('ada', 'g');
    expect(find(result, dn)?.first('entryuuid')).toBe(find(after, dn)?.first('entryuuid'));
    expect(find(result, dn)?.first('entryuuid')).toBeDefined();
  });

  it('are a delete and an add where two entries without entryUUID have names of other spelling', () => {
    const entries = ['uid=a,dc=x', 'uid=A,dc=x'].map((dn) =>
      Entry.of(Dn.parse(dn), { objectClass: 'account', uid: dn.slice(4, 5) }),
    );
    const changes = changesOf([{ key: 'uid=a,dc=x', before: entries[0], after: entries[1] }], schema);
    expect(changes.map(({ type }) => type)).toEqual(['delete', 'add']);
  });

  it('name only attributes that changed, in the spelling of the schema', () => {
    const dn = Dn.parse('cn=a,dc=x');
    const [before, after] = [
      Entry.of(dn, { CN: 'a', SN: ['b', 'c'], title: 'x', entryUUID: '1', nonsense: 'y' }),
      Entry.of(dn, { cn: 'a', sn: ['c', 'b'], entryUUID: '1', nonsense: 'y' }),
    ];
    expect(changesOf([{ key: 'k', before, after }], schema)).toEqual([
      {
        type: 'modify',
        dn,
        modifications: [
          { operation: 'replace', attribute: new Attribute('title', []) },
          { operation: 'replace', attribute: new Attribute('sn', ['c', 'b']) },
        ],
      },
    ]);
  });

  it('add entries without what the server maintains', () => {
    const after = Entry.of(Dn.parse('cn=a'), {
      cn: 'a',
      entryUUID: '1',
      modifyTimestamp: '2',
      nonsense: 'x',
    });
    expect(changesOf([{ key: 'k', before: undefined, after }], schema)).toEqual([
      { type: 'add', entry: Entry.of(Dn.parse('cn=a'), { cn: 'a', nonsense: 'x' }) },
    ]);
  });

  it('are counted before they are kept', async () => {
    const { tree: after } = changed([
      moveOf(ADA.replace('ada', 'grace'), { rdn: 'uid=g' }),
      { type: 'delete', dn: Dn.parse(`cn=Lamp,cn=Desk,${ADA}`) },
    ]);
    const differences = differencesOf(memoryTree(), after);
    const changes = changesOf(differences, schema);
    const octets = changes.map(octetsOfChange).reduce((sum, one) => sum + one, 0);
    const held = new OctetBudget(octets).hold();
    expect(await changesOfMany(differences, schema, held)).toEqual(changes);
    expect(held.octets).toBe(octets);
    const less = new OctetBudget(octets - 1).hold();
    await expect(changesOfMany(differences, schema, less)).rejects.toThrow(LdapError);
    const renames = differencesOf(peopleTree(), after);
    await expect(changesOfMany(renames, schema, new OctetBudget(1).hold())).rejects.toThrow(LdapError);
  });
});
