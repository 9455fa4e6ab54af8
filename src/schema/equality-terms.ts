// Equalities that an entry must satisfy for a filter to match. A search looks them up in an index.

import type { Filter } from '../ldap/filter.ts';
import { normalizeAssertion } from './normal-value.ts';
import type { Schema } from './schema.ts';

export interface EqualityTerm {
  /** Key of the attribute type. Values with options count too. */
  readonly key: string;
  /** Value in the form of normalizeValue. */
  readonly normalizedValue: string;
}

/**
 * Returns the equalities that every matching entry satisfies: the filter itself, or those inside an AND. Skips
 * types that have subtypes, since an entry may have the value under another name. Includes object classes:
 * entries are stored with all superiors of their classes (completeClasses).
 */
export function equalityTerms(schema: Schema, filter: Filter): readonly EqualityTerm[] {
  if (filter.type === 'and') return filter.filters.flatMap((part) => equalityTerms(schema, part));
  if (filter.type !== 'equalityMatch') return [];
  const type = schema.describe(filter.attribute)?.type;
  if (type === undefined || schema.subtypes(type).length > 1) return [];
  const normalizedValue = normalizeAssertion(type, filter.value);
  return normalizedValue === undefined ? [] : [{ key: type.key, normalizedValue }];
}
