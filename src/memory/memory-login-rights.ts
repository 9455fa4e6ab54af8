// The attributes of a memory backend's entries that decide who a client is, besides those in config/login-decisions.ts:
// passwords and names, because an entry with a password is an account, and certificates, if a connection handler takes its
// authorities from entries. Any requester who may change entries may delete them.

import type { Requester } from '../backend/backend.ts';
import { isCertificateAttribute } from '../backend/entry-certificates.ts';
import type { Privilege } from '../config/objects/root-dn-user.ts';
import type { Effect } from '../directory/apply-change.ts';
import { type Change, dnOfChange } from '../ldap/change.ts';
import type { Dn } from '../ldap/dn.ts';
import { isAtOrBelow } from '../ldap/dn-key.ts';
import type { Attribute, Entry } from '../ldap/entry.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { Schema } from '../schema/schema.ts';

const NEEDED: Privilege = 'privilege-change';
const RESET: Privilege = 'password-reset';
const PASSWORD_KEY = 'userpassword';
/** Attributes of accounts besides passwords, with what they decide. */
const DECIDING: readonly (readonly [key: string, decides: string])[] = [
  ['ds-pwp-password-policy-dn', 'which password policy the account has'],
  ['ds-pwp-account-disabled', 'whether anybody may log in to the account'],
  ['ds-pwp-account-expiration-time', 'how long anybody may log in to the account'],
];

/**
 * Throws insufficientAccessRights (50), by the attributes that a change names. It is called before passwords are compared or
 * hashed, so that a refusal reveals nothing about them.
 */
export function requirePasswordRights(change: Change, requester: Requester, schema: Schema): void {
  if (requester.privileges.has(NEEDED) || requester.privileges.has(RESET)) return;
  const isPassword = ({ description }: Attribute) => schema.describe(description)?.type.key === PASSWORD_KEY;
  const attributes =
    change.type === 'add'
      ? change.entry.attributes
      : change.type === 'modify'
        ? change.modifications.map(({ attribute }) => attribute)
        : [];
  if (attributes.some(isPassword)) throw passwordRefusal(dnOfChange(change), requester);
}

/**
 * Throws insufficientAccessRights (50), by what an effect changes, however the effect came about.
 * @param trustBases keys of the base DNs of authorities for client certificates.
 */
export function requireMemoryLoginRights(
  { dn, key, from, before, after }: Effect,
  requester: Requester,
  trustBases: () => Iterable<string>,
): void {
  if (after === undefined || requester.privileges.has(NEEDED)) return;
  // With another name, the password would belong to another account.
  const earlier = from === undefined ? before : undefined;
  if (
    !requester.privileges.has(RESET) &&
    hasNew(earlier, after, (attribute) => attribute.key === PASSWORD_KEY)
  )
    throw passwordRefusal(dn, requester);
  for (const [name, decides] of DECIDING) {
    if (isSame(before?.find(name), after.find(name))) continue;
    throw refusal(dn, `${name} decides ${decides}`, NEEDED, requester);
  }
  if (!hasNew(earlier, after, isCertificateAttribute)) return;
  for (const base of trustBases()) {
    if (!isAtOrBelow(key, base)) continue;
    const what = 'its certificate decides which certificates of clients are trusted';
    throw refusal(dn, what, NEEDED, requester);
  }
}

/** Returns true if the entry has a new value. */
function hasNew(
  before: Entry | undefined,
  after: Entry,
  isMeant: (attribute: Attribute) => boolean,
): boolean {
  return after.attributes.some((attribute) => {
    if (!isMeant(attribute)) return false;
    const old = before?.find(attribute.key);
    return old !== attribute && !attribute.values.every((value) => old?.values.includes(value) === true);
  });
}

function isSame(one: Attribute | undefined, other: Attribute | undefined): boolean {
  return one === other || JSON.stringify(one?.values) === JSON.stringify(other?.values);
}

function passwordRefusal(dn: Dn, requester: Requester): LdapError {
  return refusal(dn, 'userPassword decides who may log in', `${NEEDED} or ${RESET}`, requester);
}

function refusal(dn: Dn, what: string, privileges: string, requester: Requester): LdapError {
  const who = requester.dn === '' ? 'An anonymous client' : requester.dn;
  const text = `${who} may not change ${dn}: ${what}. That needs the privilege ${privileges}.`;
  return new LdapError('insufficientAccessRights', text);
}
