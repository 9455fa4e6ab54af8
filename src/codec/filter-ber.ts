// Filters as bytes (RFC 4511 §4.5.1.7).

import type { Filter } from '../ldap/filter.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { BerError, type BerReader, BerTag } from './ber-reader.ts';
import type { BerWriter } from './ber-writer.ts';
import { ContextTag } from './ldap-tag.ts';

export interface FilterLimits {
  /** Maximum nesting: reading and matching recurse that deep. */
  readonly depthMax: number;
  /** Maximum number of parts, over all levels. */
  readonly partsMax: number;
}

export const DEFAULT_FILTER_LIMITS: FilterLimits = { depthMax: 64, partsMax: 4096 };

const SUBSTRING_TAGS: ReadonlySet<number> = new Set([
  ContextTag.substringInitial,
  ContextTag.substringAny,
  ContextTag.substringFinal,
]);

const VALUE_TYPES = {
  [ContextTag.filterEqualityMatch]: 'equalityMatch',
  [ContextTag.filterGreaterOrEqual]: 'greaterOrEqual',
  [ContextTag.filterLessOrEqual]: 'lessOrEqual',
  [ContextTag.filterApproxMatch]: 'approxMatch',
} as const;

const VALUE_TAGS = {
  equalityMatch: ContextTag.filterEqualityMatch,
  greaterOrEqual: ContextTag.filterGreaterOrEqual,
  lessOrEqual: ContextTag.filterLessOrEqual,
  approxMatch: ContextTag.filterApproxMatch,
} as const;

/** Reads a Filter (RFC 4511 §4.5.1.7). Throws BerError, or protocolError (2) over a limit. */
export function readFilter(reader: BerReader, limits: FilterLimits): Filter {
  return new FilterReader(reader, limits).read(1);
}

class FilterReader {
  readonly #reader: BerReader;
  readonly #limits: FilterLimits;
  #parts = 0;

  constructor(reader: BerReader, limits: FilterLimits) {
    this.#reader = reader;
    this.#limits = limits;
  }

  read(depth: number): Filter {
    const reader = this.#reader;
    const tag = reader.peekTag();
    this.#parts += 1;
    if (depth > this.#limits.depthMax || this.#parts > this.#limits.partsMax) {
      const { depthMax, partsMax } = this.#limits;
      throw new LdapError(
        'adminLimitExceeded',
        `The filter is nested deeper than ${depthMax} or has more than ${partsMax} parts.`,
      );
    }
    switch (tag) {
      case ContextTag.filterPresent:
        return { type: 'present', attribute: reader.text(tag) };
      case ContextTag.filterEqualityMatch:
      case ContextTag.filterGreaterOrEqual:
      case ContextTag.filterLessOrEqual:
      case ContextTag.filterApproxMatch:
        return this.#readValue(tag);
      case ContextTag.filterAnd:
        return { type: 'and', filters: this.#readSet(tag, depth) };
      case ContextTag.filterOr:
        return { type: 'or', filters: this.#readSet(tag, depth) };
      case ContextTag.filterNot:
        return this.#readNot(depth);
      case ContextTag.filterSubstrings:
        return readSubstrings(reader);
      case ContextTag.filterExtensibleMatch:
        return readExtensibleMatch(reader);
      default:
        return this.#readUnknown(tag);
    }
  }

  /**
   * Reads a choice that the server does not know as Undefined (RFC 4511 §4.5.1.7): here, an assertion about an attribute
   * that no entry can have.
   */
  #readUnknown(tag: number): Filter {
    if (!this.#reader.hasMore) throw new BerError('A filter is missing.');
    if (!isContextTag(tag)) throw new BerError(`A filter cannot start with tag ${tag}.`);
    this.#reader.skip();
    return { type: 'present', attribute: '' };
  }

  #readValue(tag: keyof typeof VALUE_TYPES): Filter {
    const outer = this.#reader.enter(tag);
    const attribute = this.#reader.text();
    const value = this.#reader.text();
    this.#reader.leave(outer);
    return { type: VALUE_TYPES[tag], attribute, value };
  }

  #readSet(tag: number, depth: number): Filter[] {
    const filters: Filter[] = [];
    const outer = this.#reader.enter(tag);
    while (this.#reader.hasMore) filters.push(this.read(depth + 1));
    this.#reader.leave(outer);
    return filters;
  }

  #readNot(depth: number): Filter {
    const outer = this.#reader.enter(ContextTag.filterNot);
    const filter = this.read(depth + 1);
    this.#reader.leave(outer);
    return { type: 'not', filter };
  }
}

function isContextTag(tag: number): boolean {
  return tag >= 0x80 && tag < 0xc0;
}

/**
 * Reads a SubstringFilter: `initial` first, `final` last, each at most once. Some clients send no parts, or empty ones,
 * which the grammar forbids. Those, and parts in another order, make it Undefined; the rest of the filter still counts.
 */
function readSubstrings(reader: BerReader): Filter {
  const outer = reader.enter(ContextTag.filterSubstrings);
  const attribute = reader.text();
  const inner = reader.enter(BerTag.sequence);
  let initial: string | undefined;
  let final: string | undefined;
  const any: string[] = [];
  let isKnown = true;
  while (reader.hasMore) {
    const tag = reader.peekTag();
    const isInOrder =
      final === undefined &&
      (tag !== ContextTag.substringInitial || (any.length === 0 && initial === undefined));
    isKnown &&= isInOrder && SUBSTRING_TAGS.has(tag);
    if (!isContextTag(tag)) throw new BerError(`A substring filter cannot have tag ${tag}.`);
    const part = reader.text(tag);
    if (tag === ContextTag.substringInitial) initial = part;
    else if (tag === ContextTag.substringAny) any.push(part);
    else final = part;
  }
  reader.leave(inner);
  reader.leave(outer);
  if (!isKnown) return { type: 'substrings', attribute, initial: undefined, any: [], final: undefined };
  return { type: 'substrings', attribute, initial, any, final };
}

/** Reads a MatchingRuleAssertion (RFC 4511 §4.5.1.7.7): a rule, an attribute or both; with neither it is Undefined. */
function readExtensibleMatch(reader: BerReader): Filter {
  const outer = reader.enter(ContextTag.filterExtensibleMatch);
  const rule =
    reader.peekTag() === ContextTag.matchingRule ? reader.text(ContextTag.matchingRule) : undefined;
  const attribute =
    reader.peekTag() === ContextTag.matchingType ? reader.text(ContextTag.matchingType) : undefined;
  const value = reader.text(ContextTag.matchValue);
  const dnAttributes =
    reader.peekTag() === ContextTag.matchDnAttributes ? reader.boolean(ContextTag.matchDnAttributes) : false;
  reader.leave(outer);
  return { type: 'extensibleMatch', rule, attribute, value, dnAttributes };
}

/** Writes a Filter (RFC 4511 §4.5.1.7). */
export function writeFilter(writer: BerWriter, filter: Filter): void {
  switch (filter.type) {
    case 'and':
    case 'or': {
      const start = writer.begin(filter.type === 'and' ? ContextTag.filterAnd : ContextTag.filterOr);
      for (const part of filter.filters) writeFilter(writer, part);
      return writer.end(start);
    }
    case 'not': {
      const start = writer.begin(ContextTag.filterNot);
      writeFilter(writer, filter.filter);
      return writer.end(start);
    }
    case 'present':
      return writer.text(filter.attribute, ContextTag.filterPresent);
    case 'substrings':
      return writeSubstrings(writer, filter);
    case 'extensibleMatch':
      return writeExtensibleMatch(writer, filter);
    default: {
      const start = writer.begin(VALUE_TAGS[filter.type]);
      writer.text(filter.attribute);
      writer.text(filter.value);
      return writer.end(start);
    }
  }
}

function writeSubstrings(writer: BerWriter, filter: Extract<Filter, { type: 'substrings' }>): void {
  const start = writer.begin(ContextTag.filterSubstrings);
  writer.text(filter.attribute);
  const parts = writer.begin(BerTag.sequence);
  if (filter.initial !== undefined) writer.text(filter.initial, ContextTag.substringInitial);
  for (const part of filter.any) writer.text(part, ContextTag.substringAny);
  if (filter.final !== undefined) writer.text(filter.final, ContextTag.substringFinal);
  writer.end(parts);
  writer.end(start);
}

function writeExtensibleMatch(writer: BerWriter, filter: Extract<Filter, { type: 'extensibleMatch' }>): void {
  const start = writer.begin(ContextTag.filterExtensibleMatch);
  if (filter.rule !== undefined) writer.text(filter.rule, ContextTag.matchingRule);
  if (filter.attribute !== undefined) writer.text(filter.attribute, ContextTag.matchingType);
  writer.text(filter.value, ContextTag.matchValue);
  if (filter.dnAttributes) writer.boolean(true, ContextTag.matchDnAttributes);
  writer.end(start);
}
