// Text for people: characters that a terminal would obey, or that change the visible order, are written as `\u001b`. JSON
// stays the same JSON.

/** Control characters except LF and tab, lone surrogates, line separators, and the embeddings and overrides of UAX #9. */
const UNSEEN = /(?![\n\t])\p{Cc}|[\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
const UNSEEN_ON_A_LINE = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
const UNSEEN_AT_ALL = new RegExp(UNSEEN_ON_A_LINE.source, 'u');

/** Returns the text with its lines and tabs, and every other invisible character escaped. */
export function visibleText(text: string): string {
  return text.replace(UNSEEN, escaped);
}

/** Returns the text on one line: a name or a value within a sentence. */
export function visibleLine(text: string): string {
  return text.replace(UNSEEN_ON_A_LINE, escaped);
}

/** Returns true if a terminal would not show all characters as they are; LF and tab are shown. */
export function hasUnseen(text: string): boolean {
  return UNSEEN_AT_ALL.test(text);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
