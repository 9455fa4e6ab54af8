// Checks the base DN from which an LDAP trust manager takes authorities: it must be in a tree of ordinary entries.
// Entries of the server's own trees have other purposes, and a user who may write one of them must not choose whom
// the server trusts.

import { isAtOrBelow } from '../../ldap/dn-key.ts';
import type { Issue } from '../../ldap/issue.ts';
import type { Schema } from '../../schema/schema.ts';
import type { ConfigurationObject } from '../configuration-object.ts';

/** ReferenceIndex key of the trust managers that take authorities from entries. */
export const ENTRY_TRUST_KEY = '(trusts entries)';

/** Top DNs of the server's own trees, served or not. */
export const OWN_TREES: readonly string[] = [
  'cn=config',
  'cn=effective',
  'cn=schema',
  'cn=monitor',
  'cn=tasks',
  'cn=changelog',
];

/** Returns true if the key is of the root DSE, or at or below the top of one of the server's own trees. */
export function isOwnTree(key: string, schema: Schema): boolean {
  if (key === '') return true;
  return OWN_TREES.map((top) => schema.dnKeyOfText(top)).some((top) => isAtOrBelow(key, top));
}

/** Refuses a base DN in one of the server's own trees (result code 53). */
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
