// What a case for a tidy rule is, and short ways to write the files in it.

import type { Manifest } from './project.ts';
import { ROOMS } from './rooms.ts';

export interface RuleCase {
  /** The beginning of the rule's title. */
  readonly rule: string;
  readonly what: string;
  readonly files: Readonly<Record<string, string>>;
  readonly folders?: readonly string[];
  readonly expected: readonly string[];
}

/** A source file with an opening comment, so that only the case's own fault is in it. */
export function code(...lines: readonly string[]): string {
  return `// A file.\n${lines.join('\n')}\n`;
}

export function manifest(content: Manifest): string {
  return JSON.stringify(content, null, 2);
}

export function map(rows: Readonly<Record<string, string>> = {}): string {
  const row = (room: string, sign: string, allowed: readonly string[]): string => {
    return rows[room] ?? `| \`${room}/\` | ${sign} | ${allowed.join(', ') || '–'} |`;
  };
  return [...ROOMS].map(([room, allowed]) => row(room, 'a sign (not built yet)', allowed)).join('\n');
}
