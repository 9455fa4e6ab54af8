// Applies a change to an entry and checks the result against the schema. It is pure: it takes the present
// entries, and returns the effects or throws the LdapError that answers the request (RFC 4511 §4.6–4.9).

import type { AddChange, Change, DeleteChange, ModifyChange } from '../ldap/change.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { applyModifyDn } from './apply-modify-dn.ts';
import { AttributeEditor } from './attribute-editor.ts';
import { checkedEntry } from './checked-entry.ts';
import { type Effect, noSuchObject, placeOf, type TreeView } from './tree-view.ts';

export { type Effect, noSuchObject, type TreeView } from './tree-view.ts';

/**
 * Returns the effects of a change. The effect on the named entry comes first; a move has one effect for every
 * moved entry, parents first. Throws LdapError 16 17 19 20 21 32 53 64 65 66 67 68 69 71 if the change cannot
 * be applied.
 */
export function applyChange(change: Change, view: TreeView): readonly Effect[] {
  switch (change.type) {
    case 'add':
      return [applyAdd(change, view)];
    case 'delete':
      return [applyDelete(change, view)];
    case 'modify':
      return [applyModify(change, view)];
    case 'modifyDn':
      return applyModifyDn(change, view);
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
  editor.addRdnValues();
  return { ...place, before: undefined, after: checkedEntry(entry.dn, editor, view, undefined) };
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
  editor.requireRdnValues();
  return { ...place, before, after: checkedEntry(before.dn, editor, view, before) };
}
