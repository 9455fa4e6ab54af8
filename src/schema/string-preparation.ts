// Preparation of strings for comparison (RFC 4518): map, normalise (NFKC), fold case, drop insignificant spaces.
// Case is folded by the language's lower case plus the two letters where it falls short of RFC 3454's table B.2.

import type { SubstringPlace } from './matching-rule.ts';

const PRINTABLE_ASCII = /^[ -~]+$/;
/** RFC 4518 §2.4, but for code points that were unassigned in Unicode 3.2: people use them now. */
const PROHIBITED = /[\p{Cs}\p{Co}\p{Noncharacter_Code_Point}\uFFFD]/u;
/** RFC 4518 §2.2: tabs, line ends and separators become spaces. */
const SPACES = /[\t-\r\x85\p{Zs}\p{Zl}\p{Zp}]/gu;
/** RFC 4518 §2.2: controls, soft hyphens, joiners, variation selectors and the object replacement become nothing. */
const IGNORED = /[\p{Cc}\p{Cf}\p{Variation_Selector}\u1806\uFFFC]|\u034F/gu;

/** Gives the normal form, or undefined when the text has characters that cannot be compared. */
export function prepareText(text: string, foldsCase: boolean): string | undefined {
  if (isPlain(text)) return foldsCase ? text.toLowerCase() : text;
  const spaced = prepareSpaced(text, foldsCase);
  return spaced === undefined ? undefined : trim(spaced);
}

/** RFC 4518 §2.6.1: a value that pieces are looked for in has a space at each end and two for every inner run. */
export function prepareForSubstrings(text: string, foldsCase: boolean): string | undefined {
  const prepared = prepareText(text, foldsCase);
  return prepared === undefined ? undefined : ` ${prepared.replaceAll(' ', '  ')} `;
}

/** RFC 4518 §2.6.1: spaces at the inner edges of a piece count once, those at the outer edges of the value always. */
export function preparePiece(text: string, place: SubstringPlace, foldsCase: boolean): string | undefined {
  const spaced = prepareSpaced(text, foldsCase);
  if (spaced === undefined) return undefined;
  const core = trim(spaced).replaceAll(' ', '  ');
  if (core === '') return ' ';
  const before = place === 'initial' || spaced.startsWith(' ') ? ' ' : '';
  const after = place === 'final' || spaced.endsWith(' ') ? ' ' : '';
  return before + core + after;
}

/** Everything but the spaces at both ends, which the caller decides about; inner runs are single spaces. */
function prepareSpaced(text: string, foldsCase: boolean): string | undefined {
  if (PROHIBITED.test(text)) return undefined;
  const mapped = text.replace(SPACES, ' ').replace(IGNORED, '').normalize('NFKC');
  const folded = foldsCase ? foldCase(mapped) : mapped;
  return folded.replace(/ {2,}/g, ' ');
}

/** Visible ASCII in words with one space between: nothing to do but fold. */
function isPlain(text: string): boolean {
  return PRINTABLE_ASCII.test(text) && !text.startsWith(' ') && !text.endsWith(' ') && !text.includes('  ');
}

function foldCase(text: string): string {
  return text.toLowerCase().replaceAll('ß', 'ss').replaceAll('ς', 'σ').normalize('NFKC');
}

/** The text has no runs of spaces. */
function trim(text: string): string {
  return text.slice(text.startsWith(' ') ? 1 : 0, text.length > 1 && text.endsWith(' ') ? -1 : undefined);
}
