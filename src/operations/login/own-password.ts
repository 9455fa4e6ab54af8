// Whether a modify ends the login it is made by. Whoever replaces its own password knows the new one, so that login goes
// on, as it does after Password Modify; other logins of the account end.

import type { Requester } from '../../backend/backend.ts';
import { type Change, dnOfChange } from '../../ldap/change.ts';
import { AccountRequester } from './account-requester.ts';

/** Its name and its OID, as clients write them. */
const PASSWORD_NAMES: ReadonlySet<string> = new Set(['userpassword', '2.5.4.35']);

/**
 * Returns the requester if it replaces its own password. Undefined for every other change, also for one that may leave a
 * password what it is: what ends the login then is the change of somebody else.
 */
export function findPasswordReplacer(
  change: Change,
  requester: Requester,
  keyOf: (dn: string) => string,
): AccountRequester | undefined {
  if (change.type !== 'modify' || !(requester instanceof AccountRequester)) return undefined;
  const { key, credentials } = requester.account;
  if (credentials.passwords.length === 0 || keyOf(dnOfChange(change).toString()) !== key) return undefined;
  const last = change.modifications.findLast(({ attribute }) => {
    return PASSWORD_NAMES.has(attribute.description.toLowerCase());
  });
  if (last?.operation !== 'replace' || last.attribute.values.length === 0) return undefined;
  const isKept = last.attribute.values.some((value) => credentials.passwords.includes(value));
  return isKept ? undefined : requester;
}
