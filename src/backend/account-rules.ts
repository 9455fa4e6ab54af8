// What may be changed about accounts, beyond the right to change the configuration: nobody gives privileges, or takes
// over an account that has more of them, without being allowed to.

import type { Privilege } from '../config/objects/root-dn-user.ts';
import { type Change, dnOfChange } from '../ldap/change.ts';
import type { Attribute, Entry } from '../ldap/entry.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { Schema } from '../schema/schema.ts';
import type { Requester } from './backend.ts';

const PRIVILEGE_KEY = 'ds-privilege-name';
/** Whoever sets one of these on an account can log in to it. */
const CREDENTIAL_KEYS: ReadonlySet<string> = new Set([
  'userpassword',
  'ds-certificate-subject-dn',
  'ds-certificate-fingerprint',
]);

/** Throws insufficientAccessRights (50). Takes the entry as it is now; without one there is nothing to take over. */
export function requireAccountRights(
  change: Change,
  requester: Requester,
  schema: Schema,
  entry: Entry | undefined,
): void {
  const touched = attributesOf(change).map(({ description }) => schema.describe(description)?.type.key ?? '');
  if (touched.includes(PRIVILEGE_KEY)) {
    requirePrivilege('privilege-change', `set ${PRIVILEGE_KEY} of ${dnOfChange(change)}`, requester);
  }
  if (change.type !== 'modify' || entry === undefined) return;
  if (!touched.some((key) => CREDENTIAL_KEYS.has(key))) return;
  const what = `set the credentials of ${entry.dn}`;
  requirePrivilege('password-reset', what, requester);
  const missing = privilegesOf(entry).filter((privilege) => !requester.privileges.has(privilege));
  if (missing.length > 0) {
    throw refusal(what, requester, `that account has privileges you lack: ${missing.join(', ')}`);
  }
}

function attributesOf(change: Change): readonly Attribute[] {
  if (change.type === 'add') return change.entry.attributes;
  return change.type === 'modify' ? change.modifications.map(({ attribute }) => attribute) : [];
}

function privilegesOf(entry: Entry): readonly string[] {
  return entry.values(PRIVILEGE_KEY).map((name) => name.toLowerCase());
}

function requirePrivilege(privilege: Privilege, what: string, requester: Requester): void {
  if (!requester.privileges.has(privilege))
    throw refusal(what, requester, `that needs the privilege ${privilege}`);
}

function refusal(what: string, requester: Requester, why: string): LdapError {
  const who = requester.dn === '' ? 'An anonymous client' : requester.dn;
  return new LdapError('insufficientAccessRights', `${who} may not ${what}: ${why}.`);
}
