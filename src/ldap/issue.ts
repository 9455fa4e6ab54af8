// Problems of an entry, as data: every check returns a list, one function formats them, and the administrator sees all at
// once.

import type { Issue } from './issue-facts.ts';
import { LdapError } from './ldap-error.ts';
import { visibleLine } from './visible-text.ts';

export type { Issue } from './issue-facts.ts';

/** Replaces a secret wherever people could read it. */
export const SECRET_STARS = '***';

const RECEIVED_CHARACTERS_MAX = 120;
/** Nobody reads more problems than this, and an answer must not be far larger than its request. */
const TEXT_CHARACTERS_MAX = 32 * 1024;

/** One line: `cn=A,cn=Mail Servers,cn=config: smtp-server "a:b" is not … Write host or host:port.` */
export function formatIssue(issue: Issue): string {
  const subject = [issue.property, issue.received === undefined ? undefined : quote(issue.received)]
    .filter((part) => part !== undefined)
    .join(' ');
  const sentence = subject === '' ? issue.problem : `${subject} ${issue.problem}`;
  const stop = /[.!?]$/.test(sentence) ? '' : '.';
  return `${visibleLine(issue.dn)}: ${sentence}${stop}${issue.advice === undefined ? '' : ` ${issue.advice}`}`;
}

/** Returns the sentences as the text of one answer, a line each; of very many, the first and how many there are besides. */
export function textOfSentences(sentences: readonly string[]): string {
  const lines: string[] = [];
  let characters = 0;
  for (const line of sentences) {
    if (characters > TEXT_CHARACTERS_MAX) break;
    lines.push(line);
    characters += line.length;
  }
  const others = sentences.length - lines.length;
  if (others > 0) lines.push(`And ${others} more.`);
  return lines.join('\n');
}

/** Throws an LdapError with the code of the first issue, if there are issues. */
export function refuseIfAny(issues: readonly Issue[]): void {
  const [first] = issues;
  if (first !== undefined)
    throw new LdapError(first.code, textOfSentences(issues.map(formatIssue)), { issues });
}

/** Formats a number with its noun: `3 changes` or `1 change`. */
export function countOf(count: number, noun: string, nouns = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : nouns}`;
}

function quote(text: string): string {
  const shown = text.length > RECEIVED_CHARACTERS_MAX ? `${text.slice(0, RECEIVED_CHARACTERS_MAX)}…` : text;
  return visibleLine(JSON.stringify(shown));
}
