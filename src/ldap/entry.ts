// Entries: a name and attributes. Immutable: a change makes a new Entry, so whoever holds one may keep it, and whoever
// derives something from one may keep that with it.

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

/** Where an entry that nobody has looked at yet has its attributes. */
export interface EntrySource {
  /** All of them. */
  readAttributes(place: number): readonly Attribute[];
  /** Those of one type (its key), with any options, without making the others. */
  findAttributes(place: number, typeKey: string): readonly Attribute[];
}

export class Entry {
  readonly dn: Dn;
  private held: readonly Attribute[] | undefined;
  private source: EntrySource | undefined;
  private place: number;
  /** Whoever derives something from entries keeps it here, and knows it again by its class. A map beside is ten times slower. */
  derived: object | undefined;

  constructor(dn: Dn, attributes: readonly Attribute[]) {
    this.dn = dn;
    this.held = attributes;
    this.source = undefined;
    this.place = 0;
    this.derived = undefined;
  }

  /** An entry whose attributes are made when they are first looked at: most of what is stored is not, for long. */
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

  /**
   * The attributes of one type (its key), with any options; for whoever looks at a part of very many entries: what was
   * unread stays so.
   */
  peek(typeKey: string): readonly Attribute[] {
    if (this.source !== undefined) return this.source.findAttributes(this.place, typeKey);
    return this.attributes.filter(({ key }) => isOfType(key, typeKey));
  }

  /** The attribute without options, and nothing else. */
  peekFirst(typeKey: string): Attribute | undefined {
    if (this.source === undefined) return this.find(typeKey);
    return this.source.findAttributes(this.place, typeKey).find(({ key }) => key === typeKey);
  }

  /** Where the attributes still are; undefined once they have been read. */
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

  /** Replaces, adds or (without values) removes one attribute. */
  with(attribute: Attribute): Entry {
    const others = this.attributes.filter((other) => other.key !== attribute.key);
    return new Entry(this.dn, attribute.values.length === 0 ? others : [...others, attribute]);
  }

  /** The entry without its values, for `typesOnly` (RFC 4511 §4.5.1.6). */
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

/** Whether the key of an attribute is that of a type, or that and options. */
export function isOfType(key: string, typeKey: string): boolean {
  return key === typeKey || (key.charCodeAt(typeKey.length) === SEMICOLON && key.startsWith(typeKey));
}

const SEMICOLON = 0x3b;
