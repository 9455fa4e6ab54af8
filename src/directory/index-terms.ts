// Index terms of an attribute: the normal forms of its values, by the key of its type, so that values with
// options are found too.

import type { Attribute } from '../ldap/entry.ts';
import { normalizeValue } from '../schema/normal-value.ts';
import type { Schema } from '../schema/schema.ts';

type IndexTerm = readonly [indexed: string, value: string];

const NO_TERMS: readonly IndexTerm[] = [];

/** Returns the function that yields the index terms of an attribute. `indexed` holds keys of attribute types. */
export function indexTerms(
  schema: Schema,
  indexed: ReadonlySet<string>,
  { key, values }: Attribute,
): readonly IndexTerm[] {
  const type = schema.describe(key)?.type;
  if (type === undefined || !indexed.has(type.key)) return NO_TERMS;
  return values.map((value) => [type.key, normalizeValue(type, value)]);
}
