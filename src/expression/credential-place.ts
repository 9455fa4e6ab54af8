// Where `$<cred:NAME>` and `$<http:NAME>` may be: each is the whole value of a property with a secret, and has no default.
// Values that are shown must not have any part of them.

import type { Expression, ExpressionKind } from './template.ts';

/** Advice for a credential that the service does not have. */
export const MISSING_CREDENTIAL_ADVICE =
  'Pass it to the service with LoadCredential=NAME:/path in its unit and restart, or write another value.';

/** Noun for what an expression of each kind stands for, and the form that it is written in. */
const WORDS: Partial<Record<ExpressionKind, { readonly noun: string; readonly form: string }>> = {
  credential: { noun: 'a credential', form: '$<cred:NAME>' },
  http: { noun: 'a value of a secret source', form: '$<http:SOURCE/PATH#/POINTER>' },
};

export interface CredentialPlace {
  /** True in the value of a secret property. */
  readonly isSecret: boolean;
  /** True if the expression is the whole written value. */
  readonly isWhole: boolean;
}

/** Returns the advice for such an expression in a wrong place, or one that cannot be read. */
export function credentialAdvice(kind: ExpressionKind): string {
  const { form } = WORDS[kind] ?? { form: 'it' };
  return `Write ${form} as the whole value of a property with a secret, such as auth-password, without a default.`;
}

/** Returns why the expression cannot be here, a predicate; undefined if it can, or may be anywhere. */
export function misplacedCredential(
  { kind, name, fallback }: Expression,
  { isSecret, isWhole }: CredentialPlace,
): string | undefined {
  const words = WORDS[kind];
  if (words === undefined) return undefined;
  if (!isSecret) return `is ${words.noun}, which only a property with a secret can have`;
  if (!isWhole) return `is ${words.noun}, which can only be the whole value`;
  if (fallback !== undefined) return `is ${words.noun}, which has no default`;
  const isComposed = kind === 'http' && name.some((part) => typeof part !== 'string');
  return isComposed ? `is ${words.noun}, whose name has no expressions` : undefined;
}
