// The change numbers that a filter can match, so that a search of the changelog reads no others.

import type { Filter } from '../ldap/filter.ts';
import type { Schema } from '../schema/schema.ts';

export interface NumberRange {
  readonly least: number;
  readonly most: number;
}

const ALL: NumberRange = { least: 0, most: Number.MAX_SAFE_INTEGER };
const KEY = 'changenumber';

/** Returns a range; the filter matches no entry outside of it. */
export function numbersWanted(filter: Filter, schema: Schema): NumberRange {
  switch (filter.type) {
    case 'and':
      return filter.filters
        .map((one) => numbersWanted(one, schema))
        .reduce(
          (one, other) => ({
            least: Math.max(one.least, other.least),
            most: Math.min(one.most, other.most),
          }),
          ALL,
        );
    case 'equalityMatch':
    case 'greaterOrEqual':
    case 'lessOrEqual':
      return rangeOf(filter, schema);
    default:
      return ALL;
  }
}

function rangeOf(
  { type, attribute, value }: { readonly type: string; readonly attribute: string; readonly value: string },
  schema: Schema,
): NumberRange {
  if (schema.describe(attribute)?.key !== KEY || !/^\d{1,15}$/.test(value)) return ALL;
  const number = Number(value);
  return {
    least: type === 'lessOrEqual' ? ALL.least : number,
    most: type === 'greaterOrEqual' ? ALL.most : number,
  };
}
