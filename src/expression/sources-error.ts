// An error of the sources of values: all problems at once, one line each. Contains names and paths, never the
// content of a variable, a definition or a file.

import { PROBLEMS_MAX } from './limits.ts';

/** Reports that the sources of values cannot be used. */
export class SourcesError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    const shown = problems.slice(0, PROBLEMS_MAX);
    if (shown.length < problems.length) shown.push(`and ${problems.length - shown.length} more problems`);
    super(shown.join('\n'));
    this.name = 'SourcesError';
    this.problems = shown;
  }
}
