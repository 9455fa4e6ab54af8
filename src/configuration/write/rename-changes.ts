// A rename of an object of the configuration as the changes that it comes to: the entry gets another name, and whatever
// refers to it is written again in the same commit. So the journal, the changelog and whoever watches need no word of
// renames but modrdn (RFC 4511 §4.9), and what they have can be repeated record by record.

import type { PendingChanges } from '../../config/admin-actions.ts';
import { followingNames, policyNameKey } from '../../config/policy-names.ts';
import type { PropertyValidator } from '../../config/property-validator.ts';
import type { NewNames } from '../../config/renamed-references.ts';
import { hasExpression } from '../../expression/template.ts';
import type { Change, ModifyDnChange } from '../../ldap/change.ts';
import { Dn } from '../../ldap/dn.ts';
import type { Entry } from '../../ldap/entry.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import type { Schema } from '../../schema/schema.ts';

/** The configuration as the writer sees it before the change. */
export interface RenameView {
  readonly schema: Schema;
  readonly validator: PropertyValidator;
  find(key: string): Entry | undefined;
  /** The keys of the entries that name this one, as they are written or in force. */
  referrers(key: string): Iterable<string>;
  pending(entry: Entry): PendingChanges | undefined;
}

/**
 * Returns the rename first, then a modify for each entry with a reference to it. Throws unwillingToPerform (53) for what
 * keeps its name, for a move to another container, and where a reference cannot follow. An entry that is not there, or a
 * name that is taken, is found when the rename is applied.
 */
export function renameChanges(change: ModifyDnChange, view: RenameView): readonly Change[] {
  const { schema, validator } = view;
  const key = schema.dnKey(change.dn);
  const entry = view.find(key);
  if (entry === undefined) return [change];
  refuseContainer(entry, key, view);
  const parent = entry.dn.parent ?? Dn.root;
  refuseOtherContainer(change, entry, parent, schema);
  const dn = parent.child(change.newRdn);
  const names: NewNames = new Map([[key, dn]]);
  const followers = [...view.referrers(key)].flatMap((referrer): readonly Change[] => {
    const found = view.find(referrer);
    if (found === undefined) return [];
    const { modifications, stuck } = validator.followingReferences(found, view.pending(found), names);
    if (stuck !== undefined) throw cannotFollow(entry, found, stuck);
    // An object that names itself is found under its new name.
    const place = referrer === key ? dn : found.dn;
    return modifications.length === 0 ? [] : [{ type: 'modify', dn: place, modifications }];
  });
  return [change, ...followers, ...policyFollowers(entry, key, names, view)];
}

/** The policies that name an entry go on naming it. */
function policyFollowers(entry: Entry, key: string, names: NewNames, view: RenameView): readonly Change[] {
  return [...view.referrers(policyNameKey(key))].flatMap((referrer): readonly Change[] => {
    const policy = view.find(referrer);
    if (policy === undefined) return [];
    const { modifications, stuck } = followingNames(policy, names, view.schema);
    if (modifications.length > 0) return [{ type: 'modify', dn: policy.dn, modifications }];
    if (stuck === undefined) return [];
    const written = policy.values(stuck.toLowerCase()).find(hasExpression);
    throw cannotFollow(entry, policy, { attribute: stuck, written });
  });
}

function refuseContainer({ dn }: Entry, key: string, { validator }: RenameView): void {
  const kind = validator.definitions.findAtPlace(key);
  if (kind === undefined) return;
  throw new LdapError(
    'unwillingToPerform',
    `${dn}: is the ${kind.friendlyName.toLowerCase()} of the configuration and keeps its name. Objects below it can be renamed.`,
  );
}

function refuseOtherContainer(change: ModifyDnChange, { dn }: Entry, parent: Dn, schema: Schema): void {
  const { newSuperior } = change;
  if (newSuperior === undefined || schema.dnKey(newSuperior) === schema.dnKey(parent)) return;
  throw new LdapError(
    'unwillingToPerform',
    `${dn}: cannot be moved to ${newSuperior}. An object of the configuration is renamed within its container, ${parent}: ` +
      'give only a new RDN.',
  );
}

function cannotFollow(
  { dn }: Entry,
  referrer: Entry,
  { attribute, written }: { readonly attribute: string; readonly written: string | undefined },
): LdapError {
  const by = written === undefined ? 'its default' : `the expression ${JSON.stringify(written)}`;
  return new LdapError(
    'unwillingToPerform',
    `${dn}: cannot be renamed: ${referrer.dn} names it in ${attribute} by ${by}, which cannot follow. ` +
      `Write another value into ${attribute} first, or change what ${attribute} is made of.`,
  );
}

/** Returns the key of the old name and the new name, for a rename. */
export function newNameOf(change: Change, schema: Schema): readonly (readonly [string, Dn])[] {
  if (change.type !== 'modifyDn') return [];
  const parent = change.newSuperior ?? change.dn.parent ?? Dn.root;
  return [[schema.dnKey(change.dn), parent.child(change.newRdn)]];
}
