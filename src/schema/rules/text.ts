// Matching rules for strings (RFC 4517 §4.2). All use string preparation.

import type { MatchingRule } from '../matching-rule.ts';
import { prepareForSubstrings, preparePiece, prepareText } from '../string-preparation.ts';

const SYNTAX = '1.3.6.1.4.1.1466.115.121.1';
const SUBSTRING_ASSERTION = `${SYNTAX}.58`;
const HYPHENS = /[-\u058A\u2010\u2011\u2212\uFE63\uFF0D]/g;
/** Separates lines. Prepared text has no line end, so no piece matches across lines. */
const LINE_END = '\n';

type Prepare = (text: string) => string | undefined;

const ignoreCase: Prepare = (text) => prepareText(text, true);
const exactCase: Prepare = (text) => prepareText(text, false);
const ignoreCaseAscii: Prepare = (text) => (isAscii(text) ? prepareText(text, true) : undefined);
const exactCaseAscii: Prepare = (text) => (isAscii(text) ? prepareText(text, false) : undefined);
const withoutSpaces: Prepare = (text) => prepareText(text, true)?.replaceAll(' ', '');
const telephone: Prepare = (text) => withoutSpaces(text)?.replace(HYPHENS, '');

export const textRules: readonly MatchingRule[] = [
  equality('2.5.13.2', 'caseIgnoreMatch', '15', ignoreCase),
  ordering('2.5.13.3', 'caseIgnoreOrderingMatch', '15', ignoreCase),
  textSubstrings('2.5.13.4', 'caseIgnoreSubstringsMatch', true),
  equality('2.5.13.5', 'caseExactMatch', '15', exactCase),
  ordering('2.5.13.6', 'caseExactOrderingMatch', '15', exactCase),
  textSubstrings('2.5.13.7', 'caseExactSubstringsMatch', false),
  equality('2.5.13.8', 'numericStringMatch', '36', withoutSpaces),
  ordering('2.5.13.9', 'numericStringOrderingMatch', '36', withoutSpaces),
  plainSubstrings('2.5.13.10', 'numericStringSubstringsMatch', withoutSpaces),
  equality('2.5.13.11', 'caseIgnoreListMatch', '41', (text) => prepareLines(text)?.join(LINE_END)),
  listSubstrings('2.5.13.12', 'caseIgnoreListSubstringsMatch'),
  equality('2.5.13.20', 'telephoneNumberMatch', '50', telephone),
  plainSubstrings('2.5.13.21', 'telephoneNumberSubstringsMatch', telephone),
  words('2.5.13.32', 'wordMatch', /\s+/),
  words('2.5.13.33', 'keywordMatch', /[^\p{L}\p{N}]+/u),
  equality('1.3.6.1.4.1.1466.109.114.1', 'caseExactIA5Match', '26', exactCaseAscii),
  equality('1.3.6.1.4.1.1466.109.114.2', 'caseIgnoreIA5Match', '26', ignoreCaseAscii),
  textSubstrings('1.3.6.1.4.1.1466.109.114.3', 'caseIgnoreIA5SubstringsMatch', true),
  textSubstrings('1.3.6.1.4.1.4203.1.2.1', 'caseExactIA5SubstringsMatch', false),
];

/** Compares texts by UTF-16 code unit; no order fits all languages. */
export function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function isAscii(text: string): boolean {
  return /^[\0-\x7f]*$/.test(text);
}

function equality(oid: string, name: string, arc: string, normalize: Prepare): MatchingRule {
  return { oid, names: [name], syntaxOid: `${SYNTAX}.${arc}`, normalize };
}

function ordering(oid: string, name: string, arc: string, normalize: Prepare): MatchingRule {
  return { ...equality(oid, name, arc, normalize), compare: compareText };
}

function textSubstrings(oid: string, name: string, foldsCase: boolean): MatchingRule {
  return {
    oid,
    names: [name],
    syntaxOid: SUBSTRING_ASSERTION,
    normalize: (value) => prepareText(value, foldsCase),
    substrings: {
      value: (value) => prepareForSubstrings(value, foldsCase),
      piece: (piece, place) => preparePiece(piece, place, foldsCase),
    },
  };
}

function plainSubstrings(oid: string, name: string, normalize: Prepare): MatchingRule {
  return {
    oid,
    names: [name],
    syntaxOid: SUBSTRING_ASSERTION,
    normalize,
    substrings: { value: normalize, piece: normalize },
  };
}

function listSubstrings(oid: string, name: string): MatchingRule {
  return {
    oid,
    names: [name],
    syntaxOid: SUBSTRING_ASSERTION,
    normalize: (value) => prepareText(value, true),
    substrings: {
      value: (value) => {
        const lines = prepareLines(value);
        return lines?.map((line) => ` ${line.replaceAll(' ', '  ')} `).join(LINE_END);
      },
      piece: (piece, place) => preparePiece(piece, place, true),
    },
  };
}

/** Returns the lines of a postal address, each prepared and with `\24` and `\5C` decoded. */
function prepareLines(text: string): readonly string[] | undefined {
  const lines: string[] = [];
  for (const line of text.split('$')) {
    const plain = line.replace(/\\(24|5[cC])/g, (_, code: string) => (code === '24' ? '$' : '\\'));
    const prepared = prepareText(plain, true);
    if (prepared === undefined) return undefined;
    lines.push(prepared);
  }
  return lines;
}

/**
 * Makes a rule that matches if the assertion is one of the words of the stored value (RFC 4517 §4.2.21,
 * §4.2.32).
 */
function words(oid: string, name: string, separator: RegExp): MatchingRule {
  return {
    oid,
    names: [name],
    syntaxOid: `${SYNTAX}.15`,
    normalize: ignoreCase,
    normalizeStored: (value) => {
      const text = ignoreCase(value);
      return text === undefined ? undefined : ` ${text.split(separator).join(' ')} `;
    },
    matches: (stored, assertion) => stored.includes(` ${assertion} `),
  };
}
