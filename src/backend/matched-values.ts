// Only the values a client asked for (RFC 3876): an entry of many values, answered with the few that match.

import type { Attribute, Entry } from '../ldap/entry.ts';
import type { Matcher } from '../schema/filter-matcher.ts';

/** The entry with the values of which one of the filters is true; attributes left without values are left out. */
export function matchedValues(entry: Entry, matchers: readonly Matcher[]): Entry {
  const isMatched = (attribute: Attribute, value: string) => {
    const alone = entry.withAttributes([attribute.withValues([value])]);
    return matchers.some((matches) => matches(alone) === true);
  };
  const attributes = entry.attributes.map((attribute) => {
    const values = attribute.values.filter((value) => isMatched(attribute, value));
    return values.length === attribute.values.length ? attribute : attribute.withValues(values);
  });
  return entry.withAttributes(attributes.filter(({ values }) => values.length > 0));
}
