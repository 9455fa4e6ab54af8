// The root DSE: what this server can do and where its trees are (RFC 4512 §5.1, vendor: RFC 3045).

import { Dn } from '../ldap/dn.ts';
import { Entry } from '../ldap/entry.ts';
import { Oid } from '../ldap/oids.ts';

export interface RootDseFacts {
  readonly namingContexts: readonly string[];
  readonly supportedExtensions: readonly string[];
  readonly vendorVersion: string;
}

export function rootDse({ namingContexts, supportedExtensions, vendorVersion }: RootDseFacts): Entry {
  return Entry.of(Dn.root, {
    objectClass: ['top', 'extensibleObject'],
    namingContexts,
    supportedLDAPVersion: '3',
    supportedExtension: supportedExtensions,
    supportedFeatures: [Oid.allOperationalAttributes, Oid.absoluteTrueAndFalseFilters, Oid.increment],
    vendorName: 'confdit',
    vendorVersion,
  });
}
