// dsconfig speaks of other objects by their names, the directory by their DNs.

import { keyManagerProvider } from '../../config/objects/key-manager-provider.ts';
import { accountStatusNotificationHandler } from '../../config/objects/passwords/account-status-notification-handler.ts';
import { passwordPolicy } from '../../config/objects/passwords/password-policy.ts';
import { passwordValidator } from '../../config/objects/passwords/password-validator.ts';
import { trustManagerProvider } from '../../config/objects/trust-manager-provider.ts';
import type { PropertyDefinition } from '../../config/property-definition.ts';
import { Dn } from '../../ldap/dn.ts';
import { LdapError } from '../../ldap/ldap-error.ts';

/** The kinds that properties refer to. A test compares them with the declarations, of which most are not loaded here. */
const TARGETS = [
  keyManagerProvider,
  trustManagerProvider,
  passwordPolicy,
  passwordValidator,
  accountStatusNotificationHandler,
] as const;

/** The DN of the object that a reference property names; a value that is a DN, or an expression, stays what it is. */
export function dnOfReference({ type }: PropertyDefinition, written: string): string {
  const place = placeOf(type.target);
  if (place === undefined || /[=]|\$<|&\{/.test(written)) return written;
  return Dn.parse(place.container)
    .child([{ type: place.namingAttribute, value: written }])
    .toString();
}

/** The name, where the DN is one of the objects the property may refer to. */
export function nameOfReference({ type }: PropertyDefinition, value: string): string {
  const place = placeOf(type.target);
  if (place === undefined) return value;
  try {
    const dn = Dn.parse(value);
    const isThere = dn.parent?.toString().toLowerCase() === place.container.toLowerCase();
    return isThere ? dn.name : value;
  } catch (error) {
    if (error instanceof LdapError) return value;
    throw error;
  }
}

function placeOf(kind: string | undefined): { container: string; namingAttribute: string } | undefined {
  const definition = TARGETS.find((one) => one.kind === kind);
  if (definition === undefined || !('under' in definition.location)) return undefined;
  return { container: definition.location.under, namingAttribute: definition.namingAttribute };
}
