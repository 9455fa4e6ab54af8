// Where `$<cred:NAME>` may be: it is the whole value of a property with a secret, and has no default. Values that
// are shown must not have any part of a credential.

import type { Expression } from './template.ts';

/** Advice for a credential in a wrong place, or one that cannot be read. */
export const CREDENTIAL_ADVICE =
  'Write $<cred:NAME> as the whole value of a property with a secret, such as auth-password, without a default.';
/** Advice for a credential that the service does not have. */
export const MISSING_CREDENTIAL_ADVICE =
  'Pass it to the service with LoadCredential=NAME:/path in its unit and restart, or write another value.';

export interface CredentialPlace {
  /** True in the value of a secret property. */
  readonly isSecret: boolean;
  /** True if the expression is the whole written value. */
  readonly isWhole: boolean;
}

/** Returns why the expression cannot be here, a predicate; undefined if it can, or is no credential. */
export function misplacedCredential(
  { kind, fallback }: Expression,
  { isSecret, isWhole }: CredentialPlace,
): string | undefined {
  if (kind !== 'credential') return undefined;
  if (!isSecret) return 'is a credential, which only a property with a secret can have';
  if (!isWhole) return 'is a credential, which can only be the whole value';
  return fallback === undefined ? undefined : 'is a credential, which has no default';
}
