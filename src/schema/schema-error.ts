// All problems of the schema files, each with file and line.

export interface SchemaProblem {
  readonly file: string;
  readonly line: number;
  /** Sentence without its full stop. */
  readonly problem: string;
}

/** Reports all problems of the schema files in one message. */
export class SchemaError extends Error {
  readonly problems: readonly SchemaProblem[];

  constructor(problems: readonly SchemaProblem[]) {
    super(problems.map(({ file, line, problem }) => `${file}:${line}: ${problem}.`).join('\n'));
    this.name = 'SchemaError';
    this.problems = problems;
  }
}
