// The entry of an object that is to be created: its classes, its name, and what was given for its properties.

import type { ObjectDefinition } from '../../config/object-definition.ts';
import type { Dn } from '../../ldap/dn.ts';
import { Attribute, Entry } from '../../ldap/entry.ts';
import { attributesOf, type PropertyEdits } from './property-edit.ts';

/** Accounts are of a class that says nothing of what else they are (RFC 4519 §3.12). */
const PERSON = 'person';

/** Returns the entry of a new object: its classes from the most general one, its name, and the edits. */
export function newEntry(dn: Dn, kind: ObjectDefinition, edits: PropertyEdits): Entry {
  const classes: string[] = [];
  for (let at: ObjectDefinition | undefined = kind; at !== undefined; at = at.parent) {
    classes.unshift(at.objectClass.name);
  }
  const { namingAttribute, objectClass } = kind;
  const isPerson = objectClass.kind === 'auxiliary';
  const named = new Attribute(namingAttribute, [dn.name]);
  return new Entry(dn, [
    new Attribute('objectClass', ['top', ...(isPerson ? [PERSON] : []), ...classes]),
    named,
    ...(isPerson ? [new Attribute('sn', [dn.name])] : []),
    ...attributesOf(edits).filter(({ key }) => key !== named.key),
  ]);
}
