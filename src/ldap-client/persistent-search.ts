// The control of a search that goes on (draft-ietf-ldapext-psearch-03 §3).

import { ChangeType, writePersistentSearch } from '../codec/persistent-search-control.ts';
import type { Control } from '../ldap/control.ts';
import { Oid } from '../ldap/oids.ts';

/** What is there comes first, then what changes, in whatever way. */
export function persistentSearch(): Control {
  const { add, delete: removed, modify, modifyDn } = ChangeType;
  const value = writePersistentSearch({
    changeTypes: add | removed | modify | modifyDn,
    changesOnly: false,
    returnNotifications: false,
  });
  return { oid: Oid.persistentSearch, criticality: true, value };
}
