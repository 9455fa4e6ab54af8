// A problem of an expression, as data and as one line for an administrator. It may contain names and paths. It
// never contains the content of variables, definitions and files, which may be secret. So an expression inside
// such content is reported by its place only.

import {
  CREDENTIAL_NAME_LENGTH_MAX,
  DEPTH_MAX,
  LOOKUPS_MAX,
  PATH_LENGTH_MAX,
  SECRET_NAME_LENGTH_MAX,
  TOKEN_LENGTH_MAX,
} from './limits.ts';
import { parseSecretName } from './secret-name.ts';
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
  /** Expression as written, with its defaults as `…`; only the opener if it has no end. */
  readonly expression: string;
  /** Position in the written text, starting at 1. */
  readonly at: number;
  /** Predicate of the expression: `has no value`. */
  readonly reason: string;
  /** Places where a value was looked for: `the environment variable SMTP_HOST`. */
  readonly places: readonly string[];
  /** Sentence that says what to do, if it is not to give the expression a value or a default. */
  readonly advice?: string;
  /** True if the only problem is that the named file does not exist. */
  readonly isFileMissing?: boolean;
}

/** Position inside the value of a source: the written expression that led here, and the place of the value. */
export interface Inside {
  readonly written: Expression;
  readonly place: string;
}

/**
 * Formats a problem as one line without a full stop: `$<a> has no value: looked for the environment variable A,
 * and …`.
 */
export function formatProblem({ expression, reason, places }: Problem): string {
  const sentence = `${expression} ${reason}`;
  if (places.length === 0) return sentence;
  const last = places.at(-1) ?? '';
  const list = places.length === 1 ? last : `${places.slice(0, -1).join(', ')}, and ${last}`;
  return `${sentence}: looked for ${list}`;
}

/** Returns the problem of an expression at `start`, in the written text or inside a value. */
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

/**
 * Returns the words for a syntax problem. Mentions position and character only if the expression is in the
 * written text.
 */
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

const LENGTH_MAX_OF_NAME: Readonly<Record<ExpressionKind, number>> = {
  token: TOKEN_LENGTH_MAX,
  environment: TOKEN_LENGTH_MAX,
  file: PATH_LENGTH_MAX,
  credential: CREDENTIAL_NAME_LENGTH_MAX,
  http: SECRET_NAME_LENGTH_MAX,
};

/** Returns what is wrong with the name of an expression after resolving; undefined for a valid name. */
export function nameReason(kind: ExpressionKind, name: string): string | undefined {
  const lengthMax = LENGTH_MAX_OF_NAME[kind];
  if (name === '') return 'has a name that is empty once it is resolved';
  if (name.length > lengthMax) return `has a name of more than ${lengthMax} characters`;
  if (kind === 'credential' && (name === '.' || name === '..')) return 'names a folder, not a credential';
  if (findWrongCharacter(kind, name) === undefined) {
    const secret = kind === 'http' ? parseSecretName(name) : undefined;
    return typeof secret === 'string' ? secret : undefined;
  }
  return `resolves to a name that is not allowed; ${allowedInName(kind)}`;
}

/** Returns the problems in the order of the text, without duplicate lines. */
export function distinctProblems(problems: readonly Problem[]): readonly Problem[] {
  const byLine = new Map<string, Problem>();
  for (const problem of problems.toSorted((one, other) => one.at - other.at)) {
    const line = formatProblem(problem);
    if (!byLine.has(line)) byLine.set(line, problem);
  }
  return [...byLine.values()];
}
