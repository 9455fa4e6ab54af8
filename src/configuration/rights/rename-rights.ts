// Renames and moves by somebody who may not read or change all of what gets another name. Policies go by names, so a rename
// could show a stored secret, or a hidden attribute, to its author or to somebody else, and let its author do more.

import type { AccessPolicy, NewName } from '../../access/policy.ts';
import type { PolicyAccess } from '../../access/policy-access.ts';
import type { Requester } from '../../backend/backend.ts';
import type { BackendRights } from '../../backend/backend-rights.ts';
import type { EntryViews } from '../../backend/entry-views.ts';
import type { Permission } from '../../config/objects/global-access-control-policy.ts';
import type { Privilege } from '../../config/objects/root-dn-user.ts';
import type { ModifyDnChange } from '../../ldap/change.ts';
import { Dn } from '../../ldap/dn.ts';
import type { Entry } from '../../ldap/entry.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import type { Schema } from '../../schema/schema.ts';

const READ: Privilege = 'secret-read';
/** Rights that a policy gives besides reading, in words. */
const ACTS: ReadonlyMap<Permission, string> = new Map([
  ['write', 'change more of it'],
  ['verify', 'verify it'],
  ['send', 'send mail by it'],
]);
/** Those that go by attributes too. */
const BY_ATTRIBUTE: ReadonlySet<Permission> = new Set(['read', 'write']);

export interface RenameContext {
  readonly schema: Schema;
  readonly views: EntryViews;
  readonly rights: BackendRights;
}

/**
 * Throws insufficientAccessRights (50) for an entry that policies would show more of under its new name than now, or
 * would let the requester do more with, or notAllowedOnNonLeaf (66) where something below it may not be changed.
 * @param entries the renamed entry, and all below it
 */
export function requireRenameRights(
  change: ModifyDnChange,
  entries: Iterable<Entry>,
  requester: Requester,
  context: RenameContext,
): void {
  const { schema, views, rights } = context;
  const readsAll = rights.readsAll(requester);
  const writesAll = rights.writesAll(requester);
  if (writesAll && (requester.privileges.has(READ) || views.policies.all.size === 0)) return;
  const access = rights.accessOf(requester);
  const { names } = views.policies;
  const top = schema.dnKey(change.dn);
  const newTop = schema.dnKey(newNameOf(change));
  if (top === newTop) return;
  for (const entry of entries) {
    const key = schema.dnKey(entry.dn);
    const newKey = key.slice(0, key.length - top.length) + newTop;
    if (!writesAll && key !== top && !mayMove(access, key, newKey)) throw stays(change.dn);
    const name = { from: names.ofKey(key), to: names.ofKey(newKey) };
    const isMore =
      showsSecrets(entry, name, requester, context) ||
      (!readsAll && access !== undefined && givesMore('read', access, name, schema));
    if (isMore) throw showsMore(change, requester);
    if (writesAll || access === undefined) continue;
    for (const [permission, act] of ACTS)
      if (givesMore(permission, access, name, schema)) throw letsDoMore(change, requester, act);
  }
}

function mayMove(access: PolicyAccess | undefined, key: string, newKey: string): boolean {
  return [key, newKey].every((one) => access?.decideAt('write', one).isAllowed === true);
}

/** Returns true if somebody could read a secret under the new name that the requester cannot read now. */
function showsSecrets(
  entry: Entry,
  name: NewName,
  requester: Requester,
  { views, rights }: RenameContext,
): boolean {
  const grant = rights.sightOf(requester).grantAt(entry.dn);
  const { secretAttributes, mixedAttributes } = views.secrets;
  const hidden = [...secretAttributes, ...mixedAttributes].filter((key) => {
    // Where it is not known whether there is one, the answer does not say so.
    const isStored = grant?.reads(key) !== true || holdsSecret(entry, key, views);
    return isStored && grant?.readsSecrets(key) !== true;
  });
  if (hidden.length === 0) return false;
  const readers = newPolicies('read', views.policies.all.values(), name);
  return readers.some(({ attributes }) => hidden.some((key) => attributes.hasSecretsOf(key)));
}

function holdsSecret(entry: Entry, key: string, { secrets }: EntryViews): boolean {
  return entry
    .values(key)
    .some((value) => secrets.secretAttributes.has(key) || secrets.show(key, value) !== value);
}

/**
 * Returns true if policies give the requester a permission under the new name that they do not give now, or give it for an
 * attribute more, be that there or not.
 */
function givesMore(permission: Permission, access: PolicyAccess, name: NewName, schema: Schema): boolean {
  const more = newPolicies(permission, access.policies, name);
  if (more.length === 0) return false;
  const now = access.decide(permission, name.from).policies;
  if (now.length === 0) return true;
  if (!BY_ATTRIBUTE.has(permission)) return false;
  const have = (policies: readonly AccessPolicy[], key: string) =>
    policies.some(({ attributes }) => attributes.has(key));
  return schema.attributeTypes.some(({ key }) => have(more, key) && !have(now, key));
}

/** Returns the policies that give a permission on the entry when it has its new name, and do not now. */
function newPolicies(
  permission: Permission,
  policies: Iterable<AccessPolicy>,
  name: NewName,
): readonly AccessPolicy[] {
  return [...policies].filter(
    (policy) =>
      policy.permissions.has(permission) && policy.willBeAbout(name) && !policy.isAbout(name.from, ''),
  );
}

function newNameOf({ dn, newRdn, newSuperior }: ModifyDnChange): Dn {
  return (newSuperior ?? dn.parent ?? Dn.root).child(newRdn);
}

function showsMore(change: ModifyDnChange, requester: Requester): LdapError {
  return mayNotRename(
    change,
    requester,
    'access control policies would show more of it under that name than under the present one. ' +
      'Choose another name, or have the right to read all of it.',
  );
}

function letsDoMore(change: ModifyDnChange, requester: Requester, act: string): LdapError {
  return mayNotRename(
    change,
    requester,
    `access control policies let this account ${act} under that name, and not under the present one. ` +
      'Choose another name, or have somebody rename it who may change every entry.',
  );
}

function mayNotRename(change: ModifyDnChange, { dn: who }: Requester, reason: string): LdapError {
  return new LdapError(
    'insufficientAccessRights',
    `${who === '' ? 'An anonymous client' : who} may not rename ${change.dn} to ${newNameOf(change)}: ${reason}`,
  );
}

function stays(dn: Dn): LdapError {
  return new LdapError('notAllowedOnNonLeaf', `${dn}: something below it may not be changed.`);
}
