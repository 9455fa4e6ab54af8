// What must be true of an entry for a filter to match: the start of a search by index.

import type { Filter } from '../ldap/filter.ts';
import { normalizeAssertion } from './normal-value.ts';
import type { Schema } from './schema.ts';

export interface EqualityTerm {
  /** The key of an attribute type; values with options count too. */
  readonly key: string;
  /** As normalizeValue gives it for a stored value that is equal. */
  readonly normalizedValue: string;
}

/**
 * The equalities that hold of every entry the filter matches: the filter itself, and those inside of an AND. Types that
 * others are built on are left out, since an entry may have the value under another name. A class is a term too: entries
 * are kept with the superiors of their classes written down (completeClasses).
 */
export function equalityTerms(schema: Schema, filter: Filter): readonly EqualityTerm[] {
  if (filter.type === 'and') return filter.filters.flatMap((part) => equalityTerms(schema, part));
  if (filter.type !== 'equalityMatch') return [];
  const type = schema.describe(filter.attribute)?.type;
  if (type === undefined || schema.subtypes(type).length > 1) return [];
  const normalizedValue = normalizeAssertion(type, filter.value);
  return normalizedValue === undefined ? [] : [{ key: type.key, normalizedValue }];
}
