// What a write comes to in the end: the effects of all its steps together, and the refusal when it could not be stored.

import type { Effect } from '../directory/apply-change.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { netEffects } from './change-feed.ts';

/** Validation asks about what is there in the end, not about what was there in between. */
export function netOf(effects: readonly (readonly Effect[])[]): readonly Effect[] {
  const [first] = effects;
  if (effects.length === 1 && first?.length === 1) return first;
  return netEffects(effects.flat());
}

export function notStored(error: unknown): LdapError {
  const reason = error instanceof Error ? error.message : String(error);
  return new LdapError('unavailable', `The change could not be stored and nothing has changed: ${reason}`, {
    cause: error,
  });
}
