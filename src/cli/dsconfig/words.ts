// A line of a batch as words: blanks part them, quotes keep them together, a backslash takes the next character as it
// is. Nothing is expanded.

import { UsageError } from '../command.ts';

const PART = /\s+|"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)|([^\s"'\\]+)/gy;

/** Throws UsageError for a quote that does not end. */
export function splitWords(line: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  let at = 0;
  for (const match of line.matchAll(PART)) {
    at = match.index + match[0].length;
    const [, double, single, escaped, plain] = match;
    const part = double?.replace(/\\(["\\$`])/g, '$1') ?? single ?? escaped ?? plain;
    if (part !== undefined) word = (word ?? '') + part;
    else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  if (at < line.length) {
    throw new UsageError(
      line[at] === '\\'
        ? `The backslash in column ${at + 1} has no character behind it.`
        : `The quote that begins in column ${at + 1} does not end.`,
    );
  }
  return word === undefined ? words : [...words, word];
}
