// A text that describes entries, whatever its form: the one seam through which commands read files of entries. A form gives
// records with their places; what the records mean to a command is decided there.

import type { Entry } from '../../ldap/entry.ts';

export interface Place {
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1, in characters; undefined where the line says enough. */
  readonly column: number | undefined;
}

/** An entry as a text describes it. */
export interface DocumentRecord extends Place {
  readonly entry: Entry;
  /** Returns the place of the first attribute or property of these names, in any case; that of the record without one. */
  placeOf(names: readonly string[]): Place;
}

export interface DocumentProblem extends Place {
  /** A sentence. It never holds a value. */
  readonly problem: string;
}

/** What a text holds. With problems the records are those that could be read. */
export interface ReadDocument {
  readonly records: readonly DocumentRecord[];
  readonly problems: readonly DocumentProblem[];
}
