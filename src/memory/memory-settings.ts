// The settings of memory backends, compared with each other, and the errors of the file that fills one.

import type { Decoded } from '../config/object-definition.ts';
import type { memoryBackend } from '../config/objects/memory-backend.ts';
import { isAtOrBelow, isBelow } from '../ldap/dn-key.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { ObjectDifference } from '../runtime/component.ts';

/** A memory backend as it is configured. */
export type Settings = Decoded<typeof memoryBackend>;

/** Returns true if one name is the other or below it. The root DSE, above all, overlaps nothing. */
export function overlap(one: string, other: string): boolean {
  if (one === '' || other === '') return false;
  return isAtOrBelow(one, other) || isBelow(other, one);
}

/** Runs `load`; adds the message of an LdapError to the issues. */
export function collect(issues: string[], load: () => void): void {
  try {
    load();
  } catch (error) {
    if (!(error instanceof LdapError)) throw error;
    issues.push(error.message);
  }
}

/** Returns true if both begin with the same entries. */
export function readsTheSame(one: Settings, other: Settings): boolean {
  const bases = ({ baseDn }: Settings) => baseDn.map(String).toSorted().join('\n');
  return one.ldifFile === other.ldifFile && bases(one) === bases(other);
}

/** Returns true for a memory backend that is enabled. */
export function isEnabled(object: ObjectDifference['after']): object is Settings {
  return object?.kind === 'memory-backend' && object.enabled;
}
