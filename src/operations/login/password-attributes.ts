// The attributes that decide over a password, as clients write them: by name or by OID (RFC 4512 §2.5).

import { opendjAttribute } from '../../config/object-identifiers.ts';
import type { Attribute } from '../../ldap/entry.ts';

const PASSWORD: ReadonlySet<string> = new Set(['userpassword', '2.5.4.35']);
const POLICY: ReadonlySet<string> = new Set(['ds-pwp-password-policy-dn', opendjAttribute(244)]);

/** Returns true for the passwords of an account. */
export function isPasswordAttribute({ key }: Pick<Attribute, 'key'>): boolean {
  return PASSWORD.has(key);
}

/** Returns true for the DN of the password policy of an account. */
export function isPolicyAttribute({ key }: Pick<Attribute, 'key'>): boolean {
  return POLICY.has(key);
}
