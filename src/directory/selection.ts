// Selects the attributes of an entry that a search returns (RFC 4511 §4.5.1.8): `*`, `+` (RFC 3673), `1.1`,
// `@class` (RFC 4529), names and OIDs.

import { SentEntry } from '../codec/search-ber.ts';
import type { Attribute, Entry } from '../ldap/entry.ts';
import { type AttributeSelector, makeAttributeSelector } from '../schema/attribute-selector.ts';
import type { AttributeDescription } from '../schema/attribute-type.ts';
import { EXTENSIBLE_OBJECT_OID } from '../schema/check-classes.ts';
import type { ObjectClass } from '../schema/object-class.ts';
import type { Schema } from '../schema/schema.ts';

const VIEWS_MAX = 8;
/** Selections with longer keys, in characters, are not cached. */
const KEY_LENGTH_MAX = 1024;
/** Selectors that are not names. `1.1` selects no attributes. */
const NOT_NAMES: ReadonlySet<string> = new Set(['*', '+', '1.1']);

/** A view that an entry keeps. Most entries have one or two, in a list. */
class EntryView {
  readonly key: string;
  readonly seen: Entry;
  readonly next: EntryView | undefined;
  /** Number of views from here on. */
  readonly count: number;

  constructor(key: string, seen: Entry, next: EntryView | undefined) {
    this.key = key;
    this.seen = seen;
    this.next = next;
    this.count = 1 + (next?.count ?? 0);
  }
}

/** A list of attribute selectors, resolved with the schema. */
export class Selection {
  /** Key of the cached views. Selections of the same attributes have equal keys. */
  readonly key: string;
  readonly allUser: boolean;
  readonly allOperational: boolean;
  readonly keys: ReadonlySet<string>;
  /** True if the selection may contain operational attributes. */
  readonly asksOperational: boolean;
  readonly #selectors: readonly AttributeSelector[];
  readonly #schema: Schema;

  /** Takes the attribute selectors of a search request. Unknown ones select nothing (RFC 4511 §4.5.1.8). */
  constructor(schema: Schema, selectors: readonly string[]) {
    this.#schema = schema;
    const classes = selectors.filter(isClass).map((selector) => schema.findObjectClass(selector.slice(1)));
    const named = classes.filter((found) => found !== undefined);
    this.allUser = selectors.length === 0 || selectors.includes('*') || named.some(isExtensible);
    this.allOperational = selectors.includes('+');
    const names = [
      ...selectors.filter((selector) => !isClass(selector) && !NOT_NAMES.has(selector)),
      ...named.flatMap(({ must, may }) => [...must, ...may]),
    ];
    const described = new Map<string, AttributeDescription>();
    for (const name of names) {
      const description = schema.describe(name);
      if (description !== undefined) described.set(description.key, description);
    }
    this.keys = new Set(described.keys());
    this.asksOperational =
      this.allOperational || [...described.values()].some(({ type }) => type.isOperational);
    this.#selectors = [...described.values()].flatMap((one) => makeAttributeSelector(schema, one) ?? []);
    this.key = `${this.allUser ? '*' : ''}${this.allOperational ? '+' : ''}${[...this.keys].sort().join(',')}`;
  }

  /** Returns true if the operational attribute is selected, by name or by `+`. */
  wantsOperational(key: string): boolean {
    return this.allOperational || this.keys.has(key);
  }

  /** Returns the entry with the selected attributes only, once for each key. */
  view(entry: Entry): Entry {
    const { key } = this;
    const first = entry.derived instanceof EntryView ? entry.derived : undefined;
    for (let view = first; view !== undefined; view = view.next) if (view.key === key) return view.seen;
    const seen = new SentEntry(
      entry.dn,
      entry.attributes.filter((attribute) => this.#selects(attribute)),
    );
    if (key.length > KEY_LENGTH_MAX) return seen;
    const next = first !== undefined && first.count < VIEWS_MAX ? first : undefined;
    entry.derived = new EntryView(key, seen, next);
    return seen;
  }

  /**
   * Returns true for a selected attribute: `cn` also selects `cn;lang-de`, and `name` also selects `cn` (RFC
   * 4512 §2.5).
   */
  #selects({ key }: Attribute): boolean {
    if (this.keys.has(key) || this.#selectors.some((selects) => selects(key))) return true;
    const isOperational = this.#schema.describe(key)?.type.isOperational === true;
    return isOperational ? this.allOperational : this.allUser;
  }
}

function isClass(selector: string): boolean {
  return selector.startsWith('@');
}

/** Returns true for extensibleObject, which allows every user attribute (RFC 4529 §2). */
function isExtensible({ lineage }: ObjectClass): boolean {
  return [...lineage].some(({ oid }) => oid === EXTENSIBLE_OBJECT_OID);
}
