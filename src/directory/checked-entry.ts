// The entry that comes out of an edit, with its classes completed and everything checked that the schema says.

import type { Dn } from '../ldap/dn.ts';
import { type Attribute, Entry } from '../ldap/entry.ts';
import { type Issue, refuseIfAny } from '../ldap/issue.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { checkClasses, completeClasses, findStructuralClass } from '../schema/check-classes.ts';
import { checkValues } from '../schema/check-values.ts';
import type { Schema } from '../schema/schema.ts';
import type { AttributeEditor } from './attribute-editor.ts';
import type { TreeView } from './tree-view.ts';

/**
 * Throws 17 19 20 21 64 65 69 when the schema does not allow the entry, with all that is wrong; `before` is undefined for a
 * new one. What the editor found is told first.
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
  // As they were given: completing the classes takes away those that are there twice.
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

/** The same name, and other values of the same attributes: the classes allow and demand what they did. */
function hasSameShape(before: Entry, after: Entry, editor: AttributeEditor): boolean {
  if (after.dn !== before.dn) return false;
  if (editor.touched.has('objectclass') || before.attributes.length !== after.attributes.length) return false;
  return after.attributes.every(({ key }, index) => before.attributes[index]?.key === key);
}

function withCompleteClasses(attribute: Attribute, schema: Schema): Attribute {
  if (attribute.key !== 'objectclass') return attribute;
  return attribute.withValues(completeClasses(schema, attribute.values));
}

/** RFC 4512 §2.4.2: what kind of thing an entry is does not change while it lives. */
function refuseOtherStructure(before: Entry, after: Entry, schema: Schema): void {
  const [was, is] = [before, after].map(
    (entry) => findStructuralClass(schema, entry.values('objectclass'))?.name,
  );
  if (was !== is) {
    throw new LdapError(
      'objectClassModsProhibited',
      `${after.dn}: objectClass cannot change the kind of an entry, from ${was} to ${is}. Delete the entry and add it anew.`,
    );
  }
}
