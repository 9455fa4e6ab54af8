// Content of one expression file, in either grammar.

export interface FileEntry {
  readonly token: string;
  /** A list if the file has one (JSON). */
  readonly content: string | readonly string[];
  /** True if commas separate values in a multi-valued property. */
  readonly isList: boolean;
  /** Line number, starting at 1. */
  readonly line: number;
  /** Defect of the value. `null`: the token has no value. `null in a list`: the list cannot be used. */
  readonly flaw?: 'null' | 'null in a list';
}

export interface LineProblem {
  readonly line: number;
  /** Problem, to be read after the line. Contains names of the file, never its values. */
  readonly what: string;
}

export interface FileContents {
  readonly entries: readonly FileEntry[];
  readonly problems: readonly LineProblem[];
}
