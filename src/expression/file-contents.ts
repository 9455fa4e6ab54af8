// What one expression file holds, whichever grammar it is written in.

export interface FileEntry {
  readonly token: string;
  /** An array where the file has one (JSON). */
  readonly content: string | readonly string[];
  /** Whether commas separate values where several are asked for. */
  readonly isList: boolean;
  /** From 1. */
  readonly line: number;
  /** `null`: the file names the token and gives it nothing. `null in a list`: it cannot be used. */
  readonly flaw?: 'null' | 'null in a list';
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
