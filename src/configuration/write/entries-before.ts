// The entries that several changes of one request are about.

import { type Change, dnOfChange } from '../../ldap/change.ts';
import { Dn } from '../../ldap/dn.ts';
import type { Entry } from '../../ldap/entry.ts';
import type { Schema } from '../../schema/schema.ts';

/** Returns the entry that each change is about, as it is before all of them: by the name that those before give it. */
export function entriesBefore(
  changes: readonly Change[],
  schema: Schema,
  find: (key: string) => Entry | undefined,
): readonly (Entry | undefined)[] {
  const renamed = new Map<string, Entry | undefined>();
  return changes.map((change) => {
    const dn = dnOfChange(change);
    const key = schema.dnKey(dn);
    const entry = renamed.has(key) ? renamed.get(key) : find(key);
    if (change.type !== 'modifyDn') return entry;
    const parent = change.newSuperior ?? dn.parent ?? Dn.root;
    renamed.set(key, undefined);
    renamed.set(schema.dnKey(parent.child(change.newRdn)), entry);
    return entry;
  });
}
