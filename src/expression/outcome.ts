// What becomes of a part of a text while it is resolved, and what of it may be shown.

import { isAbsolute, resolve as resolvePath } from 'node:path';
import type { Origin, Use } from './origin.ts';
import type { Inside, Problem } from './problem.ts';
import { type Expression, formatExpression, printable } from './template.ts';

/** Shown in place of what a source supplied. */
export const HIDDEN = '…';

/** A text, and the same text with expressions in place of the values of sources. */
export interface Piece {
  readonly text: string;
  readonly shown: string;
}

export interface Given {
  readonly kind: 'given';
  readonly pieces: readonly Piece[];
  readonly origin: Origin;
  readonly uses: readonly Use[];
}

/** No value; a default around it may still apply. */
export interface Missing {
  readonly kind: 'missing';
  readonly problems: readonly Problem[];
}

/** Undefined after a reported problem that no default can solve. */
export type Outcome = Given | Missing | undefined;

export interface Scope {
  readonly depth: number;
  /** Tokens whose values are being resolved. */
  readonly chain: readonly string[];
  /** Undefined in the written text. */
  readonly inside?: Inside;
}

/** Gives a text as it is. */
export function plain(text: string, scope: Scope): Given {
  const shown = scope.inside === undefined ? text : HIDDEN;
  return { kind: 'given', pieces: [{ text, shown }], origin: 'written', uses: [] };
}

/** Returns true if no source supplied part of the name. */
export function isWritten({ text, shown }: Piece, { inside }: Scope): boolean {
  return inside === undefined && shown === text;
}

/** Returns the use to report. Hides what is inside the value of a source: it may be part of a secret. */
export function useOf(
  expression: Expression,
  { inside }: Scope,
  origin: Use['origin'],
  source: string | undefined,
): Use {
  return {
    expression: inside === undefined ? formatExpression(expression) : undefined,
    origin,
    source: source === undefined ? undefined : printable(source),
  };
}

/** Returns the path of a file for messages, without what a source supplied. */
export function absolutePath(name: Piece, instanceFolder: string): string {
  if (name.shown === name.text) return printable(resolvePath(instanceFolder, name.text));
  return printable(isAbsolute(name.text) ? name.shown : `${instanceFolder}/${name.shown}`);
}
