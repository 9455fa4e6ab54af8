// String preparation for comparison (RFC 4518): map, normalize (NFKC), fold case, drop insignificant spaces.
// Case is folded with toLowerCase and two more letters of RFC 3454, table B.2.

import type { SubstringPlace } from './matching-rule.ts';

const PRINTABLE_ASCII = /^[ -~]+$/;
/**
 * Prohibited characters (RFC 4518 §2.4), without those that Unicode 3.2 had not assigned: people use them
 * today.
 */
const PROHIBITED = /[\p{Cs}\p{Co}\p{Noncharacter_Code_Point}\uFFFD]/u;
/** Characters that become spaces: tabs, line ends and separators (RFC 4518 §2.2). */
const SPACES = /[\t-\r\x85\p{Zs}\p{Zl}\p{Zp}]/gu;
/**
 * Characters that are removed: controls, soft hyphens, joiners, variation selectors, object replacement (RFC
 * 4518 §2.2).
 */
const IGNORED = /[\p{Cc}\p{Cf}\p{Variation_Selector}\u1806\uFFFC]|\u034F/gu;

/** Returns the prepared text, or undefined if it has a prohibited character. */
export function prepareText(text: string, foldsCase: boolean): string | undefined {
  if (isPlain(text)) return foldsCase ? text.toLowerCase() : text;
  const spaced = prepareSpaced(text, foldsCase);
  return spaced === undefined ? undefined : trim(spaced);
}

/** Prepares a value for substring search: one space at each end, two for every inner run (RFC 4518 §2.6.1). */
export function prepareForSubstrings(text: string, foldsCase: boolean): string | undefined {
  const prepared = prepareText(text, foldsCase);
  return prepared === undefined ? undefined : ` ${prepared.replaceAll(' ', '  ')} `;
}

/**
 * Prepares a piece of a substring assertion. Spaces at its inner edges count once; at the outer edges of the
 * value there is always one (RFC 4518 §2.6.1).
 */
export function preparePiece(text: string, place: SubstringPlace, foldsCase: boolean): string | undefined {
  const spaced = prepareSpaced(text, foldsCase);
  if (spaced === undefined) return undefined;
  const core = trim(spaced).replaceAll(' ', '  ');
  if (core === '') return ' ';
  const before = place === 'initial' || spaced.startsWith(' ') ? ' ' : '';
  const after = place === 'final' || spaced.endsWith(' ') ? ' ' : '';
  return before + core + after;
}

/** Prepares all but the spaces at both ends, which the caller handles. Inner runs become one space. */
function prepareSpaced(text: string, foldsCase: boolean): string | undefined {
  if (PROHIBITED.test(text)) return undefined;
  const mapped = text.replace(SPACES, ' ').replace(IGNORED, '').normalize('NFKC');
  const folded = foldsCase ? foldCase(mapped) : mapped;
  return folded.replace(/ {2,}/g, ' ');
}

/** Returns true for visible ASCII words with single spaces, which only need case folding. */
function isPlain(text: string): boolean {
  return PRINTABLE_ASCII.test(text) && !text.startsWith(' ') && !text.endsWith(' ') && !text.includes('  ');
}

function foldCase(text: string): string {
  return text.toLowerCase().replaceAll('ß', 'ss').replaceAll('ς', 'σ').normalize('NFKC');
}

/** Removes the space at both ends. The text has no runs of spaces. */
function trim(text: string): string {
  return text.slice(text.startsWith(' ') ? 1 : 0, text.length > 1 && text.endsWith(' ') ? -1 : undefined);
}
