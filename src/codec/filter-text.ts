// Search filters as text (RFC 4515): `(&(objectClass=person)(cn=A*))`. Strict: spaces only in values, and parentheses
// around every filter. Errors name positions and never quote the filter, which may contain a secret.

import type { Filter } from '../ldap/filter.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { octetsFromText, textFromOctets } from '../ldap/octets.ts';

/** Maximum nesting, unless the caller passes another. */
const FILTER_TEXT_DEPTH_MAX = 64;
/** Unit: characters. */
const FILTER_TEXT_LENGTH_MAX = 1_000_000;

const ATTRIBUTE = /(?:[A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+)(?:;[A-Za-z0-9-]+)*/y;
const OPERATOR = /~=|>=|<=|:=|=/y;
const DN_FLAG = /:dn(?=:)/iy;
const RULE = /:([A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+)(?=:=)/y;
const VALUE = /[^()*\0]*/y;
const WRONG_ESCAPE = /\\(?![0-9A-Fa-f]{2})/;
const ESCAPED_RUN = /(?:\\[0-9A-Fa-f]{2})+/g;
const COMPARISONS = { '~=': 'approxMatch', '>=': 'greaterOrEqual', '<=': 'lessOrEqual' } as const;

/** Parses a filter. Throws protocolError (2) with the position of the first error. */
export function parseFilter(text: string, depthMax: number = FILTER_TEXT_DEPTH_MAX): Filter {
  return new FilterParser(text, depthMax).parse();
}

/** Formats a filter: the inverse of `parseFilter`. */
export function formatFilter(filter: Filter): string {
  switch (filter.type) {
    case 'and':
      return `(&${filter.filters.map(formatFilter).join('')})`;
    case 'or':
      return `(|${filter.filters.map(formatFilter).join('')})`;
    case 'not':
      return `(!${formatFilter(filter.filter)})`;
    case 'present':
      return `(${filter.attribute}=*)`;
    case 'equalityMatch':
      return `(${filter.attribute}=${escapeValue(filter.value)})`;
    case 'approxMatch':
      return `(${filter.attribute}~=${escapeValue(filter.value)})`;
    case 'greaterOrEqual':
      return `(${filter.attribute}>=${escapeValue(filter.value)})`;
    case 'lessOrEqual':
      return `(${filter.attribute}<=${escapeValue(filter.value)})`;
    case 'substrings': {
      const pieces = [filter.initial ?? '', ...filter.any, filter.final ?? ''];
      // With a single asterisk it would be a presence filter.
      if (pieces.join('') === '') return `(${filter.attribute}=**)`;
      return `(${filter.attribute}=${pieces.map(escapeValue).join('*')})`;
    }
    case 'extensibleMatch': {
      const rule = filter.rule === undefined ? '' : `:${filter.rule}`;
      return `(${filter.attribute ?? ''}${filter.dnAttributes ? ':dn' : ''}${rule}:=${escapeValue(filter.value)})`;
    }
  }
}

/** Escapes syntax characters, NUL and octets that are not UTF-8 as `\xx` (RFC 4515 §3). */
function escapeValue(value: string): string {
  const escaped = value.replace(/[\\()*\0]/g, (char) => escapeOctet(char.charCodeAt(0)));
  // With the u flag, half of a surrogate pair does not match.
  return escaped.isWellFormed()
    ? escaped
    : escaped.replace(/[\u{dc80}-\u{dcff}]/gu, (char) => escapeOctet(char.charCodeAt(0) - 0xdc00));
}

function escapeOctet(octet: number): string {
  return `\\${octet.toString(16).padStart(2, '0')}`;
}

/** Reverses `escapeValue`. Escaped octets may be UTF-8 only together with their neighbours. */
function unescapeValue(text: string): string {
  if (!text.includes('\\')) return text;
  const unescaped = text.replace(ESCAPED_RUN, (run) =>
    textFromOctets(Buffer.from(run.replaceAll('\\', ''), 'hex')),
  );
  return unescaped.isWellFormed() ? unescaped : textFromOctets(octetsFromText(unescaped));
}

class FilterParser {
  readonly #text: string;
  readonly #depthMax: number;
  #at = 0;

  constructor(text: string, depthMax: number) {
    this.#text = text;
    this.#depthMax = depthMax;
  }

  parse(): Filter {
    if (this.#text.length > FILTER_TEXT_LENGTH_MAX) {
      throw new LdapError('protocolError', `The filter is longer than ${FILTER_TEXT_LENGTH_MAX} characters.`);
    }
    const filter = this.#filter(1);
    if (this.#at < this.#text.length) throw this.#error('goes on after its last parenthesis');
    return filter;
  }

  #filter(depth: number): Filter {
    if (depth > this.#depthMax) throw this.#error(`is nested more than ${this.#depthMax} deep`);
    this.#expect('(');
    const filter = this.#content(depth);
    this.#expect(')');
    return filter;
  }

  #content(depth: number): Filter {
    const sign = this.#text[this.#at];
    if (sign !== '&' && sign !== '|' && sign !== '!') return this.#item();
    this.#at += 1;
    if (sign === '!') return { type: 'not', filter: this.#filter(depth + 1) };
    const filters: Filter[] = [];
    while (this.#text[this.#at] === '(') filters.push(this.#filter(depth + 1));
    return { type: sign === '&' ? 'and' : 'or', filters };
  }

  #item(): Filter {
    const attribute = this.#match(ATTRIBUTE)?.[0];
    const dnAttributes = this.#match(DN_FLAG) !== undefined;
    const rule = this.#match(RULE)?.[1];
    const operator = this.#match(OPERATOR)?.[0];
    const isExtensible = dnAttributes || rule !== undefined || attribute === undefined;
    if (operator === undefined || (isExtensible && operator !== ':=')) throw this.#operatorError(attribute);
    if (operator === ':=') {
      if (attribute === undefined && rule === undefined)
        throw this.#error('lacks an attribute or a matching rule');
      return { type: 'extensibleMatch', rule, attribute, value: this.#value(), dnAttributes };
    }
    if (attribute === undefined) throw this.#operatorError(attribute);
    if (operator === '=') return this.#equality(attribute);
    return { type: COMPARISONS[operator as keyof typeof COMPARISONS], attribute, value: this.#value() };
  }

  /** Parses `=value`, `=*`, or pieces with `*` between; `=**` has no piece and is Undefined. */
  #equality(attribute: string): Filter {
    const pieces = [this.#value()];
    while (this.#text[this.#at] === '*') {
      this.#at += 1;
      pieces.push(this.#value());
    }
    const [first = '', ...others] = pieces;
    const last = others.pop();
    if (last === undefined) return { type: 'equalityMatch', attribute, value: first };
    const any = others.filter((piece) => piece !== '');
    if (pieces.length === 2 && first === '' && last === '') return { type: 'present', attribute };
    return { type: 'substrings', attribute, initial: first || undefined, any, final: last || undefined };
  }

  #value(): string {
    const start = this.#at;
    const written = this.#match(VALUE)?.[0] ?? '';
    const wrong = written.search(WRONG_ESCAPE);
    if (wrong >= 0) {
      this.#at = start + wrong;
      throw this.#error('has a backslash without two hexadecimal digits');
    }
    return unescapeValue(written);
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    this.#at += found?.[0].length ?? 0;
    return found ?? undefined;
  }

  #expect(char: '(' | ')'): void {
    if (this.#text[this.#at] !== char) throw this.#error(`needs "${char}"`);
    this.#at += 1;
  }

  #operatorError(attribute: string | undefined): LdapError {
    return this.#error(
      attribute === undefined ? 'lacks an attribute' : 'lacks =, ~=, >=, <= or := after the attribute',
    );
  }

  #error(what: string): LdapError {
    return new LdapError(
      'protocolError',
      `The filter ${what} at character ${this.#at + 1}. Write it like (&(objectClass=person)(cn=A*)), ` +
        'with \\28 \\29 \\2a \\5c for ( ) * \\ in values.',
    );
  }
}
