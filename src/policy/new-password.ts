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

/**
 * Returns a password as validators read it: compatible characters as the plain ones, and without those that are not seen. SCRAM
 * makes these the same too (RFC 4013), so that a common word in wide letters would be the common word.
 */
export function plainText(text: string): string {
  return withoutUnseen(text.normalize('NFKC'));
}

/** Returns characters as people see them: code points that are seen, not UTF-16 units. */
export function charactersOf(text: string): readonly string[] {
  return [...plainText(text)];
}

/**
 * Returns the characters as they are typed, and as validators read them. One that is typed may be read as many (U+FDFA is
 * eighteen), and two as one, so that what counts them takes the smaller number.
 */
export function readingsOf(text: string): readonly (readonly string[])[] {
  return [[...withoutUnseen(text.normalize('NFC'))], charactersOf(text)];
}

function withoutUnseen(text: string): string {
  return text.replace(/\p{Default_Ignorable_Code_Point}/gu, '');
}
