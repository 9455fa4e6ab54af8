// Controls whose value is made of the pieces of a search: assertion (RFC 4528), matched values (RFC 3876), and the
// entry before and after a change (RFC 4527).

import type { Entry } from '../ldap/entry.ts';
import type { Filter } from '../ldap/filter.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { BerTag } from './ber-reader.ts';
import { readValue, writeValue } from './control-value.ts';
import { DEFAULT_FILTER_LIMITS, type FilterLimits, readFilter, writeFilter } from './filter-ber.ts';
import { readTexts, writeSearchResultEntry } from './search-ber.ts';

const VALUES_FILTER_ITEMS_MAX = 64;

export function readAssertion(
  value: string | undefined,
  limits: FilterLimits = DEFAULT_FILTER_LIMITS,
): Filter {
  return readValue(value, 'the assertion control', (reader) => readFilter(reader, limits));
}

export function writeAssertion(filter: Filter): string {
  return writeValue((writer) => writeFilter(writer, filter));
}

/** A ValuesReturnFilter: simple items, of which one must match (RFC 3876 §2). */
export function readValuesFilter(
  value: string | undefined,
  limits: FilterLimits = DEFAULT_FILTER_LIMITS,
): readonly Filter[] {
  return readValue(value, 'the matched values control', (reader) => {
    const filters: Filter[] = [];
    const outer = reader.enter(BerTag.sequence);
    while (reader.hasMore) {
      filters.push(simpleItem(readFilter(reader, limits)));
      if (filters.length > VALUES_FILTER_ITEMS_MAX)
        throw new LdapError('protocolError', `It has more than ${VALUES_FILTER_ITEMS_MAX} items.`);
    }
    reader.leave(outer);
    if (filters.length === 0) throw new LdapError('protocolError', 'It has no item.');
    return filters;
  });
}

function simpleItem(filter: Filter): Filter {
  const isSimple = filter.type !== 'and' && filter.type !== 'or' && filter.type !== 'not';
  // SimpleFilterItem has no dnAttributes: what an entry is called says nothing about a value.
  if (isSimple && !(filter.type === 'extensibleMatch' && filter.dnAttributes)) return filter;
  throw new LdapError(
    'protocolError',
    'It may hold simple items only, without and, or, not and dnAttributes.',
  );
}

/** The attribute selectors of a pre-read or post-read request. */
export function readReadEntry(value: string | undefined): readonly string[] {
  return readValue(value, 'the read entry control', (reader) => readTexts(reader));
}

export function writeReadEntryResult(entry: Entry): string {
  return writeValue((writer) => writeSearchResultEntry(writer, entry));
}
