// The sentences that people read: every text of the code with four words or more. `npm run sentences` prints them all.

import { finding, type Rule } from './finding.ts';
import type { Project } from './project.ts';
import { nodesOf, type SourceFile, type SyntaxNode, walk } from './source-file.ts';

export const sentenceRules: readonly Rule[] = [
  { title: 'sentences for people have no words that say little', find: findVagueWords },
];

export interface Sentence {
  readonly line: number;
  /** With `…` for what is known only when it is said. */
  readonly text: string;
}

/** Each had to be read twice, or said what is known better. */
const VAGUE =
  /\bof (?:before|now)\b|\bnot right\b|\bspoken here\b|\blooked at\b|\bcannot be once\b|\b(?:something|somehow) (?:is|went) wrong\b|\binvalid\b|\billegal\b|\boops\b|\bunexpected error\b/i;
const BLANKS_MIN = 3;
/** Has the sentences of OpenSSL, by which its errors are known. */
const FOREIGN = /^src\/trust\/verification\//;

/** Returns the texts of a file that are sentences or parts of one. */
export function sentencesOf(file: SourceFile): readonly Sentence[] {
  const found: Sentence[] = [];
  walk(file.program, (node) => {
    const text = textOf(node);
    if (text !== undefined && text.split(' ').length > BLANKS_MIN)
      found.push({ line: file.lineOf(node.start), text });
  });
  return found;
}

function textOf(node: SyntaxNode): string | undefined {
  if (node.type === 'Literal') return typeof node.value === 'string' ? node.value : undefined;
  if (node.type !== 'TemplateLiteral') return undefined;
  return nodesOf(node, 'quasis')
    .map(({ value }) => (isCooked(value) ? value.cooked : ''))
    .join('…');
}

function isCooked(value: unknown): value is { readonly cooked: string } {
  return typeof value === 'object' && value !== null && 'cooked' in value && typeof value.cooked === 'string';
}

function findVagueWords(project: Project): string[] {
  return project.source
    .filter(({ path }) => !FOREIGN.test(path))
    .flatMap((file) =>
      sentencesOf(file).flatMap(({ line, text }) => {
        const [word] = VAGUE.exec(text) ?? [];
        return word === undefined ? [] : [finding(file.path, line, `a sentence has "${word}"`)];
      }),
    );
}
