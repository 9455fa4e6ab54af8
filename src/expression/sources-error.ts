// The sources of values cannot be read. All problems at once, a line each; names and paths, never what a
// variable, a definition or a file holds.

import { PROBLEMS_MAX } from './limits.ts';

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
