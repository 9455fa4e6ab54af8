// What is wrong with schema files: all of it, each with file and line.

export interface SchemaProblem {
  readonly file: string;
  readonly line: number;
  /** A sentence without its full stop. */
  readonly problem: string;
}

export class SchemaError extends Error {
  readonly problems: readonly SchemaProblem[];

  constructor(problems: readonly SchemaProblem[]) {
    super(problems.map(({ file, line, problem }) => `${file}:${line}: ${problem}.`).join('\n'));
    this.name = 'SchemaError';
    this.problems = problems;
  }
}
