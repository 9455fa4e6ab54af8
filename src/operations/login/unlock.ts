// Unlocking an account, by a modify that deletes when it was locked or when logins failed. No entry has these attributes, and
// like a failed login it is no change of the tree.

import type { Requester } from '../../backend/backend.ts';
import type { Privilege } from '../../config/objects/root-dn-user.ts';
import { AccountState } from '../../config/operational-attributes.ts';
import type { Change } from '../../ldap/change.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import type { Account } from '../../runtime/accounts.ts';
import type { RequestControls } from '../controls/request-controls.ts';
import type { Services } from '../operation.ts';

const CHANGE: Privilege = 'privilege-change';
const RESET: Privilege = 'password-reset';
const UNLOCKING: ReadonlySet<string> = new Set(
  [AccountState.lockedTime, AccountState.failureTime].flatMap(({ name, oid }) => [name.toLowerCase(), oid]),
);

/** Returns the account that a change unlocks; undefined for every other change. */
export function findUnlocked(
  change: Change,
  { noOp, transaction, assertion }: RequestControls,
  { authentication, keyOf }: Services,
): Account | undefined {
  if (change.type !== 'modify' || change.modifications.length === 0) return undefined;
  if (noOp !== undefined || transaction !== undefined || assertion !== undefined) return undefined;
  const isUnlock = change.modifications.every(
    ({ operation, attribute }) =>
      UNLOCKING.has(attribute.description.toLowerCase()) &&
      (operation === 'delete' || (operation === 'replace' && attribute.values.length === 0)),
  );
  return isUnlock ? authentication.accounts.find(keyOf(change.dn.toString())) : undefined;
}

/** Throws insufficientAccessRights (50) if the requester could not set the password of the account, which unlocks it too. */
export function requireUnlockRights({ dn, privileges }: Account, requester: Requester): void {
  if (requester.privileges.has(CHANGE)) return;
  if (requester.privileges.has(RESET) && [...privileges].every((one) => requester.privileges.has(one)))
    return;
  throw new LdapError(
    'insufficientAccessRights',
    `${requester.name} may not unlock ${dn}: that needs the privilege ${CHANGE}, or ${RESET} and every privilege that the account has.`,
  );
}
