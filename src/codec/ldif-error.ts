// What is wrong with an LDIF text and where. The sentences name lines and attributes, never values: those may
// be passwords.

export class LdifError extends Error {
  /** Counted from 1 in the file that was read. */
  readonly line: number;
  /** Counted from 1, in characters. */
  readonly column: number;
  /** The sentence without the line number. */
  readonly problem: string;

  constructor(
    line: number,
    problem: string,
    { cause, column = 1 }: { readonly cause?: unknown; readonly column?: number } = {},
  ) {
    super(`Line ${line}: ${problem}`, { cause });
    this.name = 'LdifError';
    this.line = line;
    this.column = column;
    this.problem = problem;
  }
}
