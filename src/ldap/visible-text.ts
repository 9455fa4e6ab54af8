// Text for people: what a terminal would obey, or what would show other characters in another order, is written as
// `\u001b`. JSON that is shown so stays the same JSON.

/** Control characters but LF and tab, halves of characters, line separators, and the embeddings and overrides of UAX #9. */
const UNSEEN = /(?![\n\t])\p{Cc}|[\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
const UNSEEN_ON_A_LINE = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
const UNSEEN_AT_ALL = new RegExp(UNSEEN_ON_A_LINE.source, 'u');

/** Returns the text with its lines and tabs, and nothing else that is not seen. */
export function visibleText(text: string): string {
  return text.replace(UNSEEN, escaped);
}

/** Returns the text on one line: a name or a value within a sentence. */
export function visibleLine(text: string): string {
  return text.replace(UNSEEN_ON_A_LINE, escaped);
}

/** Whether a text has characters that a terminal would not show as they are; LF and tab are such. */
export function hasUnseen(text: string): boolean {
  return UNSEEN_AT_ALL.test(text);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
