import { describe, expect, it } from 'vitest';
import { Dn } from '../../src/ldap/dn.ts';
import { Entry } from '../../src/ldap/entry.ts';
import { schema } from '../config/configuration.ts';
import { apply, codeOf, find, MADE, type Move, moveOf, names, peopleTree, SUFFIX } from './people.ts';

const ADA = `uid=ada,ou=People,${SUFFIX}`;

function moved(dn: string, move: Move): ReturnType<typeof peopleTree> {
  const entries = peopleTree();
  apply(entries, moveOf(dn, move));
  entries.tree.commit();
  return entries;
}

function valuesOf(entry: Entry | undefined, key: string): readonly string[] {
  return entry?.values(key) ?? [];
}

describe('the values of a name', () => {
  it.each<{ title: string; move: Move; dn: string; key: string; values: readonly string[] }>([
    {
      title: 'are exchanged when the old ones are to go',
      move: { rdn: 'uid=countess' },
      dn: `uid=countess,ou=People,${SUFFIX}`,
      key: 'uid',
      values: ['countess'],
    },
    {
      title: 'are joined by the new ones when the old ones are to stay',
      move: { rdn: 'uid=countess', keepOld: true },
      dn: `uid=countess,ou=People,${SUFFIX}`,
      key: 'uid',
      values: ['ada', 'countess'],
    },
    {
      title: 'may be those of another attribute, which the entry has already',
      move: { rdn: 'cn=Ada Lovelace', keepOld: true },
      dn: `cn=ada lovelace,ou=People,${SUFFIX}`,
      key: 'cn',
      values: ['Ada Lovelace'],
    },
    {
      title: 'of another attribute are added to those it has',
      move: { rdn: 'cn=Countess', keepOld: true },
      dn: `cn=Countess,ou=People,${SUFFIX}`,
      key: 'cn',
      values: ['Ada Lovelace', 'Countess'],
    },
    {
      title: 'take the new spelling when nothing but that changes',
      move: { rdn: 'uid=ADA' },
      dn: ADA,
      key: 'uid',
      values: ['ADA'],
    },
    {
      title: 'may be several',
      move: { rdn: 'uid=ada+mail=ada@example.com' },
      dn: `mail=ada@example.com+uid=ada,ou=People,${SUFFIX}`,
      key: 'mail',
      values: ['ada@example.com'],
    },
    {
      title: 'stay when the entry only moves',
      move: { rdn: 'uid=ada', to: `ou=Groups,${SUFFIX}` },
      dn: `uid=ada,ou=Groups,${SUFFIX}`,
      key: 'uid',
      values: ['ada'],
    },
  ])('$title', ({ move, dn, key, values }) => {
    expect(valuesOf(find(moved(ADA, move), dn), key)).toEqual(values);
  });

  it('go with all parts of a name of several when it is given up', () => {
    const entries = moved(ADA, { rdn: 'uid=ada+mail=ada@example.com' });
    apply(entries, moveOf(`uid=ada+mail=ada@example.com,ou=People,${SUFFIX}`, { rdn: 'uid=al' }));
    entries.tree.commit();
    const entry = find(entries, `uid=al,ou=People,${SUFFIX}`);
    expect(valuesOf(entry, 'uid')).toEqual(['al']);
    expect(entry?.find('mail')).toBeUndefined();
  });
});

describe('a move that cannot be', () => {
  it.each<{ code: string; title: string; dn: string; move: Move }>([
    {
      code: 'noSuchObject',
      title: 'what is not there',
      dn: `uid=bob,ou=People,${SUFFIX}`,
      move: { rdn: 'uid=x' },
    },
    { code: 'entryAlreadyExists', title: 'to a name that is taken', dn: ADA, move: { rdn: 'uid=GRACE' } },
    {
      code: 'noSuchObject',
      title: 'below what is not there',
      dn: ADA,
      move: { rdn: 'uid=ada', to: `ou=Staff,${SUFFIX}` },
    },
    {
      code: 'unwillingToPerform',
      title: 'below itself',
      dn: ADA,
      move: { rdn: 'uid=ada', to: `cn=Desk,${ADA}` },
    },
    { code: 'unwillingToPerform', title: 'onto itself', dn: ADA, move: { rdn: 'uid=ada', to: ADA } },
    {
      code: 'affectsMultipleDsas',
      title: 'to another tree',
      dn: ADA,
      move: { rdn: 'uid=ada', to: 'cn=config' },
    },
    { code: 'unwillingToPerform', title: 'of the top', dn: SUFFIX, move: { rdn: 'dc=other' } },
    {
      code: 'unwillingToPerform',
      title: 'of the top to elsewhere',
      dn: SUFFIX,
      move: { rdn: 'dc=example', to: ADA },
    },
    {
      code: 'namingViolation',
      title: 'to a name of an unknown attribute',
      dn: ADA,
      move: { rdn: 'nonsense=1' },
    },
    {
      code: 'namingViolation',
      title: 'to a name of an unknown attribute, with the old value kept',
      dn: ADA,
      move: { rdn: 'nonsense=1', keepOld: true },
    },
    {
      code: 'constraintViolation',
      title: 'to a name that the server keeps',
      dn: ADA,
      move: { rdn: 'entryUUID=1' },
    },
    {
      code: 'objectClassViolation',
      title: 'to a name its classes do not allow',
      dn: ADA,
      move: { rdn: 'uidNumber=7', keepOld: true },
    },
    {
      code: 'objectClassViolation',
      title: 'that takes away what its class demands',
      dn: `cn=Desk,${ADA}`,
      move: { rdn: 'serialNumber=7' },
    },
    {
      code: 'invalidAttributeSyntax',
      title: 'to a value that does not fit',
      dn: ADA,
      move: { rdn: 'mail=\u00e9', keepOld: true },
    },
  ])('$code: $title', ({ code, dn, move }) => {
    const entries = peopleTree();
    const before = names(entries);
    expect(codeOf(() => apply(entries, moveOf(dn, move)))).toBe(code);
    entries.tree.commit();
    expect(names(entries)).toEqual(before);
  });

  it('is refused when an attribute of one value would have two', () => {
    const entries = moved(ADA, { rdn: 'employeeNumber=1' });
    const again = moveOf(`employeeNumber=1,ou=People,${SUFFIX}`, { rdn: 'employeeNumber=2', keepOld: true });
    expect(codeOf(() => apply(entries, again))).toBe('constraintViolation');
  });

  it('names the deepest entry there is above the new place', () => {
    const entries = peopleTree();
    const move = moveOf(ADA, { rdn: 'uid=ada', to: `ou=Deep,ou=Staff,${SUFFIX}` });
    expect(() => apply(entries, move)).toThrow(expect.objectContaining({ matchedDn: SUFFIX }));
  });

  it('is refused when names would become deeper than names may be', () => {
    const entries = peopleTree();
    let dn = SUFFIX;
    for (let level = 0; level < 60; level++) {
      dn = `ou=${level},${dn}`;
      const entry = Entry.of(Dn.parse(dn), { objectClass: 'organizationalUnit' });
      apply(entries, { type: 'add', entry });
    }
    entries.tree.commit();
    expect(codeOf(() => apply(entries, moveOf(ADA, { rdn: 'uid=ada', to: dn })))).toBe('unwillingToPerform');
  });
});

describe('the depth of names', () => {
  const { tree: deepTree, deepest } = deepPeople();

  /** Returns the people with a chain of units below the suffix, as deep as names may be. */
  function deepPeople(): {
    readonly tree: ReturnType<typeof peopleTree>;
    readonly deepest: readonly string[];
  } {
    const tree = peopleTree();
    const names: string[] = [];
    for (let dn = SUFFIX; names.length < 62; ) {
      dn = `ou=${names.length},${dn}`;
      names.push(dn);
      apply(tree, { type: 'add', entry: Entry.of(Dn.parse(dn), { objectClass: 'organizationalUnit' }) });
    }
    tree.tree.commit();
    return { tree, deepest: names };
  }

  it.each([
    // The entry and the lamp, two levels below it, in a place that has this number of RDNs.
    { dn: `uid=grace,ou=People,${SUFFIX}`, rdn: 'uid=grace', rdns: 63, code: 'success' },
    { dn: `uid=grace,ou=People,${SUFFIX}`, rdn: 'uid=grace', rdns: 64, code: 'unwillingToPerform' },
    { dn: ADA, rdn: 'uid=ada', rdns: 61, code: 'success' },
    { dn: ADA, rdn: 'uid=ada', rdns: 62, code: 'unwillingToPerform' },
  ])('$rdn below a name of $rdns RDNs: $code', ({ dn, rdn, rdns, code }) => {
    const to = deepest.find((name) => name.split(',').length === rdns) ?? '';
    const move = moveOf(dn, { rdn, to });
    expect(codeOf(() => deepTree.apply(move, MADE))).toBe(code);
  });
});

describe('a subtree', () => {
  it('moves as a whole', () => {
    const entries = moved(`ou=People,${SUFFIX}`, { rdn: 'ou=Staff', to: `ou=Groups,${SUFFIX}` });
    expect(names(entries)).toEqual([
      SUFFIX,
      `ou=Groups,${SUFFIX}`,
      `ou=Staff,ou=Groups,${SUFFIX}`,
      `uid=ada,ou=Staff,ou=Groups,${SUFFIX}`,
      `cn=Desk,uid=ada,ou=Staff,ou=Groups,${SUFFIX}`,
      `cn=Lamp,cn=Desk,uid=ada,ou=Staff,ou=Groups,${SUFFIX}`,
      `uid=grace,ou=Staff,ou=Groups,${SUFFIX}`,
    ]);
    for (const name of names(entries)) expect(find(entries, name)?.dn.toString()).toBe(name);
    expect(find(entries, ADA)).toBeUndefined();
    expect(entries.tree.size).toBe(7);
  });

  it('takes on the new spelling of a name above it', () => {
    const entries = moved(`ou=People,${SUFFIX}`, { rdn: 'OU=PEOPLE' });
    expect(names(entries)).toContain(`cn=Desk,uid=ada,OU=PEOPLE,${SUFFIX}`);
  });

  it('is one effect for each entry, the entry that is named first, parents before children', () => {
    const effects = peopleTree().apply(moveOf(`ou=People,${SUFFIX}`, { rdn: 'ou=Staff' }), MADE);
    expect(effects.map(({ key }) => key.split(',').length)).toEqual([3, 4, 5, 6, 4]);
    expect(effects.map(({ isCarriedAlong }) => isCarriedAlong ?? false)).toEqual([
      false,
      true,
      true,
      true,
      true,
    ]);
  });

  it('keeps who it is: only the entry that is named was changed', () => {
    const entries = peopleTree();
    const later = { ...MADE, at: new Date(86_400_000), by: 'cn=other' };
    const uuids = ['', 'cn=Desk,'].map((above) => find(entries, `${above}${ADA}`)?.first('entryuuid'));
    apply(entries, moveOf(ADA, { rdn: 'uid=al' }), later);
    entries.tree.commit();
    const [ada, desk] = ['', 'cn=Desk,'].map((above) => find(entries, `${above}uid=al,ou=People,${SUFFIX}`));
    expect([ada, desk].map((entry) => entry?.first('entryuuid'))).toEqual(uuids);
    expect(ada?.first('modifiersname')).toBe('cn=other');
    expect(ada?.first('creatorsname')).toBe('cn=admin');
    expect(desk?.first('modifiersname')).toBe('cn=admin');
  });

  it('is found by its indexes at the new place and not at the old', () => {
    const entries = moved(`ou=People,${SUFFIX}`, { rdn: 'ou=Staff' });
    const found = entries.tree.indexed('uid', 'ada');
    expect([...(found ?? [])].map((node) => node.key)).toEqual([
      schema.dnKeyOfText(`uid=ada,ou=Staff,${SUFFIX}`),
    ]);
  });
});
