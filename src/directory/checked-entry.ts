// Makes the edited entry: completes its object classes and checks it against the schema.

import type { Dn } from '../ldap/dn.ts';
import { type Attribute, Entry } from '../ldap/entry.ts';
import { type Issue, refuseIfAny } from '../ldap/issue.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { checkClasses, completeClasses } from '../schema/check-classes.ts';
import { checkValues } from '../schema/check-values.ts';
import { findStructuralClass } from '../schema/object-class.ts';
import type { Schema } from '../schema/schema.ts';
import type { AttributeEditor } from './attribute-editor.ts';
import type { TreeView } from './tree-view.ts';

/**
 * Returns the entry after the edit. `before` is undefined for a new entry. Throws LdapError 17 19 20 21 64 65
 * 69 with all issues, those of the editor first.
 */
export function checkedEntry(
  dn: Dn,
  editor: AttributeEditor,
  view: TreeView,
  before: Entry | undefined,
): Entry {
  const { schema } = view;
  const given = editor.attributes;
  const attributes = editor.touched.has('objectclass')
    ? given.map((attribute) => withCompleteClasses(attribute, schema))
    : given;
  const entry = new Entry(dn, attributes);
  // Uses the attributes as given: completing the classes removes duplicates.
  const changed = given.filter(({ key }) => editor.touched.has(key));
  const issues: Issue[] = [
    ...editor.issues,
    ...checkValues(schema, dn, changed, (key, value) => view.isSecret(key, value)),
    ...(before !== undefined && hasSameShape(before, entry, editor) ? [] : checkClasses(schema, entry)),
  ];
  if (issues.length > 0) {
    const isAboutName = issues.some(({ code }) => code === 'notAllowedOnRdn');
    const own = issues.filter(({ code }) => !isAboutName || code !== 'namingViolation');
    refuseIfAny([...own, ...(view.checkFurther?.(entry, own) ?? [])]);
  }
  if (before !== undefined && editor.touched.has('objectclass')) refuseOtherStructure(before, entry, schema);
  return entry;
}

/** Returns true if the name and the set of attributes are unchanged, so that the object classes need no check. */
function hasSameShape(before: Entry, after: Entry, editor: AttributeEditor): boolean {
  if (after.dn !== before.dn) return false;
  if (editor.touched.has('objectclass') || before.attributes.length !== after.attributes.length) return false;
  return after.attributes.every(({ key }, index) => before.attributes[index]?.key === key);
}

function withCompleteClasses(attribute: Attribute, schema: Schema): Attribute {
  if (attribute.key !== 'objectclass') return attribute;
  return attribute.withValues(completeClasses(schema, attribute.values));
}

/** Refuses a change of the structural object class (RFC 4512 §2.4.2). */
function refuseOtherStructure(before: Entry, after: Entry, schema: Schema): void {
  const [was, is] = [before, after].map(
    (entry) => findStructuralClass(schema, entry.values('objectclass'))?.name,
  );
  if (was !== is) {
    throw new LdapError(
      'objectClassModsProhibited',
      `${after.dn}: objectClass cannot change the kind of an entry, from ${was} to ${is}. Delete the entry and add it again.`,
    );
  }
}
