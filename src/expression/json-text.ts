// Parses JSON text (RFC 8259) to nodes with line numbers. JSON.parse is not enough: it keeps only the last of
// two equal keys, rounds numbers, knows no lines, and quotes the text, which may be secret, in its errors.

import { JSON_DEPTH_MAX } from './limits.ts';

export type JsonNode =
  | { readonly kind: 'text'; readonly text: string; readonly line: number }
  | { readonly kind: 'null'; readonly line: number }
  | { readonly kind: 'list'; readonly items: readonly JsonNode[]; readonly line: number }
  | {
      readonly kind: 'object';
      readonly members: readonly (readonly [key: string, value: JsonNode])[];
      readonly line: number;
    };

/** Reports text that is not JSON, with its line and without its content. */
export class JsonError extends Error {
  readonly line: number;

  constructor(line: number, what: string) {
    super(what);
    this.line = line;
  }
}

const BLANKS = /[ \t\r]*/y;
const STRING = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;

/**
 * Parses a text with one JSON value. Strings are unescaped; numbers and booleans stay as written. Throws
 * JsonError.
 */
export function parseJson(text: string): JsonNode {
  return new JsonParser(text).parse();
}

class JsonParser {
  readonly #text: string;
  #at = 0;
  #line = 1;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): JsonNode {
    const node = this.#value(0);
    if (this.#peek() !== undefined) throw this.#error('nothing more');
    return node;
  }

  #value(depth: number): JsonNode {
    if (depth > JSON_DEPTH_MAX) {
      throw new JsonError(this.#line, `is nested deeper than ${JSON_DEPTH_MAX} levels`);
    }
    const next = this.#peek();
    const line = this.#line;
    if (next === '{') return { kind: 'object', members: this.#members(depth), line };
    if (next === '[') return { kind: 'list', items: this.#items(depth), line };
    if (next === '"') return { kind: 'text', text: this.#string(), line };
    const word = this.#match(WORD) ?? this.#match(NUMBER);
    if (word === undefined) throw this.#error('a value');
    return word === 'null' ? { kind: 'null', line } : { kind: 'text', text: word, line };
  }

  #members(depth: number): (readonly [string, JsonNode])[] {
    const members: (readonly [string, JsonNode])[] = [];
    this.#at += 1;
    if (this.#consume('}')) return members;
    do {
      if (this.#peek() !== '"') throw this.#error('a key in quotation marks');
      const key = this.#string();
      if (!this.#consume(':')) throw this.#error('":"');
      members.push([key, this.#value(depth + 1)]);
    } while (this.#consume(','));
    if (!this.#consume('}')) throw this.#error('"," or "}"');
    return members;
  }

  #items(depth: number): JsonNode[] {
    const items: JsonNode[] = [];
    this.#at += 1;
    if (this.#consume(']')) return items;
    do items.push(this.#value(depth + 1));
    while (this.#consume(','));
    if (!this.#consume(']')) throw this.#error('"," or "]"');
    return items;
  }

  #string(): string {
    const literal = this.#match(STRING);
    if (literal === undefined) throw this.#error('a closing quotation mark');
    try {
      const text: unknown = JSON.parse(literal);
      return String(text);
    } catch {
      throw this.#error('a string without control characters and with right escapes');
    }
  }

  #consume(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#at += 1;
    return true;
  }

  /** Returns the next character that is not white space. */
  #peek(): string | undefined {
    for (;;) {
      this.#match(BLANKS);
      if (this.#text[this.#at] !== '\n') return this.#text[this.#at];
      this.#at += 1;
      this.#line += 1;
    }
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  #error(expected: string): JsonError {
    const where = this.#at >= this.#text.length ? ' at the end of the file' : '';
    return new JsonError(this.#line, `is not JSON: expected ${expected}${where}`);
  }
}
