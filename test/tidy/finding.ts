// What a tidy rule is and what it returns: one line for each place, `path:line what`.

import type { Project } from './project.ts';

export interface Rule {
  /** What holds in a tidy project: the title of the test. */
  readonly title: string;
  readonly find: (project: Project) => string[];
}

export function finding(path: string, line: number, what: string): string {
  return `${path}:${line} ${what}`;
}

/** A finding for each line of the text that the pattern matches. */
export function findLines(path: string, text: string, pattern: RegExp, what: string): string[] {
  return text.split('\n').flatMap((line, index) => {
    const match = pattern.exec(line);
    return match === null ? [] : [finding(path, index + 1, what.replace('%s', match[0]))];
  });
}
