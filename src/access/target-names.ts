// The names that policies know an entry by: its own, and that of its twin in cn=config. What is effective of an object has the
// same name below cn=effective; what is monitored of it says its name.

import type { Entry } from '../ldap/entry.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { Schema } from '../schema/schema.ts';
import { levelsOf } from './dn-matcher.ts';
import type { TargetName } from './policy.ts';

const CONFIG = 'cn=config';
const EFFECTIVE = 'cn=effective';
const MONITOR = 'cn=monitor';
/** Of an entry below cn=monitor: the DN of what it is about. */
const CONFIG_DN_KEY = 'ds-mon-config-dn';

export class TargetNames {
  readonly #schema: Schema;
  readonly #ofEntries = new WeakMap<Entry, readonly TargetName[]>();

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  /** Returns the names of an entry as it is shown. */
  ofEntry(entry: Entry): readonly TargetName[] {
    const known = this.#ofEntries.get(entry);
    if (known !== undefined) return known;
    const names = this.ofKey(this.#schema.dnKey(entry.dn), entry.first(CONFIG_DN_KEY));
    this.#ofEntries.set(entry, names);
    return names;
  }

  /** Returns the names of the entry with a key. */
  ofKey(key: string, configDn?: string): readonly TargetName[] {
    const twin = this.#twinOf(key, configDn);
    return twin === undefined ? [nameOf(key)] : [nameOf(key), nameOf(twin)];
  }

  /** Returns the key of a DN; undefined for a text that is none. */
  keyOf(dn: string): string | undefined {
    try {
      return this.#schema.dnKeyOfText(dn);
    } catch (error) {
      if (error instanceof LdapError) return undefined;
      throw error;
    }
  }

  #twinOf(key: string, configDn: string | undefined): string | undefined {
    if (key === EFFECTIVE || key.endsWith(`,${EFFECTIVE}`))
      return key.slice(0, key.length - EFFECTIVE.length) + CONFIG;
    if (configDn !== undefined && key.endsWith(`,${MONITOR}`)) return this.keyOf(configDn);
    return undefined;
  }
}

function nameOf(key: string): TargetName {
  return { key, levels: levelsOf(key) };
}
