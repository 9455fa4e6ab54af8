// The four ways a tree changes (RFC 4511 §4.6–4.9), shared by operations, LDIF change records and the journal.

import type { Dn } from './dn.ts';
import type { Attribute, Entry } from './entry.ts';
import type { Rdn } from './rdn.ts';

export interface Modification {
  readonly operation: 'add' | 'delete' | 'replace' | 'increment';
  /** The description as the client wrote it; the schema check replaces it with the schema's spelling. */
  readonly attribute: Attribute;
}

export interface AddChange {
  readonly type: 'add';
  readonly entry: Entry;
}

export interface DeleteChange {
  readonly type: 'delete';
  readonly dn: Dn;
}

export interface ModifyChange {
  readonly type: 'modify';
  readonly dn: Dn;
  readonly modifications: readonly Modification[];
}

export interface ModifyDnChange {
  readonly type: 'modifyDn';
  readonly dn: Dn;
  readonly newRdn: Rdn;
  readonly deleteOldRdn: boolean;
  readonly newSuperior: Dn | undefined;
}

export type Change = AddChange | DeleteChange | ModifyChange | ModifyDnChange;

/** One entry before and after a change: added if `before` is missing, deleted if `after` is. */
export interface EntryDifference {
  /** The key of the name. */
  readonly key: string;
  readonly before: Entry | undefined;
  readonly after: Entry | undefined;
}

/** Returns the name of the entry that a change is about. */
export function dnOfChange(change: Change): Dn {
  return change.type === 'add' ? change.entry.dn : change.dn;
}
