// A password policy in force: its properties, and the checks of its validators.

import type { ObjectOfKind } from '../config/configuration-object.ts';
import type { NewPassword, PasswordCheck, PasswordProblem } from './new-password.ts';
import { PolicyError } from './policy-error.ts';

/** Who sets a password: its owner, or somebody else. */
export type PasswordSetter = 'owner' | 'other';

export interface PasswordPolicy {
  /** DN of the policy's entry. */
  readonly dn: string;
  readonly settings: ObjectOfKind<'password-policy'>;
  readonly checks: readonly PasswordCheck[];
  /**
   * True if the policy is stored, and cannot be in force on this server. Its settings are then defaults, and nobody logs in or sets
   * a password by it.
   */
  readonly isAbsent?: boolean;
}

/** Returns everything that is wrong with a new password in clear text. */
export function passwordProblems(
  { dn, settings, checks, isAbsent }: PasswordPolicy,
  password: NewPassword,
  setter: PasswordSetter,
): readonly PasswordProblem[] {
  if (isAbsent === true) return [uncheckedBy(dn)];
  if (setter === 'other' && settings.skipValidationForAdministrators) return [];
  const problems = checks.flatMap((check) => check(password) ?? []);
  return problems.map((problem) => ({ policyError: PolicyError.insufficientPasswordQuality, ...problem }));
}

/** Returns why a hash is refused in place of a password. */
export function hashProblem({ dn, settings, isAbsent }: PasswordPolicy): PasswordProblem | undefined {
  if (isAbsent === true) return uncheckedBy(dn);
  if (settings.allowPreEncodedPasswords) return undefined;
  return {
    problem: 'is a hash, and the password policy of the account takes passwords in clear text only',
    advice: 'Write the password itself.',
    policyError: PolicyError.passwordModNotAllowed,
  };
}

/** Returns the problem of a password that cannot be checked, because the object with this DN is not in force on this server. */
export function uncheckedBy(dn: string): PasswordProblem {
  return {
    problem: `cannot be checked, because ${dn} is not in force on this server`,
    advice: 'Set it at another server, or give this one what its log names and run confdit reload.',
    policyError: PolicyError.passwordModNotAllowed,
  };
}
