// A tree of ordinary entries to try changes on: the schema files of the project, and people below dc=example,dc=com.

import { readLdif } from '../../src/codec/ldif-reader.ts';
import { searchTree } from '../../src/directory/search-tree.ts';
import type { Change } from '../../src/ldap/change.ts';
import { Dn } from '../../src/ldap/dn.ts';
import type { Entry } from '../../src/ldap/entry.ts';
import { LdapError } from '../../src/ldap/ldap-error.ts';
import { SearchScope } from '../../src/ldap/message.ts';
import type { Rdn } from '../../src/ldap/rdn.ts';
import { nameOfResultCode } from '../../src/ldap/result-code.ts';
import { MemoryTree } from '../../src/memory/memory-tree.ts';
import { schema } from '../config/configuration.ts';

export const SUFFIX = 'dc=example,dc=com';

export const PEOPLE = `dn: dc=example,dc=com
objectClass: domain
dc: example

dn: ou=People,dc=example,dc=com
objectClass: organizationalUnit
ou: People

dn: ou=Groups,dc=example,dc=com
objectClass: organizationalUnit
ou: Groups

dn: uid=ada,ou=People,dc=example,dc=com
objectClass: inetOrgPerson
uid: ada
cn: Ada Lovelace
sn: Lovelace
mail: ada@example.com

dn: cn=Desk,uid=ada,ou=People,dc=example,dc=com
objectClass: device
cn: Desk

dn: cn=Lamp,cn=Desk,uid=ada,ou=People,dc=example,dc=com
objectClass: device
cn: Lamp

dn: uid=grace,ou=People,dc=example,dc=com
objectClass: inetOrgPerson
uid: grace
cn: Grace Hopper
sn: Hopper
`;

export function entriesOf(ldif: string): Entry[] {
  return readLdif(ldif).flatMap((record) => (record.type === 'content' ? [record.entry] : []));
}

export const MADE = { at: new Date(0), by: 'cn=admin', id: '00000000-0000-4000-8000-000000000000' };

export function memoryTree(entryLimit = 1000): MemoryTree {
  return new MemoryTree({
    schema,
    topKeys: new Set([schema.dnKeyOfText(SUFFIX)]),
    isSecret: (key) => key === 'userpassword',
    entryLimit: () => entryLimit,
    permit: () => {},
  });
}

/** With the people in it. */
export function peopleTree(): MemoryTree {
  const entries = memoryTree();
  for (const [index, entry] of entriesOf(PEOPLE).entries()) {
    const id = `00000000-0000-4000-8000-00000000000${index}`;
    apply(entries, { type: 'add', entry }, { ...MADE, id });
  }
  entries.tree.commit();
  return entries;
}

/** Stages what the change does. */
export function apply(entries: MemoryTree, change: Change, made = MADE): void {
  for (const effect of entries.apply(change, made)) entries.stage(effect);
}

/** The name of the result code. */
export function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof LdapError) return nameOfResultCode(error.code);
    throw error;
  }
  return 'success';
}

export interface Move {
  readonly rdn: string;
  readonly keepOld?: boolean;
  readonly to?: string;
}

export function moveOf(dn: string, { rdn, keepOld = false, to }: Move): Change {
  return {
    type: 'modifyDn',
    dn: Dn.parse(dn),
    newRdn: rdnOf(rdn),
    deleteOldRdn: !keepOld,
    newSuperior: to === undefined ? undefined : Dn.parse(to),
  };
}

function rdnOf(text: string): Rdn {
  return Dn.parse(text).rdn ?? [];
}

export function find(entries: MemoryTree, dn: string): Entry | undefined {
  return entries.tree.find(schema.dnKeyOfText(dn));
}

/** The names readers see, in the order of the tree. */
export function names(entries: MemoryTree): string[] {
  const base = entries.tree.findNode(schema.dnKeyOfText(SUFFIX));
  if (base === undefined) return [];
  const found = searchTree(entries.tree, {
    base,
    scope: SearchScope.wholeSubtree,
    matches: () => true,
    see: (entry) => entry,
    terms: [],
  });
  return [...found].flatMap((entry) => (entry === undefined ? [] : [entry.dn.toString()]));
}
