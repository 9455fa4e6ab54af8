// Which attributes of an entry a search returns (RFC 4511 §4.5.1.8): `*`, `+` (RFC 3673), `1.1`, `@class`
// (RFC 4529), names and OIDs.

import type { Attribute, Entry } from '../ldap/entry.ts';
import { type AttributeSelector, makeAttributeSelector } from '../schema/attribute-selector.ts';
import type { AttributeDescription } from '../schema/attribute-type.ts';
import { EXTENSIBLE_OBJECT_OID } from '../schema/check-classes.ts';
import type { ObjectClass } from '../schema/object-class.ts';
import type { Schema } from '../schema/schema.ts';

const VIEWS_MAX = 8;
/** A selection with a longer key is made anew each time. */
const KEY_LENGTH_MAX = 1024;
/** `1.1` stands for no attributes. */
const NOT_NAMES: ReadonlySet<string> = new Set(['*', '+', '1.1']);

export class Selection {
  /** Equal for selections that see the same: what views of entries are remembered by. */
  readonly key: string;
  readonly allUser: boolean;
  readonly allOperational: boolean;
  readonly keys: ReadonlySet<string>;
  /** Whether anything but user attributes may be asked for. */
  readonly asksOperational: boolean;
  readonly #selectors: readonly AttributeSelector[];
  readonly #schema: Schema;

  /** Takes the attribute selectors of a search request; unknown ones select nothing, as the RFC has it. */
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

  /** Whether an operational attribute is asked for, by name or by `+`. */
  wantsOperational(key: string): boolean {
    return this.allOperational || this.keys.has(key);
  }

  /** The entry with the selected attributes only; remembered on the entry. */
  view(entry: Entry): Entry {
    const { key } = this;
    for (let view = entry.views; view !== undefined; view = view.next) if (view.key === key) return view.seen;
    const seen = entry.withAttributes(entry.attributes.filter((attribute) => this.#selects(attribute)));
    if (key.length > KEY_LENGTH_MAX) return seen;
    const next = entry.views !== undefined && entry.views.count < VIEWS_MAX ? entry.views : undefined;
    entry.views = { key, seen, next, count: 1 + (next?.count ?? 0) };
    return seen;
  }

  /** `cn` selects `cn;lang-de` too, and `name` selects `cn` (RFC 4512 §2.5). */
  #selects({ key }: Attribute): boolean {
    if (this.keys.has(key) || this.#selectors.some((selects) => selects(key))) return true;
    const isOperational = this.#schema.describe(key)?.type.isOperational === true;
    return isOperational ? this.allOperational : this.allUser;
  }
}

function isClass(selector: string): boolean {
  return selector.startsWith('@');
}

/** The class that allows every user attribute stands for all of them (RFC 4529 §2). */
function isExtensible({ lineage }: ObjectClass): boolean {
  return [...lineage].some(({ oid }) => oid === EXTENSIBLE_OBJECT_OID);
}
