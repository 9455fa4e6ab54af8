// A text with a list: parts separated by commas. White space around parts is removed, and empty parts too. `\,`
// is a comma; backslashes before a comma count in pairs, as before an opener. A comma inside an expression does
// not separate parts of this list.

import type { Part } from './template.ts';
import { backslashesBefore } from './template.ts';

/** Splits a parsed text at its commas. Returns the parts of each element. */
export function splitAtCommas(parts: readonly Part[]): readonly (readonly Part[])[] {
  const elements: (readonly Part[])[] = [];
  let element: Part[] = [];
  for (const part of parts) {
    if (typeof part !== 'string') {
      element.push(part);
      continue;
    }
    const [first = '', ...others] = splitText(part);
    element.push(first);
    for (const text of others) {
      elements.push(trimmed(element));
      element = [text];
    }
  }
  elements.push(trimmed(element));
  return elements.filter((candidate) => candidate.length > 0);
}

function splitText(text: string): string[] {
  const texts: string[] = [];
  let current = '';
  let at = 0;
  for (let comma = text.indexOf(','); comma !== -1; comma = text.indexOf(',', at)) {
    const backslashes = backslashesBefore(text, comma, at);
    current += text.slice(at, comma - backslashes) + '\\'.repeat(backslashes >> 1);
    at = comma + 1;
    if (backslashes % 2 === 1) {
      current += ',';
    } else {
      texts.push(current);
      current = '';
    }
  }
  texts.push(current + text.slice(at));
  return texts;
}

function trimmed(element: readonly Part[]): readonly Part[] {
  const last = element.length - 1;
  return element
    .map((part, index) => {
      if (typeof part !== 'string') return part;
      const start = index === 0 ? part.trimStart() : part;
      return index === last ? start.trimEnd() : start;
    })
    .filter((part) => part !== '');
}
