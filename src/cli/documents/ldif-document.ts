// LDIF as a document: content records only. A change says what is to be done, not what there shall be.

import type { LdifError } from '../../codec/ldif-error.ts';
import { readLdif } from '../../codec/ldif-reader.ts';
import type { DocumentProblem, Place, ReadDocument } from './document.ts';

/** Returns all records and all problems of a text. Never throws. */
export function readLdifDocument(text: string): ReadDocument {
  const problems: DocumentProblem[] = [];
  const wrong = ({ line, column, problem }: LdifError) => void problems.push({ line, column, problem });
  const lines = text.split('\n');
  const records = readLdif(text, { wrong }).flatMap((record) => {
    const { line } = record;
    if (record.type === 'content') {
      const placeOf = (names: readonly string[]) => placeIn(lines, line, names);
      return [{ entry: record.entry, line, column: undefined, placeOf }];
    }
    problems.push({ line, column: 1, problem: 'is a change; only entries say what there shall be.' });
    return [];
  });
  return { records, problems: problems.toSorted((one, other) => one.line - other.line) };
}

/** The line of an attribute among those after `dn:`, up to the next blank line. */
function placeIn(lines: readonly string[], recordLine: number, names: readonly string[]): Place {
  const wanted = new Set(names.map((name) => name.toLowerCase()));
  for (let index = recordLine; index < lines.length; index++) {
    const text = lines[index]?.replace(/\r$/, '') ?? '';
    if (text === '') break;
    const [name = ''] = text.toLowerCase().split(/[:;]/, 1);
    if (wanted.has(name)) return { line: index + 1, column: undefined };
  }
  return { line: recordLine, column: undefined };
}
