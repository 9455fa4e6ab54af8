// Every error has a kind: who catches one can say what it is about.

import { findLines, type Rule } from './finding.ts';
import type { Project } from './project.ts';

export const errorRules: readonly Rule[] = [
  { title: 'every error that is made has a class of its own', find: findPlainErrors },
];

const PLAIN = /\bnew Error\(/;

function findPlainErrors(project: Project): string[] {
  return project.source.flatMap(({ path, text }) =>
    findLines(path, text, PLAIN, 'makes %s…); use an error class, or one of src/files/program-error.ts'),
  );
}
