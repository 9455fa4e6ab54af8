// Who may do what: one question, asked before an operation reaches a backend.

import type { Backend, Requester } from '../backend/backend.ts';
import { readOnly } from '../backend/read-only.ts';
import { LdapError } from '../ldap/ldap-error.ts';

/** Throws insufficientAccessRights (50) when the requester may not read here. */
export function requireRead(backend: Backend, requester: Requester): void {
  if (mayRead(backend, requester)) return;
  if (backend.readPrivilege !== undefined) throw refusal(backend, requester, [backend.readPrivilege], 'read');
  throw new LdapError(
    'insufficientAccessRights',
    `An anonymous client may not read ${backend.baseDn}. Bind first.`,
  );
}

/** Returns true if the requester may read something of the backend. */
export function mayRead(backend: Backend, requester: Requester): boolean {
  return readsAll(backend, requester) || backend.readsByPolicy(requester);
}

/** Returns true if privileges show every entry of the backend, or none are needed. */
export function readsAll(backend: Backend, requester: Requester): boolean {
  if (backend.needsLogin === true && requester.dn === '') return false;
  return backend.readPrivilege === undefined || requester.privileges.has(backend.readPrivilege);
}

/** Returns true if privileges let the requester change every entry of the backend. */
export function writesAll(backend: Backend, requester: Requester): boolean {
  const { writePrivileges } = backend;
  return (
    readsAll(backend, requester) && writePrivileges?.every((one) => requester.privileges.has(one)) === true
  );
}

/** Throws insufficientAccessRights (50) without the privileges, unwillingToPerform (53) where nothing can be changed. */
export function requireWrite(backend: Backend, requester: Requester): void {
  if (backend.writesByPolicy(requester)) return;
  requireRead(backend, requester);
  const { writePrivileges } = backend;
  if (writePrivileges === undefined) throw readOnly(backend.baseDn, backend.instead ?? '');
  if (!writePrivileges.every((privilege) => requester.privileges.has(privilege))) {
    throw refusal(backend, requester, writePrivileges, 'change');
  }
}

function refusal(
  backend: Backend,
  requester: Requester,
  privileges: readonly string[],
  verb: string,
): LdapError {
  const who = requester.dn === '' ? 'An anonymous client' : requester.dn;
  const advice = requester.dn === '' ? ' Bind first.' : '';
  return new LdapError(
    'insufficientAccessRights',
    `${who} may not ${verb} ${backend.baseDn}: that needs the privilege ${privileges.join(' and ')}.${advice}`,
  );
}
