// The lowest layer of LDIF (RFC 2849 notes 1–2): turns chunks of text into logical lines, unfolded and without comments.
// ldif-value.ts and ldif-record.ts read the lines.

import { LdifError } from './ldif-error.ts';

export interface LdifLine {
  /** Where the line starts, counted from 1. */
  readonly number: number;
  /** Unfolded, without its line end; empty for the blank line that ends a record. */
  readonly text: string;
  /** The error in the line as a line, if there is one. */
  readonly error?: LdifError;
}

const SPACE = 0x20;
const HASH = 0x23;
/** Replaces a line already reported: not a blank line, which would end the record. */
const SKIPPED = '#';
const SHOWN_OF_LONG_LINE = 1;
const NUL = '\0';
const BYTE_ORDER_MARK = '\uFEFF';
/** The beginning of a text in UTF-16, read as octets: a byte order mark, or a NUL next to a letter. */
const UTF_16: readonly (readonly [begin: RegExp, encoding: string])[] = [
  [/^\udcff\udcfe|^[^\0]\0[^\0]\0/, 'UTF-16LE'],
  [/^\udcfe\udcff|^\0[^\0]\0[^\0]/, 'UTF-16BE'],
];
/** Octets that are letters in Windows-1252 only. */
const WINDOWS = /[\udc80-\udc9f]/;

export class LdifLines {
  readonly #charactersMax: number;
  #number: number;
  #isStart = true;
  /** The beginning of an unfinished physical line. */
  #rest = '';
  /** A logical line that the next physical line may continue. */
  #open: { number: number; text: string } | undefined;
  #isComment = false;
  /** True if the last chunk has a CR. */
  #hasReturn = false;
  /** True after the text was reported to be in another encoding. */
  #isForeign = false;
  /** True if the last chunk is all UTF-8, the usual case. */
  #isWellFormed = false;

  /** Refuses a logical line longer than `charactersMax`. */
  constructor(firstLine: number, charactersMax: number) {
    this.#number = firstLine;
    this.#charactersMax = charactersMax;
  }

  /** Returns the logical lines that this chunk completes. */
  push(chunk: string): LdifLine[] {
    const lines: LdifLine[] = [];
    if (this.#isForeign) return lines;
    this.#isWellFormed = chunk.isWellFormed() && this.#rest.isWellFormed();
    this.#hasReturn = chunk.includes('\r') || this.#rest.includes('\r');
    let start = 0;
    if (this.#isStart && chunk.length > 0) {
      this.#isStart = false;
      if (chunk.startsWith(BYTE_ORDER_MARK)) start = 1;
      const encoding = UTF_16.find(([begin]) => begin.test(chunk))?.[1];
      if (encoding !== undefined) {
        this.#isForeign = true;
        return [
          wrongLine(this.#number, `The text is not UTF-8; it seems to be ${encoding}. Save it as UTF-8.`),
        ];
      }
    }
    for (;;) {
      const end = chunk.indexOf('\n', start);
      if (end === -1) break;
      const piece = chunk.slice(start, end);
      this.#physicalLine(this.#rest === '' ? piece : this.#rest + piece, lines);
      this.#rest = '';
      start = end + 1;
    }
    this.#rest += chunk.slice(start);
    if (this.#rest.length > this.#charactersMax) {
      lines.push(this.#tooLong(this.#number));
      this.#rest = SKIPPED;
    }
    return lines;
  }

  /** Returns the lines that were still open. */
  end(): LdifLine[] {
    const lines: LdifLine[] = [];
    this.#isWellFormed = false;
    this.#hasReturn = true;
    if (this.#rest !== '') this.#physicalLine(this.#rest, lines);
    this.#rest = '';
    this.#finish(lines);
    return lines;
  }

  #physicalLine(raw: string, lines: LdifLine[]): void {
    const text = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    const number = this.#number;
    this.#number += 1;
    // RFC 2849 allows it nowhere, not even in a comment. A disk that lost a part of a file leaves it.
    if (text.includes(NUL)) {
      this.#finish(lines);
      this.#isComment = false;
      lines.push(wrongLine(number, 'The line has a NUL octet, as a damaged file has; restore the file.'));
      return;
    }
    if (this.#hasReturn && text.includes('\r')) {
      this.#finish(lines);
      this.#isComment = false;
      lines.push(wrongLine(number, LONE_RETURN));
      return;
    }
    const first = text.charCodeAt(0);
    if (first === SPACE) {
      this.#continue(text, number, lines);
      return;
    }
    this.#finish(lines);
    this.#isComment = first === HASH;
    if (this.#isComment) return;
    if (!this.#isWellFormed && !text.isWellFormed()) {
      const advice = 'save the file as UTF-8, or write the value as base64 after "::".';
      lines.push(
        wrongLine(number, `The text is not UTF-8 here (it seems to be ${encodingOf(text)}); ${advice}`),
      );
      return;
    }
    if (text === '') lines.push({ number, text });
    else this.#open = { number, text };
  }

  #continue(text: string, number: number, lines: LdifLine[]): void {
    if (this.#isComment) return;
    if (this.#open === undefined) {
      const advice = 'there is no line before it that it could continue; remove the space.';
      lines.push(wrongLine(number, `The line starts with a space but ${advice}`));
      return;
    }
    if (!this.#isWellFormed && !text.isWellFormed()) {
      const encoding = encodingOf(text);
      lines.push(
        wrongLine(number, `The text is not UTF-8 here (it seems to be ${encoding}); save the file as UTF-8.`),
      );
      return;
    }
    this.#open.text += text.slice(1);
    if (this.#open.text.length <= this.#charactersMax) return;
    lines.push(this.#tooLong(this.#open.number));
    this.#open.text = this.#open.text.slice(0, SHOWN_OF_LONG_LINE);
  }

  #finish(lines: LdifLine[]): void {
    if (this.#open !== undefined) lines.push(this.#open);
    this.#open = undefined;
  }

  #tooLong(number: number): LdifLine {
    return wrongLine(number, `The line is longer than the ${this.#charactersMax} characters allowed.`);
  }
}

const LONE_RETURN =
  'The line has a carriage return (CR) that no line feed follows; end lines with LF or CRLF, as in: tr "\\r" "\\n".';

function encodingOf(text: string): string {
  return WINDOWS.test(text) ? 'WINDOWS-1252' : 'ISO-8859-1';
}

function wrongLine(number: number, problem: string): LdifLine {
  return { number, text: SKIPPED, error: new LdifError(number, problem) };
}
