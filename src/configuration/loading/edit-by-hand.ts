// What somebody meant who edited the file of the configuration while no server was running: the changes that bring it
// about, on top of whatever came after the file was written.

import { changesOf, userAttributes } from '../../directory/entry-difference.ts';
import type { Change, EntryDifference } from '../../ldap/change.ts';
import type { Attribute, Entry } from '../../ldap/entry.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import type { Schema } from '../../schema/schema.ts';

export interface EditByHand {
  readonly schema: Schema;
  /** Present entries, by the keys of their names. */
  readonly present: ReadonlyMap<string, Entry>;
  /** Entries of the file before the edit. If undefined, they are not known, and the file as it is now replaces everything. */
  readonly original: readonly Entry[] | undefined;
  readonly edited: readonly Entry[];
}

/** None when everything is already as the edit wants it. Throws LdapError for a name that stands twice. */
export function changesOfEdit({ schema, present, original, edited }: EditByHand): Change[] {
  const wanted = byKey(edited, schema);
  const before = original === undefined ? present : byKey(original, schema);
  const differences: EntryDifference[] = [];
  for (const key of new Set([...before.keys(), ...wanted.keys()])) {
    const [old, asked, now] = [before.get(key), wanted.get(key), present.get(key)];
    if (old !== undefined && asked !== undefined && textOf(old, schema) === textOf(asked, schema)) continue;
    const after = asked === undefined ? undefined : merged(old, asked, now, schema);
    differences.push({ key, before: now, after });
  }
  return changesOf(differences, schema);
}

/** Of an entry that was changed since, only the attributes that were edited are taken. */
function merged(old: Entry | undefined, asked: Entry, now: Entry | undefined, schema: Schema): Entry {
  if (old === undefined || now === undefined || textOf(old, schema) === textOf(now, schema)) return asked;
  let entry = now.withAttributes(userAttributes(now, schema));
  const [oldAttributes, askedAttributes] = [userAttributes(old, schema), userAttributes(asked, schema)];
  for (const attribute of askedAttributes) {
    const known = oldAttributes.find(({ key }) => key === attribute.key);
    if (known !== undefined && isSame(known, attribute)) continue;
    const attributes = entry.attributes.map((one) => (one.key === attribute.key ? attribute : one));
    entry = entry.withAttributes(attributes.includes(attribute) ? attributes : [...attributes, attribute]);
  }
  const gone = oldAttributes.filter(({ key }) => !askedAttributes.some((one) => one.key === key));
  return entry.withAttributes(entry.attributes.filter(({ key }) => !gone.some((one) => one.key === key)));
}

function byKey(entries: readonly Entry[], schema: Schema): Map<string, Entry> {
  const found = new Map<string, Entry>();
  for (const entry of entries) {
    const key = schema.dnKey(entry.dn);
    if (found.has(key)) {
      throw new LdapError('entryAlreadyExists', `${entry.dn} is in the file twice. Remove one of the two.`);
    }
    found.set(key, entry);
  }
  return found;
}

function textOf(entry: Entry, schema: Schema): string {
  const attributes = userAttributes(entry, schema).map(({ description, values }) => [description, values]);
  return JSON.stringify([entry.dn.toString(), attributes]);
}

function isSame(one: Attribute, other: Attribute): boolean {
  return JSON.stringify(one.values) === JSON.stringify(other.values);
}
