// Patterns of DNs, as PingDS has them: `**` is one or more whole RDNs, `*` alone is one RDN, `*` as attribute type is any
// type (the type may be left out then), and `*` in a value is any number of characters. A pattern without any `*` is a DN.
// A star that is meant is written as \2a.

import { Dn, RDNS_MAX } from '../../ldap/dn.ts';
import { LdapError } from '../../ldap/ldap-error.ts';
import { type Parsed, type PropertyType, propertyType } from '../property-type.ts';

/** One `type=value` of an RDN. */
export interface AvaPattern {
  /** Undefined: any type. */
  readonly type: string | undefined;
  /** The texts between the stars; one text: the value itself. */
  readonly pieces: readonly string[];
}

/** `many`: one or more RDNs; `one`: exactly one; otherwise the parts of one RDN, in any order. */
export type RdnPattern = 'many' | 'one' | readonly AvaPattern[];

export interface DnPattern {
  /** Text as written. */
  readonly text: string;
  /** The DN, if nothing in the pattern is left open. */
  readonly exact: Dn | undefined;
  /** Leaf first. */
  readonly rdns: readonly RdnPattern[];
}

const STARS_MAX = 16;
const ATTRIBUTE_TYPE = /^(?:[A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+)$/;
const ADVICE =
  'Write a DN; ** for one or more levels, * for one level or for any text in a value: **,cn=Mail Servers,cn=config.';

/** Returns the type of a DN pattern. */
export function dnPattern(): PropertyType<DnPattern> {
  return propertyType({
    name: 'DN pattern',
    syntax: 'directoryString',
    allowed:
      'A distinguished name, in which ** is one or more levels, and * one level, any attribute type, or any text in a value',
    parse: parsePattern,
    format: ({ text }) => text,
  });
}

/** Returns the pattern that means one entry and no other, whatever characters its name has. */
export function patternOfDn(dn: Dn): string {
  return dn.toString().replaceAll('*', '\\2a');
}

/** Returns the DN of a pattern that means one entry; undefined for other patterns, and for what is none. */
export function dnOfPattern(text: string): Dn | undefined {
  return exactOf(text);
}

function parsePattern(text: string): Parsed<DnPattern> {
  if (text.trim() === '')
    return { problem: 'is empty', advice: 'Write a DN pattern, or leave the property out.' };
  const parts = splitUnescaped(text, ',');
  const stars = text.split('*').length - 1;
  if (parts.length > RDNS_MAX) return refused(`has more than ${RDNS_MAX} levels`);
  if (stars > STARS_MAX) return refused(`has more than ${STARS_MAX} stars`);
  const rdns: RdnPattern[] = [];
  for (const part of parts) {
    const rdn = parseRdn(part.trim());
    if (rdn === undefined)
      return refused(`has a level that is no name and no pattern: ${JSON.stringify(part.trim())}`);
    rdns.push(rdn);
  }
  return { value: { text, exact: exactOf(text), rdns } };
}

function refused(problem: string): Parsed<DnPattern> {
  return { problem, advice: ADVICE };
}

/** Returns the DN of a pattern that leaves nothing open. */
function exactOf(text: string): Dn | undefined {
  return text.includes('*') ? undefined : parsedDn(text);
}

function parseRdn(text: string): RdnPattern | undefined {
  if (text === '**') return 'many';
  if (text === '*') return 'one';
  const avas: AvaPattern[] = [];
  for (const part of splitUnescaped(text, '+')) {
    const ava = parseAva(part.trim());
    if (ava === undefined) return undefined;
    avas.push(ava);
  }
  return avas;
}

function parseAva(text: string): AvaPattern | undefined {
  const [first = '', ...rest] = splitUnescaped(text, '=');
  const isTyped = rest.length > 0;
  const type = first.trim();
  if (isTyped && type !== '*' && !ATTRIBUTE_TYPE.test(type)) return undefined;
  const value = isTyped ? rest.join('=').trimStart() : text;
  const pieces: string[] = [];
  for (const piece of splitUnescaped(value, '*')) {
    const plain = piece === '' ? '' : unescaped(piece);
    if (plain === undefined) return undefined;
    pieces.push(plain);
  }
  if (pieces.length === 1 && pieces[0] === '') return undefined;
  return { type: isTyped && type !== '*' ? type : undefined, pieces };
}

/** Returns the text behind an escaped value; undefined if it is none. Spaces at its ends count. */
function unescaped(piece: string): string | undefined {
  const [before = '', after = ''] = [/^ */.exec(piece)?.[0], / *$/.exec(piece)?.[0]];
  const inner = piece.slice(before.length, piece.length - after.length);
  if (inner === '') return piece;
  const value = parsedDn(`cn=${inner.startsWith('#') ? `\\${inner}` : inner}`)?.name;
  return value === undefined ? undefined : `${before}${value}${after}`;
}

function parsedDn(text: string): Dn | undefined {
  try {
    return Dn.parse(text);
  } catch (error) {
    if (error instanceof LdapError) return undefined;
    throw error;
  }
}

/** Splits at a character that no backslash is before. */
function splitUnescaped(text: string, separator: string): string[] {
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === separator) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...parts, text.slice(start)];
}
