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
}

/** Returns everything that is wrong with a new password in clear text. */
export function passwordProblems(
  { settings, checks }: PasswordPolicy,
  password: NewPassword,
  setter: PasswordSetter,
): readonly PasswordProblem[] {
  if (setter === 'other' && settings.skipValidationForAdministrators) return [];
  const problems = checks.flatMap((check) => check(password) ?? []);
  return problems.map((problem) => ({ policyError: PolicyError.insufficientPasswordQuality, ...problem }));
}

/** Returns why a hash is refused in place of a password. */
export function hashProblem({ settings }: PasswordPolicy): PasswordProblem | undefined {
  if (settings.allowPreEncodedPasswords) return undefined;
  return {
    problem: 'is a hash, and the password policy of the account takes passwords in clear text only',
    advice: 'Write the password itself.',
    policyError: PolicyError.passwordModNotAllowed,
  };
}
