// The control of a search that goes on (draft-ietf-ldapext-psearch-03 §3).

import { ChangeType, writePersistentSearch } from '../codec/persistent-search-control.ts';
import type { Control } from '../ldap/control.ts';
import { Oid } from '../ldap/oids.ts';

/** What is there comes first unless only changes are wanted, then what changes, in whatever way. */
export function persistentSearch({ changesOnly = false } = {}): Control {
  const { add, delete: removed, modify, modifyDn } = ChangeType;
  const value = writePersistentSearch({
    changeTypes: add | removed | modify | modifyDn,
    changesOnly,
    returnNotifications: false,
  });
  return { oid: Oid.persistentSearch, criticality: true, value };
}
