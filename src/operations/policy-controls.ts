// Controls of requests that only policies allow: some policy must allow the control too, whatever entry the request is about.
// One that may be left out is left out, as one that is not supported is (RFC 4511 §4.1.11).

import type { Backend, Requester } from '../backend/backend.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import {
  type ControlName,
  controlOids,
  NO_CONTROLS,
  type RequestControls,
} from './controls/request-controls.ts';

/** Those that say nothing of entries, or have a privilege of their own. */
const ALWAYS_ALLOWED: ReadonlySet<string> = new Set([
  'authorizationIdentity',
  'proxiedAuthorization',
  'transactionId',
]);

/** Returns the controls that the request keeps. Throws unavailableCriticalExtension (12). */
export function permittedControls(
  controls: RequestControls,
  backend: Pick<Backend, 'accessOf'>,
  requester: Requester,
): RequestControls {
  if (controls === NO_CONTROLS) return controls;
  const access = backend.accessOf(requester);
  const kept = Object.entries(controls).filter(([name, given]) => {
    const oids = controlOids(name as ControlName);
    if (ALWAYS_ALLOWED.has(name) || oids.some((oid) => access?.allowsControl(oid) === true)) return true;
    if (given?.isCritical !== true) return false;
    throw new LdapError(
      'unavailableCriticalExtension',
      `No access control policy allows the control ${oids[0]} to ${requester.name}, and the request says it must be obeyed.`,
    );
  });
  return Object.fromEntries(kept);
}
