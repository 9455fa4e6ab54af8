// Whose rights a get effective rights control asks for. Everybody may ask for its own; the rights of others are part of the
// configuration.

import { ANONYMOUS, type Requester, type RightsQuestion } from '../backend/backend.ts';
import type { EffectiveRightsRequest } from '../codec/entry-controls.ts';
import type { Privilege } from '../config/objects/root-dn-user.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { Account, Accounts } from '../runtime/accounts.ts';
import { AccountRequester } from './login/account-requester.ts';
import { findAuthorized } from './sasl/authorization-identity.ts';

const NEEDED: Privilege = 'config-read';

/**
 * Returns the question. Policies that ask for a connection are asked with that of the requester.
 * Throws insufficientAccessRights (50), and noSuchObject (32) where there is no such account.
 */
export function rightsQuestion(
  asked: EffectiveRightsRequest | undefined,
  requester: Requester,
  accounts: Accounts,
): RightsQuestion | undefined {
  if (asked === undefined) return undefined;
  const { authzId, attributes } = asked;
  if (authzId === undefined) return { subject: requester, attributes };
  const found = authzId === '' ? 'anonymous' : findAuthorized(authzId, accounts);
  if (isSame(found, requester)) return { subject: requester, attributes };
  if (!requester.privileges.has(NEEDED)) {
    const who = requester.dn === '' ? 'An anonymous client' : requester.dn;
    throw new LdapError(
      'insufficientAccessRights',
      `${who} may ask for its own rights only: those of others need the privilege ${NEEDED}.`,
    );
  }
  if (found !== undefined) return { subject: subjectOf(found, requester, accounts), attributes };
  throw new LdapError(
    'noSuchObject',
    `${JSON.stringify(authzId)} names no account. Write dn: and a DN, or u: and a name.`,
  );
}

function isSame(found: Account | 'anonymous' | undefined, { dn }: Requester): boolean {
  return found === 'anonymous' ? dn === '' : found !== undefined && found.dn === dn;
}

function subjectOf(found: Account | 'anonymous', { connection }: Requester, accounts: Accounts): Requester {
  if (found === 'anonymous') return { ...ANONYMOUS, connection };
  const subject = new AccountRequester(found, accounts);
  if (connection !== undefined) subject.connectedBy(connection);
  return subject;
}
