// Who may log in, with everything that needs: the accounts, the memory of failed logins, and the made-up salts.

import { setTimeout } from 'node:timers/promises';
import { PasswordProfiles, type ProfileSection } from '../config/passwords/password-profiles.ts';
import { absentObjects } from '../configuration/absent-objects.ts';
import type { Configuration } from '../configuration/configuration.ts';
import { BrokenInvariant } from '../files/program-error.ts';
import { ADMINISTRATOR_DN } from '../instance/administrator.ts';
import type { OpenConfiguration } from '../instance/open-configuration.ts';
import type { Entry } from '../ldap/entry.ts';
import { AccountLockout, type AccountLockoutOptions } from '../operations/login/account-lockout.ts';
import { Authentication, type AuthenticationOptions } from '../operations/login/authentication.ts';
import { LoginThrottle, type ThrottleOptions, throttleLimitsOf } from '../operations/login/login-throttle.ts';
import { SUPPORTED_SASL_MECHANISMS } from '../operations/sasl/mechanisms.ts';
import { PasswordPolicies } from '../runtime/password-policies.ts';

interface Given
  extends Pick<AuthenticationOptions, 'accounts' | 'profiles' | 'derive' | 'renew'>,
    Pick<AccountLockoutOptions, 'states' | 'findPolicy' | 'now' | 'noticed'> {
  /** Finds an entry outside the configuration by the key of its name. */
  readonly findElsewhere: (key: string) => Entry | undefined;
}

/** Opens the accounts with their throttle and lockout. The configuration must be checked. */
export function openAuthentication(
  given: Given,
  { schema, tree, inForce }: Configuration,
  refused: ThrottleOptions['refused'] & {},
): Authentication {
  const keyOf = (dn: string) => schema.dnKeyOfText(dn);
  const top = tree.find(keyOf('cn=config'));
  const global = top && inForce.decode(top);
  if (global?.kind !== 'global-configuration')
    throw new BrokenInvariant('Bug: cn=config was not checked at the start');
  return new Authentication({
    ...given,
    lockout: new AccountLockout({
      ...given,
      entryOf: (key) => tree.find(key) ?? given.findElsewhere(key),
    }),
    keyOf,
    throttle: new LoginThrottle(
      {
        now: () => performance.now(),
        refused,
        sleep: (ms) => setTimeout(ms, undefined, { ref: false }),
      },
      throttleLimitsOf(global),
    ),
    administratorKey: keyOf(ADMINISTRATOR_DN),
  });
}

/**
 * Clients take the strongest mechanism that there is, and do not try another. So SCRAM-SHA-512 is offered when all accounts of
 * the configuration that have keys for SCRAM have keys for it: those of an earlier version have none until their password
 * is set anew. Whoever asks for it by name is answered all the same.
 */
export function offeredMechanisms(accounts: ProfileSection): readonly string[] {
  return SUPPORTED_SASL_MECHANISMS.filter(
    (mechanism) => mechanism !== 'SCRAM-SHA-512' || accounts.everyoneHas(mechanism),
  );
}

/** Opens the password profiles. Those of names that nobody has are derived from a secret of the first start and never change. */
export function openProfiles({ schema, tree }: Configuration): PasswordProfiles {
  // Whoever may read it may read the names of the accounts too.
  return new PasswordProfiles(tree.find(schema.dnKeyOfText('cn=config'))?.first('entryuuid') ?? '');
}

/** Opens the password policies of a configuration. */
export function openPolicies(
  { instance, files, configuration }: Pick<OpenConfiguration, 'instance' | 'files' | 'configuration'>,
  keyOf: (dn: string) => string,
): PasswordPolicies {
  const absent = absentObjects(configuration);
  return new PasswordPolicies({ instanceFolder: instance.folder, files, keyOf, absent });
}
