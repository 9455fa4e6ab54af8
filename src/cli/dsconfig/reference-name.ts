// dsconfig speaks of other objects by their names, the directory by their DNs.

import { Container } from '../../config/objects/properties/places.ts';
import type { PropertyDefinition } from '../../config/property-definition.ts';
import { Dn } from '../../ldap/dn.ts';
import { LdapError } from '../../ldap/ldap-error.ts';

/** Containers of the kinds that properties refer to. A test compares them with the declarations, which are not loaded here. */
const CONTAINERS: ReadonlyMap<string | undefined, string> = new Map([
  ['key-manager-provider', Container.keyManagerProviders],
  ['trust-manager-provider', Container.trustManagerProviders],
  ['password-policy', Container.passwordPolicies],
  ['password-validator', Container.passwordValidators],
  ['account-status-notification-handler', Container.accountStatusNotificationHandlers],
]);
const NAMING_ATTRIBUTE = 'cn';

/** The DN of the object that a reference property names; a value that is a DN, or an expression, stays what it is. */
export function dnOfReference({ type }: PropertyDefinition, written: string): string {
  const container = CONTAINERS.get(type.target);
  if (container === undefined || /[=]|\$<|&\{/.test(written)) return written;
  return Dn.parse(container)
    .child([{ type: NAMING_ATTRIBUTE, value: written }])
    .toString();
}

/** The name, where the DN is one of the objects the property may refer to. */
export function nameOfReference({ type }: PropertyDefinition, value: string): string {
  const container = CONTAINERS.get(type.target);
  if (container === undefined) return value;
  try {
    const dn = Dn.parse(value);
    const isThere = dn.parent?.toString().toLowerCase() === container.toLowerCase();
    return isThere ? dn.name : value;
  } catch (error) {
    if (error instanceof LdapError) return value;
    throw error;
  }
}
