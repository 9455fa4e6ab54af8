// The control of a persistent search (draft-ietf-ldapext-psearch-03 §3).

import { ChangeType, writePersistentSearch } from '../codec/persistent-search-control.ts';
import type { Control } from '../ldap/control.ts';
import { Oid } from '../ldap/oids.ts';

/** Returns a control for all kinds of changes; existing entries come first, unless `changesOnly`. */
export function persistentSearch({ changesOnly = false } = {}): Control {
  const { add, delete: removed, modify, modifyDn } = ChangeType;
  const value = writePersistentSearch({
    changeTypes: add | removed | modify | modifyDn,
    changesOnly,
    returnNotifications: false,
  });
  return { oid: Oid.persistentSearch, criticality: true, value };
}
