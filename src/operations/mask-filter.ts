// A filter as it may be logged: what it asks of secrets is stars.

import type { Filter } from '../ldap/filter.ts';
import { SECRET_STARS } from '../ldap/issue.ts';

/** Takes whether an attribute, as a client may write its name, holds secrets. */
export function maskFilter(filter: Filter, isSecret: (attribute: string) => boolean): Filter {
  switch (filter.type) {
    case 'present':
      return filter;
    case 'and':
    case 'or':
      return { type: filter.type, filters: filter.filters.map((part) => maskFilter(part, isSecret)) };
    case 'not':
      return { type: 'not', filter: maskFilter(filter.filter, isSecret) };
    case 'substrings':
      return isSecret(filter.attribute)
        ? { ...filter, initial: SECRET_STARS, any: [], final: undefined }
        : filter;
    case 'extensibleMatch':
      // Without an attribute it asks all of them.
      return filter.attribute === undefined || isSecret(filter.attribute)
        ? { ...filter, value: SECRET_STARS }
        : filter;
    default:
      return isSecret(filter.attribute) ? { ...filter, value: SECRET_STARS } : filter;
  }
}
