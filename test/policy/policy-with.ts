// A password policy for tests of functions: the defaults of its declaration, with other values.

import type { ObjectOfKind } from '../../src/config/configuration-object.ts';
import { Dn } from '../../src/ldap/dn.ts';
import type { PasswordCheck } from '../../src/policy/new-password.ts';
import type { PasswordPolicy } from '../../src/policy/password-policy.ts';

const DN = Dn.parse('cn=P,cn=Password Policies,cn=config');

export function policyWith(
  given: Partial<ObjectOfKind<'password-policy'>>,
  checks: readonly PasswordCheck[],
): PasswordPolicy {
  const settings: ObjectOfKind<'password-policy'> = {
    kind: 'password-policy',
    name: 'P',
    dn: DN,
    passwordAttribute: 'userPassword',
    defaultPasswordStorageScheme: 'SCRYPT',
    scryptCost: '16384',
    passwordValidator: [],
    skipValidationForAdministrators: false,
    allowPreEncodedPasswords: true,
    lockoutFailureCount: 0,
    lockoutDuration: 0,
    lockoutFailureExpirationInterval: 0,
    minPasswordAge: 0,
    maxPasswordAge: 0,
    passwordExpirationWarningInterval: 0,
    graceLoginCount: 0,
    forceChangeOnAdd: false,
    forceChangeOnReset: false,
    maxPasswordResetAge: 0,
    allowUserPasswordChanges: true,
    passwordChangeRequiresCurrentPassword: false,
    passwordHistoryCount: 0,
    passwordHistoryDuration: 0,
    idleLockoutInterval: 0,
    lastLoginTimeAttribute: undefined,
    lastLoginTimeFormat: "yyyyMMddHHmmss'Z'",
    accountStatusNotificationHandler: [],
    requireSecureAuthentication: false,
    requireSecurePasswordChanges: false,
    javaClass: '',
    ...given,
  };
  return { dn: DN.toString(), settings, checks };
}
