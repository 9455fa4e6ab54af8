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

/** Reads the Filter of an assertion control (RFC 4528 §3). Throws protocolError (2). */
export function readAssertion(
  value: string | undefined,
  limits: FilterLimits = DEFAULT_FILTER_LIMITS,
): Filter {
  return readValue(value, 'the assertion control', (reader) => readFilter(reader, limits));
}

/** Writes the value of an assertion control (RFC 4528 §3). */
export function writeAssertion(filter: Filter): string {
  return writeValue((writer) => writeFilter(writer, filter));
}

/** Reads a ValuesReturnFilter: simple items, of which one must match (RFC 3876 §2). Throws protocolError (2). */
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
  // SimpleFilterItem has no dnAttributes: a name does not describe a value.
  if (isSimple && !(filter.type === 'extensibleMatch' && filter.dnAttributes)) return filter;
  throw new LdapError(
    'protocolError',
    'It may hold simple items only, without and, or, not and dnAttributes.',
  );
}

/** Reads the attribute selectors of a pre-read or post-read request (RFC 4527 §3). Throws protocolError (2). */
export function readReadEntry(value: string | undefined): readonly string[] {
  return readValue(value, 'the read entry control', (reader) => readTexts(reader));
}

/** Writes the entry of a pre-read or post-read response (RFC 4527 §3). */
export function writeReadEntryResult(entry: Entry): string {
  return writeValue((writer) => writeSearchResultEntry(writer, entry));
}
