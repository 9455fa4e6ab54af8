// What is wrong with an expression, as data and as one line for an administrator. Names and paths may stand in
// it; what variables, definitions and files hold may not: it can be a secret. So an expression that stands inside
// such a value is told by its place alone.

import { DEPTH_MAX, LOOKUPS_MAX, PATH_LENGTH_MAX, TOKEN_LENGTH_MAX } from './limits.ts';
import {
  allowedInName,
  closerOf,
  type Expression,
  type ExpressionKind,
  findWrongCharacter,
  formatExpression,
  type SyntaxProblem,
} from './template.ts';

export interface Problem {
  /** The written expression, its defaults shown as `…`; only the opener if it has no end. */
  readonly expression: string;
  /** Where it begins in the written text, from 1. */
  readonly at: number;
  /** What is wrong, to be read after the expression: `has no value`. */
  readonly reason: string;
  /** Where a value was looked for: `the environment variable SMTP_HOST`. */
  readonly places: readonly string[];
  /** Whether there is only no such file as the expression names. */
  readonly isFileMissing?: boolean;
}

/** We are in a value of a source: the written expression that led here, and the place of the value. */
export interface Inside {
  readonly written: Expression;
  readonly place: string;
}

/** One line without a full stop: `$<a> has no value: looked for the environment variable A, and …`. */
export function formatProblem({ expression, reason, places }: Problem): string {
  const sentence = `${expression} ${reason}`;
  if (places.length === 0) return sentence;
  const last = places.at(-1) ?? '';
  const list = places.length === 1 ? last : `${places.slice(0, -1).join(', ')}, and ${last}`;
  return `${sentence}: looked for ${list}`;
}

/** The problem of an expression that stands at `start`, in the written text or inside a value. */
export function problemOf(
  found: Pick<SyntaxProblem, 'start' | 'opener' | 'expression'>,
  reason: string,
  inside: Inside | undefined,
  places: readonly string[] = [],
): Problem {
  const at = found.start + 1;
  if (inside !== undefined) {
    const { written, place } = inside;
    const leads = `leads to ${place}, whose value holds at character ${at} an expression that ${reason}`;
    return { expression: formatExpression(written), at: written.start + 1, reason: leads, places };
  }
  const expression = found.expression === undefined ? found.opener : formatExpression(found.expression);
  return { expression, at, reason, places };
}

/** The wording of a syntax problem, with its place and its character only where these are written. */
export function syntaxReason(problem: SyntaxProblem, isInside: boolean): string {
  const { what, start, opener, expression, character } = problem;
  const advice = `write \\${opener} if it is meant as text`;
  const at = isInside ? '' : `at character ${start + 1} `;
  switch (what) {
    case 'unclosed':
      return `${at}has no closing "${closerOf(opener)}"; ${advice}`;
    case 'empty':
      return `${at}has an empty name; ${advice}`;
    case 'depth':
      return `${at}is nested deeper than ${DEPTH_MAX} levels`;
    case 'count':
      return `${at}is one of more than ${LOOKUPS_MAX} expressions in one text`;
    case 'character': {
      const wrong = isInside ? 'a wrong character' : JSON.stringify(character);
      return `${at}has ${wrong} in its name; ${allowedInName(expression?.kind ?? 'token')}`;
    }
  }
}

/** What is wrong with the name an expression has once everything in it is resolved, if anything. */
export function nameReason(kind: ExpressionKind, name: string): string | undefined {
  const lengthMax = kind === 'file' ? PATH_LENGTH_MAX : TOKEN_LENGTH_MAX;
  if (name === '') return 'has a name that is empty once it is resolved';
  if (name.length > lengthMax) return `has a name of more than ${lengthMax} characters`;
  if (findWrongCharacter(kind, name) === undefined) return undefined;
  return `has a name that cannot be once it is resolved; ${allowedInName(kind)}`;
}
