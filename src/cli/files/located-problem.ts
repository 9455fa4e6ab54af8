// Problems in the words of a server or a validator, with the place in a file that each comes from.

import { formatIssue, type Issue } from '../../ldap/issue.ts';
import type { Schema } from '../../schema/schema.ts';
import type { TextPosition } from '../documents/document.ts';
import type { DesiredEntry } from './desired-entries.ts';
import type { FileProblem } from './problem-report.ts';

/** The rule of what a server says, which gives no name to it. */
const REFUSED = 'refused';
/** The property that a sentence begins with, and the value that it shows. */
const SUBJECT = /^([\w-]+)(?: ("(?:[^"\\]|\\.)*"))?/;

/** Returns the problem at the place of its property, or at that of its entry; undefined when no file has the entry. */
export function locateIssue(
  issue: Issue,
  desired: readonly DesiredEntry[],
  schema: Schema,
): FileProblem | undefined {
  const key = schema.dnKeyOfText(issue.dn);
  const found = desired.find(({ entry }) => schema.dnKey(entry.dn) === key);
  if (found === undefined) return undefined;
  const { line, column } = placeOf(found, issue.property, issue.received);
  return { file: found.file, line, column, text: formatIssue(issue), rule: issue.code };
}

/** Returns hints at the places of their property. */
export function locateHints(
  hints: readonly string[],
  desired: DesiredEntry,
  property: string,
): readonly FileProblem[] {
  const { file } = desired;
  const { line, column } = placeOf(desired, property);
  return hints.map((text) => ({ file, line, column, text, rule: 'noEffect' }));
}

/**
 * Returns a sentence that begins with the name of an entry, as every problem of a change does, at its place; undefined when
 * no file has the entry.
 * @param names how each entry may be spelled
 */
export function locateSentence(
  sentence: string,
  names: ReadonlyMap<string, DesiredEntry>,
): FileProblem | undefined {
  for (const [name, entry] of names) {
    const start = `${name}: `;
    if (!sentence.startsWith(start)) continue;
    const [, property, quoted] = SUBJECT.exec(sentence.slice(start.length)) ?? [];
    const { line, column } = placeOf(entry, property, quoted && unquoted(quoted));
    return { file: entry.file, line, column, text: sentence, rule: REFUSED };
  }
  return undefined;
}

function placeOf(entry: DesiredEntry, property: string | undefined, value?: string): TextPosition {
  return property === undefined ? entry : entry.placeOf([property, `ds-cfg-${property}`], value);
}

/** Returns the text in the quotes of a sentence; undefined where that is no text of JSON. */
function unquoted(quoted: string): string | undefined {
  try {
    const value: unknown = JSON.parse(quoted);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
