// Passwords that the policy of their account takes over TLS and local sockets only.

import type { Backend } from '../../backend/backend.ts';
import { Container } from '../../config/objects/properties/places.ts';
import { type Change, dnOfChange } from '../../ldap/change.ts';
import { confidentialityRequired, isProtected } from '../confidentiality.ts';
import type { Operation, Services } from '../operation.ts';
import { isPasswordAttribute, isPolicyAttribute } from './password-attributes.ts';

/** Throws confidentialityRequired (13) for a change that sets a password over a connection that others can listen to. */
export function requireProtectedPasswords(
  change: Change,
  { baseDn }: Pick<Backend, 'baseDn'>,
  { connection }: Operation,
  { authentication, findPolicy, keyOf }: Services,
): void {
  if (change.type === 'delete' || change.type === 'modifyDn' || isProtected(connection)) return;
  if (change.type === 'modify') {
    if (!change.modifications.some(({ attribute }) => isPasswordAttribute(attribute))) return;
    const account = authentication.accounts.find(keyOf(dnOfChange(change).toString()));
    if (account === undefined || authentication.lockout.takesPasswordsBy(account, false)) return;
    throw confidentialityRequired();
  }
  const { entry } = change;
  if (!entry.attributes.some(isPasswordAttribute)) return;
  const named = entry.attributes.find(isPolicyAttribute)?.values[0];
  const hasDefault = Container.rootDns.endsWith(baseDn.toString());
  const policy = named === undefined && !hasDefault ? undefined : findPolicy(named);
  if (policy?.settings.requireSecurePasswordChanges === true) throw confidentialityRequired();
}
