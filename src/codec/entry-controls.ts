// Controls whose value is made of the pieces of a search: assertion (RFC 4528), matched values (RFC 3876), the entry
// before and after a change (RFC 4527), and whose rights to which attributes are asked for, as OpenDJ and 389 Directory Server have it:
//
//   GetRightsControl ::= SEQUENCE { authzId OCTET STRING, attributes SEQUENCE OF AttributeType OPTIONAL }

import type { Entry } from '../ldap/entry.ts';
import type { Filter } from '../ldap/filter.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { BerTag } from './ber-reader.ts';
import { readValue, writeValue } from './control-value.ts';
import { DEFAULT_FILTER_LIMITS, type FilterLimits, readFilter, writeFilter } from './filter-ber.ts';
import { readTexts, writeSearchResultEntry, writeTexts } from './search-ber.ts';

const VALUES_FILTER_ITEMS_MAX = 64;
const IDENTITY = /^(?:dn|u):/i;

export interface EffectiveRightsRequest {
  /** An authorization identity, `dn:` or `u:`; undefined for the requester itself. */
  readonly authzId: string | undefined;
  readonly attributes: readonly string[];
}

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

/**
 * Reads the value of a get effective rights control. 389 Directory Server takes the identity alone too, as text without BER, so
 * that ldapsearch can send it. Throws protocolError (2).
 */
export function readEffectiveRights(value: string | undefined): EffectiveRightsRequest {
  if (value === undefined || value === '') return { authzId: undefined, attributes: [] };
  if (IDENTITY.test(value)) return { authzId: value, attributes: [] };
  return readValue(value, 'the get effective rights control', (reader) => {
    const outer = reader.enter(BerTag.sequence);
    const authzId = reader.text();
    const attributes = reader.hasMore ? readTexts(reader) : [];
    reader.leave(outer);
    return { authzId, attributes };
  });
}

/** Writes the value of a get effective rights control. */
export function writeEffectiveRights(authzId: string, attributes: readonly string[]): string {
  return writeValue((writer) => {
    const outer = writer.begin(BerTag.sequence);
    writer.text(authzId);
    writeTexts(writer, attributes);
    writer.end(outer);
  });
}
