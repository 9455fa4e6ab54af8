// What an import found and did, in the words of the command line.

import type { World } from '../command.ts';

export interface ImportProblem {
  readonly file: string;
  /** 0: the whole rather than a line. */
  readonly line: number;
  readonly problem: string;
}

/** The most problems that are listed. */
const SHOWN_MAX = 1000;

/** One line for each problem, in the order of the files: `mail.ldif:17: …`. */
export function writeProblems(problems: readonly ImportProblem[], stderr: World['stderr']): void {
  const shown = problems.slice(0, SHOWN_MAX);
  for (const { file, line, problem } of shown) {
    const place = line === 0 ? file : `${file}:${line}`;
    stderr.write(
      `${problem
        .split('\n')
        .map((text) => `${place}: ${text}\n`)
        .join('')}`,
    );
  }
  if (problems.length > SHOWN_MAX) stderr.write(`… and ${problems.length - SHOWN_MAX} more.\n`);
}
