// What of the entries of a memory backend decides who a client is, besides what is in config/login-decisions.ts: their
// passwords and names, because an entry with a password is an account, and certificates where a connection handler takes
// its authorities from entries. An entry may be deleted by whoever may change
// entries.

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

/**
 * Throws insufficientAccessRights (50) by what a change touches, before passwords are compared or hashed: whoever may not
 * set them does not find out by a refusal what they are.
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
 * Throws insufficientAccessRights (50) by what an effect changes, whichever way it came about.
 * @param trustBases the keys of the names below which entries hold authorities for clients' certificates.
 */
export function requireMemoryLoginRights(
  { dn, key, from, before, after }: Effect,
  requester: Requester,
  trustBases: () => Iterable<string>,
): void {
  if (after === undefined || requester.privileges.has(NEEDED)) return;
  // Under another name a password is the password of somebody else.
  const earlier = from === undefined ? before : undefined;
  if (
    !requester.privileges.has(RESET) &&
    hasNew(earlier, after, (attribute) => attribute.key === PASSWORD_KEY)
  )
    throw passwordRefusal(dn, requester);
  if (!hasNew(earlier, after, isCertificateAttribute)) return;
  for (const base of trustBases()) {
    if (!isAtOrBelow(key, base)) continue;
    const what = 'its certificate decides which certificates of clients are trusted';
    throw refusal(dn, what, NEEDED, requester);
  }
}

/** Whether the entry has a value that it did not have before. */
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

function passwordRefusal(dn: Dn, requester: Requester): LdapError {
  return refusal(dn, 'userPassword decides who may log in', `${NEEDED} or ${RESET}`, requester);
}

function refusal(dn: Dn, what: string, privileges: string, requester: Requester): LdapError {
  const who = requester.dn === '' ? 'An anonymous client' : requester.dn;
  const text = `${who} may not change ${dn}: ${what}. That needs the privilege ${privileges}.`;
  return new LdapError('insufficientAccessRights', text);
}
