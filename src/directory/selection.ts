// Which attributes of an entry a search returns (RFC 4511 §4.5.1.8): `*`, `+` (RFC 3673), `1.1`, `@class`
// (RFC 4529), names and OIDs.

import type { Attribute, Entry } from '../ldap/entry.ts';
import type { Schema } from '../schema/schema.ts';

const VIEWS_MAX = 8;
const NO_ATTRIBUTES = '1.1';

export class Selection {
  /** Equal for selections that see the same: what views of entries are remembered by. */
  readonly key: string;
  readonly allUser: boolean;
  readonly allOperational: boolean;
  readonly keys: ReadonlySet<string>;
  readonly #schema: Schema;

  /** Takes the attribute selectors of a search request; unknown ones select nothing, as the RFC has it. */
  constructor(schema: Schema, selectors: readonly string[]) {
    this.#schema = schema;
    this.allUser = selectors.length === 0 || selectors.includes('*');
    this.allOperational = selectors.includes('+');
    const keys = new Set<string>();
    for (const selector of selectors) {
      if (selector === '*' || selector === '+' || selector === NO_ATTRIBUTES) continue;
      if (selector.startsWith('@')) for (const key of this.#classAttributes(selector.slice(1))) keys.add(key);
      else keys.add(schema.describe(selector)?.key ?? selector.toLowerCase());
    }
    this.keys = keys;
    this.key = `${this.allUser ? '*' : ''}${this.allOperational ? '+' : ''}${[...keys].sort().join(',')}`;
  }

  /** Whether an operational attribute is asked for, by name or by `+`. */
  wantsOperational(key: string): boolean {
    return this.allOperational || this.keys.has(key);
  }

  /** The entry with the selected attributes only; remembered on the entry. */
  view(entry: Entry): Entry {
    const remembered = entry.views?.get(this.key);
    if (remembered !== undefined) return remembered;
    const view = entry.withAttributes(entry.attributes.filter((attribute) => this.#selects(attribute)));
    entry.views ??= new Map();
    if (entry.views.size >= VIEWS_MAX) entry.views.clear();
    entry.views.set(this.key, view);
    return view;
  }

  #selects(attribute: Attribute): boolean {
    if (this.keys.has(attribute.key)) return true;
    const description = this.#schema.describe(attribute.key);
    if (description !== undefined && this.keys.size > 0 && this.#selectsByType(description)) return true;
    return description?.type.isOperational === true ? this.allOperational : this.allUser;
  }

  /** `cn` selects `cn;lang-de`, and `name` selects `cn` (RFC 4512 §2.5.1). */
  #selectsByType({ type, options }: NonNullable<ReturnType<Schema['describe']>>): boolean {
    for (let ancestor: typeof type | undefined = type; ancestor !== undefined; ancestor = ancestor.superior) {
      if (this.keys.has(ancestor.key)) return true;
    }
    return options.length > 1 && options.some((option) => this.keys.has(`${type.key};${option}`));
  }

  #classAttributes(name: string): Iterable<string> {
    const objectClass = this.#schema.findObjectClass(name);
    return objectClass === undefined ? [] : [...objectClass.must, ...objectClass.may];
  }
}
