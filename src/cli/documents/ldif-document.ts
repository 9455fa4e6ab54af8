// LDIF as a document: content records only. A change says what is to be done, not what there shall be.

import type { LdifError } from '../../codec/ldif-error.ts';
import { readLdif } from '../../codec/ldif-reader.ts';
import { textFromOctets } from '../../ldap/octets.ts';
import { splitRecords } from '../files/format-ldif.ts';
import {
  type DocumentProblem,
  findShown,
  NO_COMMENTS,
  type PlacedValue,
  type ReadDocument,
  type TextPosition,
} from './document.ts';
import { commentsOfLdif } from './ldif-comments.ts';

const CHANGE =
  'The record is a change. A file that says what there shall be has entries only; make changes with ldapmodify.';

/** Returns all records and all problems of a text. Never throws. */
export function readLdifDocument(text: string): ReadDocument {
  const problems: DocumentProblem[] = [];
  const wrong = ({ line, column, problem }: LdifError) => void problems.push({ line, column, problem });
  const lines = text.split('\n');
  const comments = commentsOfLdif(splitRecords(text)).values();
  const records = readLdif(text, { wrong }).flatMap((record) => {
    const { line } = record;
    const { value: own = NO_COMMENTS } = comments.next();
    if (record.type === 'content') {
      const placeOf = (names: readonly string[], value?: string) => placeIn(lines, line, names, value);
      return [{ entry: record.entry, line, column: undefined, comments: own, placeOf }];
    }
    problems.push({ line, column: 1, problem: CHANGE });
    return [];
  });
  return { records, problems: problems.toSorted((one, other) => one.line - other.line) };
}

/** The place of an attribute, or of its value, among the lines after `dn:`, up to the next blank line. */
function placeIn(
  lines: readonly string[],
  recordLine: number,
  names: readonly string[],
  shown: string | undefined,
): TextPosition {
  const wanted = new Set(names.map((name) => name.toLowerCase()));
  const found = linesAfter(lines, recordLine).filter(({ text }) => {
    const [name = ''] = text.toLowerCase().split(/[:;]/, 1);
    return wanted.has(name);
  });
  const [first] = found;
  if (first === undefined) return { line: recordLine, column: undefined };
  if (shown === undefined) return { line: first.line, column: 1 };
  const { line, column } = findShown(found.map(placedValue), shown) ?? { line: first.line, column: 1 };
  return { line, column };
}

interface LogicalLine {
  /** Where it begins. */
  readonly line: number;
  /** With folding undone. */
  readonly text: string;
}

/** The lines of a record after its first. */
function linesAfter(lines: readonly string[], recordLine: number): readonly LogicalLine[] {
  const found: { line: number; text: string }[] = [];
  for (let index = recordLine; index < lines.length; index++) {
    const text = lines[index]?.replace(/\r$/, '') ?? '';
    if (text === '') break;
    const last = found.at(-1);
    if (!text.startsWith(' ')) found.push({ line: index + 1, text });
    else if (last !== undefined) last.text += text.slice(1);
  }
  return found;
}

/** RFC 2849: a value, or one in base64 behind a second colon, after any number of spaces. */
function placedValue({ line, text }: LogicalLine): PlacedValue {
  const [start = '', marks = ''] = /^[^:]*(::?<?) */.exec(text) ?? [];
  const written = text.slice(start.length);
  const value = marks === '::' ? textFromOctets(Buffer.from(written, 'base64')) : written;
  return { line, column: start.length + 1, value };
}
