// What one expression file holds, whichever grammar it is written in.

export interface FileEntry {
  readonly token: string;
  /** An array where the file has one (JSON). */
  readonly content: string | readonly string[];
  /** Whether commas separate values where several are asked for. */
  readonly isList: boolean;
  /** From 1. */
  readonly line: number;
}

export interface LineProblem {
  readonly line: number;
  /** To be read after the line; never what the file holds but names. */
  readonly what: string;
}

export interface FileContents {
  readonly entries: readonly FileEntry[];
  readonly problems: readonly LineProblem[];
}
