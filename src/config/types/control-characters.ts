// Control characters in words. A line end would start another command or header of a mail server, and a terminal
// would execute an escape sequence.

import type { Refused } from '../property-type.ts';

/** Returns the problem of the first control character; undefined if there is none. */
export function controlCharacterProblem(text: string): Refused | undefined {
  return problemOf(/\p{Cc}/u.exec(text)?.[0]);
}

/** Returns the problem for text with lines: LF, CRLF and tabs are allowed. */
export function controlCharacterInLines(text: string): Refused | undefined {
  return problemOf(/(?!\t|\r?\n)\p{Cc}/u.exec(text)?.[0]);
}

/**
 * Returns the problem for a password, which may have all characters that can be sent to mail servers (RFC 4616 §2,
 * RFC 5321 §2.3.8).
 */
export function unsendableCharacterProblem(text: string): Refused | undefined {
  return problemOf([...text].find((character) => UNSENDABLE.has(character)));
}

function problemOf(character: string | undefined): Refused | undefined {
  if (character === undefined) return undefined;
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  const name = NAMES.get(character);
  return {
    problem: `has a control character (U+${code}${name === undefined ? '' : `, ${name}`})`,
    advice: 'Remove it.',
  };
}

const UNSENDABLE: ReadonlySet<string> = new Set(['\0', '\r', '\n', '\u001b']);

const NAMES: ReadonlyMap<string, string> = new Map([
  ['\0', 'NUL'],
  ['\t', 'a tab'],
  ['\n', 'a line feed'],
  ['\r', 'a carriage return'],
  ['\u001b', 'ESC'],
]);
