// The names of cn=effective: those of cn=config with another top.

import type { Tree } from '../directory/tree.ts';
import { isAtOrBelow } from '../ldap/dn-key.ts';
import type { Entry } from '../ldap/entry.ts';
import type { Schema } from '../schema/schema.ts';

export interface EffectiveNames {
  isEffective(entry: Entry): boolean;
  /** The key in cn=config of an entry of either tree. */
  writtenKey(entry: Entry): string;
}

/** Returns the mapping between names below cn=config and below cn=effective. */
export function effectiveNames(schema: Schema): EffectiveNames {
  const effectiveKey = schema.dnKeyOfText('cn=effective');
  const configKey = schema.dnKeyOfText('cn=config');
  const isEffectiveKey = (key: string) => isAtOrBelow(key, effectiveKey);
  return {
    isEffective: ({ dn }) => isEffectiveKey(schema.dnKey(dn)),
    writtenKey: ({ dn }) => {
      const key = schema.dnKey(dn);
      return isEffectiveKey(key) ? key.slice(0, key.length - effectiveKey.length) + configKey : key;
    },
  };
}

/** Returns a function that finds the entry of cn=config for its twin in cn=effective, and gives back every other entry. */
export function writtenEntries(
  schema: Schema,
  tree: Pick<Tree, 'find'>,
): (entry: Entry) => Entry | undefined {
  const names = effectiveNames(schema);
  return (entry) => (names.isEffective(entry) ? tree.find(names.writtenKey(entry)) : entry);
}
