// A text that describes entries, whatever its form: the one seam through which commands read files of entries. A form gives
// records with their places; what the records mean to a command is decided there.

import type { Entry } from '../../ldap/entry.ts';
import { SECRET_STARS } from '../../ldap/issue.ts';

export interface TextPosition {
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1, in characters; undefined where the line says enough. */
  readonly column: number | undefined;
}

/** The comments of a record: lines without the marks of the form. */
export interface RecordComments {
  readonly head: readonly string[];
  /** Above or behind the values of an attribute, by its key in lower case. */
  readonly byKey: ReadonlyMap<string, readonly string[]>;
  /** Below all else. */
  readonly tail: readonly string[];
}

export const NO_COMMENTS: RecordComments = { head: [], byKey: new Map(), tail: [] };

/** An entry as a text describes it. */
export interface DocumentRecord extends TextPosition {
  readonly entry: Entry;
  readonly comments: RecordComments;
  /**
   * Returns the place of the first attribute or property of these names, in any case; that of the record without one.
   * @param value as a sentence shows it: then the place is where this value begins, or else the first value
   */
  placeOf(names: readonly string[], value?: string): TextPosition;
}

/** A value with its place in a text. */
export interface PlacedValue extends TextPosition {
  readonly value: string;
}

/** Stands at the end of what a sentence shows of a long value. */
const CUT = '…';

/** Returns the value that a sentence shows, as a whole or by its beginning; the first where it is none of these. */
export function findShown(values: readonly PlacedValue[], shown: string): PlacedValue | undefined {
  const beginning = shown.endsWith(CUT) ? shown.slice(0, -CUT.length) : shown.replace(SECRET_STARS, '');
  return (
    values.find(({ value }) => value === shown) ??
    values.find(({ value }) => beginning !== '' && value.startsWith(beginning)) ??
    values[0]
  );
}

export interface DocumentProblem extends TextPosition {
  /** A sentence. It never holds a value. */
  readonly problem: string;
}

/** Records of a text. With problems they are those that could be read. */
export interface ReadDocument {
  readonly records: readonly DocumentRecord[];
  readonly problems: readonly DocumentProblem[];
}
