// Changes of one's own password by a modify: which current passwords they give, and whether they end the login they are made by.
// Whoever replaces its own password knows the new one, so that login goes on, as it does after Password Modify; other logins of
// the account end.

import type { Requester } from '../../backend/backend.ts';
import { isPrepared } from '../../config/passwords/stored-password.ts';
import { type Change, dnOfChange, type Modification } from '../../ldap/change.ts';
import { AccountRequester } from './account-requester.ts';
import { isPasswordAttribute } from './password-attributes.ts';

/**
 * Returns the requester if it replaces its own password. Undefined for every other change, also for one that may leave a
 * password what it is: what ends the login then is the change of somebody else.
 */
export function findPasswordReplacer(
  change: Change,
  requester: Requester,
  keyOf: (dn: string) => string,
): AccountRequester | undefined {
  const own = ownPasswords(change, requester, keyOf);
  if (own === undefined) return undefined;
  const { credentials } = own.requester.account;
  const last = own.modifications.at(-1);
  // A password is added in place of one that is given, which the change deletes only if it is right.
  const isInPlace = last?.operation === 'add' && own.modifications.some(givesPassword);
  if (last === undefined || (last.operation !== 'replace' && !isInPlace)) return undefined;
  if (last.attribute.values.length === 0) return undefined;
  const isKept = last.attribute.values.some((value) => credentials.passwords.includes(value));
  return isKept ? undefined : own.requester;
}

/** Returns the passwords in clear text that a modify of the requester's own passwords deletes. */
export function givenPasswords(
  change: Change,
  requester: Requester,
  keyOf: (dn: string) => string,
): readonly string[] {
  const own = ownPasswords(change, requester, keyOf);
  return (own?.modifications ?? [])
    .filter(({ operation }) => operation === 'delete')
    .flatMap(({ attribute }) => attribute.values.filter((value) => !isPrepared(value)));
}

function givesPassword({ operation, attribute }: Modification): boolean {
  return operation === 'delete' && attribute.values.length > 0 && !attribute.values.some(isPrepared);
}

/** Returns the modifications of the requester's own passwords; undefined if there are none. */
function ownPasswords(change: Change, requester: Requester, keyOf: (dn: string) => string) {
  if (change.type !== 'modify' || !(requester instanceof AccountRequester)) return undefined;
  const modifications = change.modifications.filter(({ attribute }) => isPasswordAttribute(attribute));
  if (modifications.length === 0) return undefined;
  const { key, credentials } = requester.account;
  if (credentials.passwords.length === 0 || keyOf(dnOfChange(change).toString()) !== key) return undefined;
  return { requester, modifications };
}
