// What one requester sees of an entry. All of it, all but secrets, or what policies allow: whatever shows an entry, compares
// with it or sorts by it asks the grant for that entry.

import type { Attribute, Entry } from '../ldap/entry.ts';
import { typeKeyOf } from '../schema/attribute-selector.ts';
import { maskAttribute, type SecretValues } from './masking.ts';

/** Rights to attributes, by the keys of their types. */
export interface AttributeRights {
  /** Returns true if it is known what there is of the attribute. */
  reads(typeKey: string): boolean;
  /** Returns true if secret values are shown. */
  readsSecrets(typeKey: string): boolean;
}

const EVERYTHING: AttributeRights = { reads: () => true, readsSecrets: () => true };
const WITHOUT_SECRETS: AttributeRights = { reads: () => true, readsSecrets: () => false };

export class Grant {
  readonly #secrets: SecretValues;
  readonly #rights: AttributeRights;
  readonly #seen = new WeakMap<Entry, Entry>();
  readonly #originals = new WeakMap<Entry, Entry>();

  constructor(secrets: SecretValues, rights: AttributeRights) {
    this.#secrets = secrets;
    this.#rights = rights;
  }

  static ofAll(secrets: SecretValues): Grant {
    return new Grant(secrets, EVERYTHING);
  }

  static withoutSecrets(secrets: SecretValues): Grant {
    return new Grant(secrets, WITHOUT_SECRETS);
  }

  /** Returns true if it is known what there is of the attribute; a secret may be stars. */
  reads(typeKey: string): boolean {
    return this.#rights.reads(typeKey);
  }

  readsSecrets(typeKey: string): boolean {
    return this.#rights.readsSecrets(typeKey);
  }

  /** Returns true if nothing that depends on the values may be said. */
  hides(typeKey: string): boolean {
    if (!this.#rights.reads(typeKey)) return true;
    return this.#secrets.secretAttributes.has(typeKey) && !this.#rights.readsSecrets(typeKey);
  }

  /** Returns the entry as the requester sees it; always the same object for the same entry. */
  see(entry: Entry): Entry {
    if (this.#rights === EVERYTHING) return entry;
    const known = this.#seen.get(entry);
    if (known !== undefined) return known;
    const { attributes } = entry;
    const shown = attributes.flatMap((attribute) => this.seeAttribute(attribute) ?? []);
    const isSame =
      shown.length === attributes.length && shown.every((one, index) => one === attributes[index]);
    const seen = isSame ? entry : entry.withAttributes(shown);
    this.#seen.set(entry, seen);
    if (seen !== entry) this.#originals.set(seen, entry);
    return seen;
  }

  /** Returns the entry that `see` made this of. */
  originalOf(seen: Entry): Entry {
    return this.#originals.get(seen) ?? seen;
  }

  /** Returns the attribute with stars for what is secret; undefined where nothing is known of it. */
  seeAttribute(attribute: Attribute, typeKey: string = typeKeyOf(attribute.key)): Attribute | undefined {
    if (!this.#rights.reads(typeKey)) return undefined;
    if (this.#rights.readsSecrets(typeKey)) return attribute;
    const masked = maskAttribute(attribute, this.#secrets, typeKey);
    // Each text once, however many values show it.
    return masked === attribute ? attribute : masked.withValues([...new Set(masked.values)]);
  }

  /** Returns true if the whole entry is seen, but for stars in place of secrets. */
  seesAllOf(entry: Entry): boolean {
    return entry.attributes.every(({ key }) => this.#rights.reads(typeKeyOf(key)));
  }
}
