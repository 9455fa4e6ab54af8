// A new password as validators see it, and what is wrong with one.

export interface NewPassword {
  readonly text: string;
  /** The password that it replaces, where the client has given that. */
  readonly current?: string | undefined;
  /** The user attributes of the entry, passwords left out. */
  readonly attributes: readonly { readonly name: string; readonly values: readonly string[] }[];
}

/** Reason why a password is refused. Neither text has any part of the password. */
export interface PasswordProblem {
  /** Predicate of the password: `has fewer than 8 characters`. */
  readonly problem: string;
  /** A sentence: what is allowed. */
  readonly advice: string;
  /** The error of the password policy control (draft-behera-ldap-password-policy §6.2). */
  readonly policyError?: number;
}

/** Returns the problem of a password; undefined if it is good enough. */
export type PasswordCheck = (password: NewPassword) => PasswordProblem | undefined;

/** Counts characters as people do: code points, not UTF-16 units. */
export function charactersOf(text: string): readonly string[] {
  return [...text.normalize('NFC')];
}
