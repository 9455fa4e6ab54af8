// Entries: a name and attributes. Immutable: a change makes a new Entry, so an entry may be kept, and values derived from
// it may be kept with it.

import type { Dn } from './dn.ts';

/** One attribute: its description and its values, of any length. */
export class Attribute {
  /** As sent to clients: the schema's spelling of the type, and options, `ds-cfg-enabled`, `cn;lang-de`. */
  readonly description: string;
  /** The description in lower case, for look-ups. */
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

/** Source of the attributes of an unread entry. */
export interface EntrySource {
  /** Returns all attributes. */
  readAttributes(place: number): readonly Attribute[];
  /** Returns the attributes of one type (its key), with any options, without making the others. */
  findAttributes(place: number, typeKey: string): readonly Attribute[];
}

export class Entry {
  readonly dn: Dn;
  private held: readonly Attribute[] | undefined;
  private source: EntrySource | undefined;
  private place: number;
  /** A value derived from the entry, recognised by its class. A map outside would be ten times slower. */
  derived: object | undefined;

  constructor(dn: Dn, attributes: readonly Attribute[]) {
    this.dn = dn;
    this.held = attributes;
    this.source = undefined;
    this.place = 0;
    this.derived = undefined;
  }

  /** Returns an entry whose attributes are read on first use: most stored entries are rarely read. */
  static unread(dn: Dn, source: EntrySource, place: number): Entry {
    const entry = new Entry(dn, NO_ATTRIBUTES);
    entry.held = undefined;
    entry.source = source;
    entry.place = place;
    return entry;
  }

  get attributes(): readonly Attribute[] {
    return this.held ?? this.read();
  }

  /** Builds an entry from plain data, for generated entries and tests. */
  static of(dn: Dn, attributes: Readonly<Record<string, string | readonly string[]>>): Entry {
    return new Entry(
      dn,
      Object.entries(attributes).map(
        ([description, values]) => new Attribute(description, typeof values === 'string' ? [values] : values),
      ),
    );
  }

  /** Finds an attribute by its description in lower case. */
  find(key: string): Attribute | undefined {
    for (const attribute of this.attributes) {
      if (attribute.key === key) return attribute;
    }
    return undefined;
  }

  /**
   * Returns the attributes of one type (its key), with any options, without reading the others of an unread entry: for
   * looking at a part of very many entries.
   */
  peek(typeKey: string): readonly Attribute[] {
    if (this.source !== undefined) return this.source.findAttributes(this.place, typeKey);
    return this.attributes.filter(({ key }) => isOfType(key, typeKey));
  }

  /** Returns the attribute without options; the others stay unread. */
  peekFirst(typeKey: string): Attribute | undefined {
    if (this.source === undefined) return this.find(typeKey);
    return this.source.findAttributes(this.place, typeKey).find(({ key }) => key === typeKey);
  }

  /** Source of the attributes; undefined once they are read. */
  get unread(): { readonly source: EntrySource; readonly place: number } | undefined {
    return this.source && { source: this.source, place: this.place };
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

  /** Returns an entry with one attribute replaced, added or (without values) removed. */
  with(attribute: Attribute): Entry {
    const others = this.attributes.filter((other) => other.key !== attribute.key);
    return new Entry(this.dn, attribute.values.length === 0 ? others : [...others, attribute]);
  }

  /** Returns the entry without values, for `typesOnly` (RFC 4511 §4.5.1.6). */
  withoutValues(): Entry {
    return this.withAttributes(this.attributes.map((attribute) => attribute.withValues([])));
  }

  private read(): readonly Attribute[] {
    const attributes = this.source?.readAttributes(this.place) ?? NO_ATTRIBUTES;
    this.held = attributes;
    this.source = undefined;
    return attributes;
  }
}

const NO_ATTRIBUTES: readonly Attribute[] = [];

/** Returns true if an attribute's key is the type's, with or without options. */
export function isOfType(key: string, typeKey: string): boolean {
  return key === typeKey || (key.charCodeAt(typeKey.length) === SEMICOLON && key.startsWith(typeKey));
}

const SEMICOLON = 0x3b;
