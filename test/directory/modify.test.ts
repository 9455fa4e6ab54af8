// A modify of an entry in a tree, with the result codes of RFC 4511 §4.6.

import { describe, expect, it } from 'vitest';
import { Dn } from '../../src/ldap/dn.ts';
import { modification, type Step } from './edit-model.ts';
import { apply, codeOf, find, peopleTree, SUFFIX } from './people.ts';

describe('a modify of an entry', () => {
  const ADA = `uid=ada,ou=People,${SUFFIX}`;
  const modify = (dn: string, ...all: readonly Step[]) => {
    const entries = peopleTree();
    const code = codeOf(() =>
      apply(entries, { type: 'modify', dn: Dn.parse(dn), modifications: all.map(modification) }),
    );
    entries.tree.commit();
    return { code, entry: find(entries, dn) };
  };

  it('changes the entry that there is', () => {
    const { code, entry } = modify(ADA, { operation: 'replace', key: 'description', values: ['new'] });
    expect([code, entry?.values('description'), entry?.values('cn')]).toEqual([
      'success',
      ['new'],
      ['Ada Lovelace'],
    ]);
  });

  it.each<{ code: string; dn?: string; made: Step }>([
    {
      code: 'noSuchObject',
      dn: `uid=bob,${SUFFIX}`,
      made: { operation: 'replace', key: 'description', values: ['x'] },
    },
    { code: 'notAllowedOnRdn', made: { operation: 'replace', key: 'uid', values: ['x'] } },
    { code: 'objectClassViolation', made: { operation: 'delete', key: 'sn', values: [] } },
    { code: 'objectClassViolation', made: { operation: 'add', key: 'dc', values: ['x'] } },
    { code: 'attributeOrValueExists', made: { operation: 'replace', key: 'cn', values: ['a', 'A'] } },
    {
      code: 'constraintViolation',
      made: { operation: 'replace', key: 'employeeNumber', values: ['a', 'b'] },
    },
    { code: 'invalidAttributeSyntax', made: { operation: 'replace', key: 'mail', values: ['\u00e9'] } },
    {
      code: 'objectClassModsProhibited',
      dn: `cn=Desk,${ADA}`,
      made: { operation: 'replace', key: 'objectClass', values: ['applicationProcess'] },
    },
  ])('$made.operation $made.key $made.values: $code', ({ code, dn = ADA, made }) => {
    expect(modify(dn, made).code).toBe(code);
  });

  it('may add an object class with what it demands', () => {
    const { code, entry } = modify(
      ADA,
      { operation: 'add', key: 'objectClass', values: ['posixAccount'] },
      { operation: 'add', key: 'uidNumber', values: ['1'] },
      { operation: 'add', key: 'gidNumber', values: ['1'] },
      { operation: 'add', key: 'homeDirectory', values: ['/'] },
    );
    expect([code, entry?.values('objectclass').includes('posixAccount')]).toEqual(['success', true]);
  });
});
