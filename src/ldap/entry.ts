// Entries: a name and attributes. Immutable: a change makes a new Entry, so whoever holds one may keep it,
// and what is derived from one (its views, its encoded form) may be remembered on it.

import type { Dn } from './dn.ts';

/** The longest diagnostic text and the like are limited elsewhere; a value itself may have any length. */
export class Attribute {
  /** As answered to clients: the schema's spelling of the type, and options, `ds-cfg-enabled`, `cn;lang-de`. */
  readonly description: string;
  /** The description in lower case: what attributes are found by. */
  readonly key: string;
  readonly values: readonly string[];

  constructor(description: string, values: readonly string[], key: string = description.toLowerCase()) {
    this.description = description;
    this.key = key;
    this.values = values;
  }

  withValues(values: readonly string[]): Attribute {
    return new Attribute(this.description, values, this.key);
  }
}

export class Entry {
  readonly dn: Dn;
  readonly attributes: readonly Attribute[];
  /** Remembered by the codec: this entry as the protocolOp of a search result entry. */
  encoded: Uint8Array | undefined;
  /** Remembered by attribute selection: what a request for these attributes sees of this entry. */
  views: Map<string, Entry> | undefined;

  constructor(dn: Dn, attributes: readonly Attribute[]) {
    this.dn = dn;
    this.attributes = attributes;
    this.encoded = undefined;
    this.views = undefined;
  }

  /** Builds an entry from plain data, for tests and for entries the server makes up itself. */
  static of(dn: Dn, attributes: Readonly<Record<string, string | readonly string[]>>): Entry {
    return new Entry(
      dn,
      Object.entries(attributes).map(
        ([description, values]) => new Attribute(description, typeof values === 'string' ? [values] : values),
      ),
    );
  }

  /** `key` is an attribute description in lower case. */
  find(key: string): Attribute | undefined {
    for (const attribute of this.attributes) {
      if (attribute.key === key) return attribute;
    }
    return undefined;
  }

  values(key: string): readonly string[] {
    return this.find(key)?.values ?? [];
  }

  first(key: string): string | undefined {
    return this.find(key)?.values[0];
  }

  withAttributes(attributes: readonly Attribute[]): Entry {
    return new Entry(this.dn, attributes);
  }

  /** Replaces, adds or (without values) removes one attribute. */
  with(attribute: Attribute): Entry {
    const others = this.attributes.filter((other) => other.key !== attribute.key);
    return new Entry(this.dn, attribute.values.length === 0 ? others : [...others, attribute]);
  }

  /** The entry without its values, for `typesOnly` (RFC 4511 §4.5.1.6). */
  withoutValues(): Entry {
    return this.withAttributes(this.attributes.map((attribute) => attribute.withValues([])));
  }
}
