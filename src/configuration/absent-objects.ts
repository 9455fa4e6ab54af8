// Objects that are stored and not in force on this server, as readers see them.

import type { Entry } from '../ldap/entry.ts';
import type { AbsentObjects } from '../runtime/password-policies.ts';
import type { Configuration } from './configuration.ts';

/** Returns the objects of a configuration that are absent here, by the keys of their names. */
export function absentObjects({ tree, inForce }: Pick<Configuration, 'tree' | 'inForce'>): AbsentObjects {
  const find = (key: string): Entry | undefined => {
    const entry = tree.find(key);
    return entry !== undefined && inForce.isAbsent(entry) ? entry : undefined;
  };
  return {
    has: (key) => find(key) !== undefined,
    bare: (key) => {
      const entry = find(key);
      return entry === undefined ? undefined : inForce.bareObject(entry);
    },
  };
}
