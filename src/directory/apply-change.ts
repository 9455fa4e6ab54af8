// A change applied to an entry: the schema gate of the write path. Pure: it takes what is there and returns what
// would be there, or throws the LdapError that answers the request (RFC 4511 §4.6–4.8).

import type { AddChange, Change, DeleteChange, ModifyChange } from '../ldap/change.ts';
import type { Dn } from '../ldap/dn.ts';
import { type Attribute, Entry } from '../ldap/entry.ts';
import { type Issue, refuseIfAny } from '../ldap/issue.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { checkClasses, completeClasses, findStructuralClass } from '../schema/check-classes.ts';
import { checkValues } from '../schema/check-values.ts';
import type { Schema } from '../schema/schema.ts';
import { AttributeEditor } from './attribute-editor.ts';

/** What `applyChange` may look at: the tree as the writer sees it. */
export interface TreeView {
  readonly schema: Schema;
  find(key: string): Entry | undefined;
  hasChildren(key: string): boolean;
  /** Whether values of this attribute must not be repeated in an error text. */
  isSecret(key: string): boolean;
}

/** What a change does to one place of the tree. */
export interface Effect {
  readonly key: string;
  readonly parentKey: string | undefined;
  readonly dn: Dn;
  readonly before: Entry | undefined;
  readonly after: Entry | undefined;
}

/** Answers with codes 16 17 19 20 21 32 64 65 66 67 68 69 when the change cannot be applied. */
export function applyChange(change: Change, view: TreeView): readonly Effect[] {
  switch (change.type) {
    case 'add':
      return [applyAdd(change, view)];
    case 'delete':
      return [applyDelete(change, view)];
    case 'modify':
      return [applyModify(change, view)];
    case 'modifyDn':
      throw new LdapError(
        'unwillingToPerform',
        `${change.dn}: entries cannot be renamed here. Add a new one and delete the old.`,
      );
  }
}

function applyAdd({ entry }: AddChange, view: TreeView): Effect {
  const place = placeOf(entry.dn, view);
  if (view.find(place.key) !== undefined) {
    throw new LdapError(
      'entryAlreadyExists',
      `${entry.dn}: an entry of this name exists already. Modify it, or choose another name.`,
    );
  }
  if (place.parentKey !== undefined && view.find(place.parentKey) === undefined)
    throw noSuchObject(entry.dn, view);
  const editor = new AttributeEditor(entry.dn, [], view);
  for (const attribute of entry.attributes) editor.set(attribute);
  refuseIfAny(editor.issues);
  editor.addRdnValues();
  return { ...place, before: undefined, after: checkedEntry(entry.dn, editor, view) };
}

function applyDelete({ dn }: DeleteChange, view: TreeView): Effect {
  const place = placeOf(dn, view);
  const before = view.find(place.key);
  if (before === undefined) throw noSuchObject(dn, view);
  if (view.hasChildren(place.key)) {
    throw new LdapError('notAllowedOnNonLeaf', `${dn}: has entries below it. Delete those first.`);
  }
  return { ...place, before, after: undefined };
}

function applyModify({ dn, modifications }: ModifyChange, view: TreeView): Effect {
  const place = placeOf(dn, view);
  const before = view.find(place.key);
  if (before === undefined) throw noSuchObject(dn, view);
  const editor = new AttributeEditor(before.dn, before.attributes, view);
  for (const modification of modifications) editor.apply(modification);
  refuseIfAny(editor.issues);
  editor.requireRdnValues();
  return { ...place, before, after: checkedEntry(before.dn, editor, view, before) };
}

/** The entry with its classes completed and everything checked that the schema says. */
function checkedEntry(dn: Dn, editor: AttributeEditor, view: TreeView, before?: Entry): Entry {
  const { schema } = view;
  const attributes = editor.touched.has('objectclass')
    ? editor.attributes.map((attribute) => withCompleteClasses(attribute, schema))
    : editor.attributes;
  const entry = new Entry(dn, attributes);
  const changed = attributes.filter(({ key }) => editor.touched.has(key));
  const issues: Issue[] = [
    ...checkValues(schema, dn, changed, (key) => view.isSecret(key)),
    ...checkClasses(schema, entry),
  ];
  refuseIfAny(issues);
  if (before !== undefined && editor.touched.has('objectclass')) refuseOtherStructure(before, entry, schema);
  return entry;
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

function placeOf(dn: Dn, view: TreeView): { key: string; parentKey: string | undefined; dn: Dn } {
  const parent = dn.parent;
  const parentKey = parent === undefined || parent.isRoot ? undefined : view.schema.dnKey(parent);
  return { key: view.schema.dnKey(dn), parentKey, dn };
}

/** 32, with the deepest ancestor that is there as matchedDN (RFC 4511 §4.1.9). */
export function noSuchObject(dn: Dn, view: Pick<TreeView, 'schema' | 'find'>): LdapError {
  const matchedDn = deepestAncestor(dn, view);
  const where = matchedDn === undefined ? '' : ` The deepest entry of that name that exists is ${matchedDn}.`;
  const options = matchedDn === undefined ? {} : { matchedDn };
  return new LdapError('noSuchObject', `${dn}: there is no such entry.${where}`, options);
}

function deepestAncestor(dn: Dn, view: Pick<TreeView, 'schema' | 'find'>): Dn | undefined {
  for (let above = dn.parent; above !== undefined && !above.isRoot; above = above.parent) {
    const entry = view.find(view.schema.dnKey(above));
    if (entry !== undefined) return entry.dn;
  }
  return undefined;
}
