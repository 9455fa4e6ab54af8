// What a change would do as far as rights depend on it: whether it is possible is not looked at. The values are of no account,
// only that they are others than before.

import type { Effect } from '../../directory/apply-change.ts';
import { type Change, dnOfChange } from '../../ldap/change.ts';
import { Attribute, type Entry } from '../../ldap/entry.ts';
import type { Schema } from '../../schema/schema.ts';

/** Returns the effect; undefined for a change of an entry that is not there, and for a rename. */
export function wantedEffect(change: Change, before: Entry | undefined, schema: Schema): Effect | undefined {
  const dn = dnOfChange(change);
  const place = { key: schema.dnKey(dn), parentKey: dn.parent && schema.dnKey(dn.parent), dn };
  if (change.type === 'add') return { ...place, before: undefined, after: change.entry };
  if (before === undefined || change.type === 'modifyDn') return undefined;
  return { ...place, before, after: change.type === 'delete' ? undefined : changed(before, change, schema) };
}

function changed(entry: Entry, { modifications }: Change & { type: 'modify' }, schema: Schema): Entry {
  const named = modifications.map(({ attribute: { description, key } }) => ({
    description,
    key: schema.describe(description)?.key ?? key,
  }));
  const keys = new Set(named.map(({ key }) => key));
  const others = entry.attributes.filter(({ key }) => !keys.has(key));
  return entry.withAttributes([
    ...others,
    ...named.map(({ description, key }) => new Attribute(description, ['another value'], key)),
  ]);
}
