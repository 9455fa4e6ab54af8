// Substring matching: a value contains the pieces in order and without overlap (RFC 4511 §4.5.1.7.2).

import type { Entry } from '../ldap/entry.ts';
import type { AttributeSelector } from './attribute-selector.ts';
import type { SubstringPlace, SubstringsPreparation } from './matching-rule.ts';

export interface Substrings {
  readonly initial: string | undefined;
  readonly any: readonly string[];
  readonly final: string | undefined;
}

/**
 * Compiles a substring match. Returns undefined for a type without substrings rule, for an assertion without
 * pieces, and for a piece that cannot be prepared.
 */
export function compileSubstrings(
  preparation: SubstringsPreparation | undefined,
  selects: AttributeSelector,
  pieces: Substrings,
): (entry: Entry) => boolean | undefined {
  const matches = isComplete(pieces) ? compileValueMatch(preparation, pieces) : undefined;
  if (matches === undefined) return () => undefined;
  return (entry) => {
    for (const { key, values } of entry.attributes) {
      if (selects(key) && values.some(matches)) return true;
    }
    return false;
  };
}

/** Returns true if there is at least one piece and no empty one (RFC 4511 §4.5.1.7.2). */
function isComplete({ initial, any, final }: Substrings): boolean {
  const all = [initial, ...any, final].filter((piece) => piece !== undefined);
  return all.length > 0 && !all.includes('');
}

/**
 * Compiles a match of a single value, with the results of compileSubstrings. A value that cannot be prepared
 * does not match.
 */
export function compileValueMatch(
  preparation: SubstringsPreparation | undefined,
  pieces: Substrings,
): ((value: string) => boolean) | undefined {
  const prepared = preparation && preparePieces(preparation, pieces);
  if (preparation === undefined || prepared === undefined) return undefined;
  return (value) => {
    const text = preparation.value(value);
    return text !== undefined && holdsPieces(text, prepared);
  };
}

/** Parses a Substring Assertion such as `a*b*c` (RFC 4517 §3.3.30). Returns undefined for text without `*`. */
export function parseSubstringAssertion(text: string): Substrings | undefined {
  const parts = text.split('*').map((part) => part.replace(/\\(2[aA]|5[cC])/g, unescapePiece));
  if (parts.length < 2) return undefined;
  const initial = parts[0];
  const final = parts.at(-1);
  return {
    initial: initial === '' ? undefined : initial,
    any: parts.slice(1, -1).filter((part) => part !== ''),
    final: final === '' ? undefined : final,
  };
}

function unescapePiece(_: string, code: string): string {
  return code.startsWith('2') ? '*' : '\\';
}

function preparePieces(preparation: SubstringsPreparation, pieces: Substrings): Substrings | undefined {
  let isPrepared = true;
  const prepare = (piece: string, place: SubstringPlace) => {
    const prepared = preparation.piece(piece, place);
    if (prepared === undefined) isPrepared = false;
    return prepared ?? '';
  };
  const prepared = {
    initial: pieces.initial === undefined ? undefined : prepare(pieces.initial, 'initial'),
    any: pieces.any.map((piece) => prepare(piece, 'any')),
    final: pieces.final === undefined ? undefined : prepare(pieces.final, 'final'),
  };
  return isPrepared ? prepared : undefined;
}

function holdsPieces(text: string, { initial, any, final }: Substrings): boolean {
  let at = 0;
  if (initial !== undefined) {
    if (!text.startsWith(initial)) return false;
    at = initial.length;
  }
  for (const piece of any) {
    const found = text.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return final === undefined || (text.length - final.length >= at && text.endsWith(final));
}
