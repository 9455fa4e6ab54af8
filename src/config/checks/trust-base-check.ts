// Where an LDAP trust manager may take authorities from: a tree of ordinary entries. In the trees of the server itself
// entries are there for another reason, and whoever may write one of them must not choose whom the server trusts.

import { isAtOrBelow } from '../../ldap/dn-key.ts';
import type { Issue } from '../../ldap/issue.ts';
import type { Schema } from '../../schema/schema.ts';
import type { ConfigurationObject } from '../configuration-object.ts';

/** The trust managers that take authorities from entries refer to it, in a ReferenceIndex. */
export const ENTRY_TRUST_KEY = '(trusts entries)';

/** The tops of the trees that the server has for itself, whether they are open or not. */
export const OWN_TREES: readonly string[] = [
  'cn=config',
  'cn=effective',
  'cn=schema',
  'cn=monitor',
  'cn=tasks',
  'cn=changelog',
];

/** Whether the key of a name is that of the root DSE, or at or below the top of a tree of the server itself. */
export function isOwnTree(key: string, schema: Schema): boolean {
  if (key === '') return true;
  return OWN_TREES.map((top) => schema.dnKeyOfText(top)).some((top) => isAtOrBelow(key, top));
}

/** Refuses (53) a base DN in a tree of the server itself. */
export function checkTrustBase(object: ConfigurationObject | undefined, schema: Schema): readonly Issue[] {
  if (object?.kind !== 'ldap-trust-manager-provider') return [];
  const { dn, baseDn } = object;
  if (!isOwnTree(schema.dnKey(baseDn), schema)) return [];
  return [
    {
      code: 'unwillingToPerform',
      dn: dn.toString(),
      property: 'base-dn',
      received: baseDn.toString(),
      problem: 'is in a tree of the server itself, whose entries are no place for authorities',
      advice: 'Name a tree of a memory backend.',
    },
  ];
}
