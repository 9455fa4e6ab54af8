// Modify DN (RFC 4511 §4.9): renames an entry or moves it with its subtree. The cost grows with the number of
// moved entries.

import type { ModifyDnChange } from '../ldap/change.ts';
import { Dn, RDNS_MAX } from '../ldap/dn.ts';
import { isAtOrBelow } from '../ldap/dn-key.ts';
import { type Attribute, Entry } from '../ldap/entry.ts';
import { refuseIfAny } from '../ldap/issue.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { AttributeEditor, type EditorView } from './attribute-editor.ts';
import { checkedEntry } from './checked-entry.ts';
import { type Effect, noSuchObject, placeOf, type TreePosition, type TreeView } from './tree-view.ts';

/** Returns one effect for every moved entry, parents first. Throws LdapError 17 19 21 32 53 64 65 68 71. */
export function applyModifyDn(change: ModifyDnChange, view: TreeView): readonly Effect[] {
  const { schema } = view;
  const from = placeOf(change.dn, view);
  const before = view.find(from.key);
  if (before === undefined) throw noSuchObject(change.dn, view);
  const dn = newNameOf(change, before, from, view);
  if (dn.rdns.length > RDNS_MAX) throw tooDeep(before.dn);
  const key = schema.dnKey(dn);
  if (key !== from.key && view.find(key) !== undefined) {
    throw new LdapError(
      'entryAlreadyExists',
      `${dn}: an entry of this name exists already. Choose another name for ${before.dn}.`,
    );
  }
  const parentKey =
    from.parentKey === undefined ? undefined : key.slice(schema.rdnKey(change.newRdn).length + 1);
  const after = checkedEntry(dn, editorOf(change, before, dn, view), view, before);
  const moved: Effect = { key, parentKey, dn, before, after, ...cameFrom(from, key) };
  return [moved, ...carriedAlong(moved, from.key, view)];
}

/** Returns the new DN of the entry. Throws LdapError if the new place is not possible. */
function newNameOf(
  { newRdn, newSuperior }: ModifyDnChange,
  { dn }: Entry,
  from: TreePosition,
  view: TreeView,
): Dn {
  const { schema } = view;
  if (from.parentKey === undefined) {
    const isSameName = schema.rdnKey(newRdn) === schema.rdnKey(dn.rdn ?? []);
    if (newSuperior === undefined && isSameName) return (dn.parent ?? Dn.root).child(newRdn);
    throw new LdapError(
      'unwillingToPerform',
      `${dn}: is the top of its tree and keeps its name and its place. The configuration of the backend says what it is.`,
    );
  }
  if (newSuperior === undefined) return parentEntryOf(from.parentKey, dn, view).dn.child(newRdn);
  const superiorKey = schema.dnKey(newSuperior);
  if (isAtOrBelow(superiorKey, from.key)) {
    throw new LdapError('unwillingToPerform', `${dn}: cannot be moved below itself, to ${newSuperior}.`);
  }
  return parentEntryOf(superiorKey, newSuperior, view).dn.child(newRdn);
}

/** Finds the new superior. The new DN takes the stored spelling of the superior, not the client's. */
function parentEntryOf(key: string, dn: Dn, view: TreeView): Entry {
  const parent = view.find(key);
  if (parent !== undefined) return parent;
  if (!isInTree(key, view)) {
    throw new LdapError(
      'affectsMultipleDsas',
      `${dn}: is in another tree. Entries are moved within their tree; add it there and delete it here.`,
    );
  }
  throw noSuchObject(dn, view);
}

function isInTree(key: string, view: TreeView): boolean {
  for (let at = key; ; ) {
    if (view.isTop(at)) return true;
    const comma = at.indexOf(',');
    if (comma < 0) return false;
    at = at.slice(comma + 1);
  }
}

/** Returns the attributes of the entry after the rename. */
export function renamedAttributes(
  change: ModifyDnChange,
  before: Entry,
  schema: TreeView['schema'],
): readonly Attribute[] {
  const dn = (before.dn.parent ?? Dn.root).child(change.newRdn);
  return editorOf(change, before, dn, { schema, isSecret: () => false }).attributes;
}

/**
 * Edits the attributes: adds the values of the new RDN, and removes those of the old one if deleteOldRdn is
 * set.
 */
function editorOf(
  { deleteOldRdn }: ModifyDnChange,
  before: Entry,
  dn: Dn,
  view: EditorView,
): AttributeEditor {
  const editor = new AttributeEditor(dn, before.attributes, view);
  if (deleteOldRdn) editor.removeRdnValues(before.dn.rdn ?? []);
  editor.addRdnValues();
  refuseIfAny(editor.issues);
  return editor;
}

/** Yields the effects on the subtree of the entry: only the DNs change. */
function* carriedAlong(above: Effect, oldKey: string, view: TreeView): Generator<Effect> {
  const levels = [{ above, keys: view.childKeys(oldKey)[Symbol.iterator]() }];
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    const { value: from, done } = level.keys.next();
    if (done === true) {
      levels.pop();
      continue;
    }
    const before = view.find(from);
    const rdn = before?.dn.rdn;
    if (before === undefined || rdn === undefined) continue;
    const dn = level.above.dn.child(rdn);
    if (dn.rdns.length > RDNS_MAX) throw tooDeep(before.dn);
    const parentKey = level.above.key;
    const key = `${from.slice(0, from.indexOf(','))},${parentKey}`;
    const place = { key: from, parentKey: level.above.from?.key ?? parentKey };
    const after = new Entry(dn, before.attributes);
    const effect = { key, parentKey, dn, before, after, isCarriedAlong: true, ...cameFrom(place, key) };
    yield effect;
    levels.push({ above: effect, keys: view.childKeys(from)[Symbol.iterator]() });
  }
}

/** Returns the old place of a moved entry; an empty object if only the spelling of the DN changes. */
function cameFrom({ key, parentKey }: TreePosition, newKey: string): { readonly from?: TreePosition } {
  return key === newKey ? {} : { from: { key, parentKey } };
}

function tooDeep(dn: Dn): LdapError {
  return new LdapError(
    'unwillingToPerform',
    `${dn}: would get a name of more than ${RDNS_MAX} parts. Move the entries to a place that is less deep.`,
  );
}
