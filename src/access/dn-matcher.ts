// DN patterns compiled for the schema. Names are matched by their keys (Schema.dnKey), in which no value has a separator.

import type { AvaPattern, DnPattern, RdnPattern } from '../config/types/dn-pattern.ts';
import type { Schema } from '../schema/schema.ts';

/** Returns true for a name, given by its levels, leaf first: `cn=a`, `cn=config`. */
export type NameMatcher = (levels: readonly string[]) => boolean;

type AvaMatcher = (ava: string) => boolean;
type LevelMatcher = 'many' | ((level: string) => boolean);

/** Returns the levels of the name with a key; none for the root. */
export function levelsOf(key: string): readonly string[] {
  return key === '' ? [] : key.split(',');
}

/** Compiles a pattern. */
export function compileDnPattern({ rdns }: DnPattern, schema: Schema): NameMatcher {
  const levels = rdns.map((rdn) => compileRdn(rdn, schema));
  return (name) => matchesFrom(levels, name);
}

/** Compares level by level; after a `**` the rest is tried at each further level. Takes no more than levels times levels. */
function matchesFrom(pattern: readonly LevelMatcher[], name: readonly string[]): boolean {
  // The places in the name that the pattern so far can end at.
  let ends = new Set([0]);
  for (const level of pattern) {
    const next = new Set<number>();
    if (level === 'many') {
      for (let end = Math.min(...ends) + 1; end <= name.length; end++) next.add(end);
    } else {
      for (const end of ends) {
        const at = name[end];
        if (at !== undefined && level(at)) next.add(end + 1);
      }
    }
    if (next.size === 0) return false;
    ends = next;
  }
  return ends.has(name.length);
}

function compileRdn(rdn: RdnPattern, schema: Schema): LevelMatcher {
  if (rdn === 'many') return 'many';
  if (rdn === 'one') return () => true;
  const avas = rdn.map((ava) => compileAva(ava, schema));
  const [only] = avas;
  if (only !== undefined && avas.length === 1) return (level) => !level.includes('+') && only(level);
  return (level) => {
    const present = level.split('+');
    return present.length === avas.length && canAssign(avas, present);
  };
}

/** Returns true if each matcher has a part of its own. */
function canAssign(matchers: readonly AvaMatcher[], parts: readonly string[]): boolean {
  const [first, ...rest] = matchers;
  if (first === undefined) return true;
  return parts.some((part, index) => first(part) && canAssign(rest, parts.toSpliced(index, 1)));
}

function compileAva({ type, pieces }: AvaPattern, schema: Schema): AvaMatcher {
  const [literal] = pieces;
  const key = type === undefined ? undefined : (schema.findAttributeType(type)?.key ?? type.toLowerCase());
  if (literal !== undefined && pieces.length === 1) {
    const wanted = schema.rdnKey([{ type: type ?? 'cn', value: literal }]);
    if (type !== undefined) return (ava) => ava === wanted;
    const value = wanted.slice(wanted.indexOf('='));
    return (ava) => ava.slice(ava.indexOf('=')) === value;
  }
  const normal = pieces.map((piece) => normalPiece(piece, schema));
  return (ava) => {
    const equals = ava.indexOf('=');
    return (
      (key === undefined || ava.slice(0, equals) === key) && matchesPieces(ava.slice(equals + 1), normal)
    );
  };
}

/** Returns a part of a value as keys have it; spaces at its ends stay. */
function normalPiece(piece: string, schema: Schema): string {
  return piece === '' ? '' : schema.rdnKey([{ type: 'cn', value: `x${piece}x` }]).slice('cn=x'.length, -1);
}

function matchesPieces(value: string, pieces: readonly string[]): boolean {
  const [first = '', ...others] = pieces;
  const last = others.pop() ?? '';
  if (value.length < first.length + last.length || !value.startsWith(first)) return false;
  let at = first.length;
  for (const piece of others) {
    const found = value.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return value.length - last.length >= at && value.endsWith(last);
}
