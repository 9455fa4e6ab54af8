// Evaluates filters (RFC 4511 §4.5.1.7). A filter is compiled once to a function and then called for many
// entries. The result is True, False or Undefined. extensible-matcher.ts has extensible matches. The codec
// limits the depth of filters.

import { type Attribute, Entry } from '../ldap/entry.ts';
import type { Filter } from '../ldap/filter.ts';
import { type AttributeSelector, makeAttributeSelector } from './attribute-selector.ts';
import type { AttributeType } from './attribute-type.ts';
import { compileExtensibleMatch } from './extensible-matcher.ts';
import { normalizeAssertion, normalizeValue } from './normal-value.ts';
import type { Schema } from './schema.ts';
import { compileSubstrings } from './substrings-matcher.ts';

/** Returns true, false, or undefined for the filter result Undefined. */
export type Matcher = (entry: Entry) => boolean | undefined;

export interface FilterOptions {
  /**
   * Returns true if the requester cannot see attributes of this type, by its key. The filter item is then
   * Undefined.
   */
  readonly isHidden?: (key: string) => boolean;
  /** Attributes that are not stored and are computed when a filter asks for them, by the key of their type. */
  readonly derived?: ReadonlyMap<string, Derive>;
}

/** Returns the computed attribute of an entry, or undefined if the entry has none. */
export type Derive = (entry: Entry) => Attribute | undefined;

const OBJECT_CLASS_OID = '2.5.4.0';

/** Compiles a filter to a function that evaluates it for an entry (RFC 4511 §4.5.1.7). */
export function compileFilter(schema: Schema, filter: Filter, options: FilterOptions = {}): Matcher {
  switch (filter.type) {
    case 'and':
      return compileAnd(filter.filters.map((part) => compileFilter(schema, part, options)));
    case 'or':
      return compileOr(filter.filters.map((part) => compileFilter(schema, part, options)));
    case 'not':
      return compileNot(compileFilter(schema, filter.filter, options));
    case 'extensibleMatch':
      return withDerived(
        compileExtensibleMatch(schema, filter, hidingFromAll(filter.attribute, options)),
        schema,
        filter,
        options,
      );
    default:
      return withDerived(compileItem(schema, filter, options), schema, filter, options);
  }
}

/**
 * Returns the attributes to hide from a match that names no attribute: hidden ones, and stored values of
 * computed ones.
 */
function hidingFromAll(attribute: string | undefined, { isHidden, derived }: FilterOptions) {
  if (attribute !== undefined || derived === undefined) return isHidden;
  return (key: string) => derived.has(key) || isHidden?.(key) === true;
}

/** Adds the computed attribute to the entry for a filter item that names it. Other filter items pay nothing. */
function withDerived(
  matcher: Matcher,
  schema: Schema,
  { attribute }: { readonly attribute: string | undefined },
  { derived }: FilterOptions,
): Matcher {
  if (derived === undefined || attribute === undefined) return matcher;
  const derive = derived.get(schema.describe(attribute)?.type.key ?? '');
  if (derive === undefined) return matcher;
  return (entry) => {
    const made = derive(entry);
    return matcher(new Entry(entry.dn, made === undefined ? [] : [made]));
  };
}

function unknown(): undefined {
  return undefined;
}

/** Compiles an AND. False wins over Undefined; the empty AND is true (RFC 4526). */
function compileAnd(parts: readonly Matcher[]): Matcher {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  return (entry) => {
    let result: boolean | undefined = true;
    for (const part of parts) {
      const matched = part(entry);
      if (matched === false) return false;
      if (matched === undefined) result = undefined;
    }
    return result;
  };
}

/** Compiles an OR. True wins over Undefined; the empty OR is false (RFC 4526). */
function compileOr(parts: readonly Matcher[]): Matcher {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  return (entry) => {
    let result: boolean | undefined = false;
    for (const part of parts) {
      const matched = part(entry);
      if (matched === true) return true;
      if (matched === undefined) result = undefined;
    }
    return result;
  };
}

function compileNot(part: Matcher): Matcher {
  return (entry) => {
    const matched = part(entry);
    return matched === undefined ? undefined : !matched;
  };
}

type Item = Exclude<Filter, { readonly type: 'and' | 'or' | 'not' | 'extensibleMatch' }>;

function compileItem(schema: Schema, filter: Item, options: FilterOptions): Matcher {
  const described = schema.describe(filter.attribute);
  if (described === undefined) return unknown;
  const selects = makeAttributeSelector(schema, described, options.isHidden);
  if (selects === undefined) return unknown;
  const { type } = described;
  switch (filter.type) {
    case 'present':
      return compilePresent(selects);
    case 'equalityMatch':
      return type.oid === OBJECT_CLASS_OID
        ? compileObjectClass(schema, selects, filter.value)
        : compileEquality(type, selects, filter.value);
    case 'approxMatch':
      return compileApprox(type, selects, filter.value);
    case 'substrings':
      return compileSubstrings(type.substrings?.substrings, selects, filter);
    default:
      return compileOrdering(type, selects, filter.value, filter.type === 'greaterOrEqual' ? 1 : -1);
  }
}

function compilePresent(selects: AttributeSelector): Matcher {
  return (entry) => {
    for (const attribute of entry.attributes) {
      if (selects(attribute.key)) return true;
    }
    return false;
  };
}

function compileEquality(type: AttributeType, selects: AttributeSelector, value: string): Matcher {
  const wanted = normalizeAssertion(type, value);
  if (wanted === undefined) return unknown;
  return (entry) => {
    for (const attribute of entry.attributes) {
      if (selects(attribute.key) && hasValue(type, attribute, wanted)) return true;
    }
    return false;
  };
}

function hasValue(type: AttributeType, { values }: Attribute, wanted: string): boolean {
  for (const value of values) {
    if (normalizeValue(type, value) === wanted) return true;
  }
  return false;
}

/** Compiles a match of objectClass. An entry also belongs to all superiors of its classes (RFC 4512 §2.4). */
function compileObjectClass(schema: Schema, selects: AttributeSelector, value: string): Matcher {
  const wanted = schema.findObjectClass(value);
  if (wanted === undefined) return unknown;
  const texts = new Set<string>();
  for (const objectClass of schema.objectClasses) {
    if (!objectClass.lineage.has(wanted)) continue;
    for (const name of [objectClass.oid, ...objectClass.names]) texts.add(name).add(name.toLowerCase());
  }
  return (entry) => {
    for (const attribute of entry.attributes) {
      if (!selects(attribute.key)) continue;
      for (const present of attribute.values) {
        if (texts.has(present) || texts.has(present.toLowerCase())) return true;
      }
    }
    return false;
  };
}

/** Compiles an approximate match as equality without case. No other meaning is widely agreed. */
function compileApprox(type: AttributeType, selects: AttributeSelector, value: string): Matcher {
  const wanted = normalizeAssertion(type, value)?.toLowerCase();
  if (wanted === undefined) return unknown;
  return (entry) => {
    for (const { key, values } of entry.attributes) {
      if (selects(key) && values.some((other) => normalizeValue(type, other).toLowerCase() === wanted))
        return true;
    }
    return false;
  };
}

/** Compiles >= (`direction` 1) or <= (`direction` -1). The asserted value itself always matches. */
function compileOrdering(
  type: AttributeType,
  selects: AttributeSelector,
  value: string,
  direction: 1 | -1,
): Matcher {
  const rule = type.ordering;
  const compare = rule?.compare;
  const wanted = rule?.normalize(value);
  if (rule === undefined || compare === undefined || wanted === undefined) return unknown;
  return (entry) => {
    let result: boolean | undefined = false;
    for (const { key, values } of entry.attributes) {
      if (!selects(key)) continue;
      for (const other of values) {
        const normal = rule.normalize(other);
        if (normal === undefined) result = undefined;
        else if (compare(normal, wanted) * direction >= 0) return true;
      }
    }
    return result;
  };
}
