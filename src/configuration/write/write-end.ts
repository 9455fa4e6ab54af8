// What a write comes to in the end: the effects of all its steps together, and the refusal when it could not be stored.

import { entryByEntry, netEffects } from '../../backend/change-feed.ts';
import type { NewNames } from '../../config/renamed-references.ts';
import type { Effect } from '../../directory/apply-change.ts';
import { messageOf } from '../../files/file-error.ts';
import type { Dn } from '../../ldap/dn.ts';
import { LdapError } from '../../ldap/ldap-error.ts';

/** What all steps come to. */
export interface NetChange {
  /**
   * Place by place: what moves is gone from one and has come to another. Rights and validation ask about what is there in
   * the end, not about what was there in between, nor about where it comes from.
   */
  readonly places: readonly Effect[];
  /** Entry by entry: what moves is one effect. What runs goes on with the entry. */
  readonly entries: readonly Effect[];
  /** The new names of entries that have another one, be it in another spelling only. */
  readonly names: NewNames;
}

export function netOf(effects: readonly (readonly Effect[])[]): NetChange {
  const [first = [], ...others] = effects;
  const [effect] = first;
  const isOne = others.length === 0 && first.length === 1 && effect?.from === undefined;
  const places = isOne ? first : netEffects(effects.flat());
  const entries = isOne ? first : entryByEntry(places);
  return { places, entries, names: newNamesOf(entries) };
}

function newNamesOf(entries: readonly Effect[]): NewNames {
  const names = new Map<string, Dn>();
  for (const { key, from, before, after } of entries) {
    if (before === undefined || after === undefined || before.dn === after.dn) continue;
    if (before.dn.toString() !== after.dn.toString()) names.set(from?.key ?? key, after.dn);
  }
  return names;
}

export function notStored(error: unknown): LdapError {
  const reason = messageOf(error);
  return new LdapError('unavailable', `The change could not be stored and nothing has changed: ${reason}`, {
    cause: error,
  });
}
