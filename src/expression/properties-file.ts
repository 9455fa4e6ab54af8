// The grammar of java.util.Properties.load: `key = value`, `key: value`, `key value`; `#` and `!` comments; a
// backslash at the end of a line continues it; \t \n \r \f \uXXXX; a backslash before anything else is dropped.
// Unlike in Java, the octets are UTF-8 (the caller decodes them) and a duplicate key is reported.

import type { FileContents, FileEntry, LineProblem } from './file-contents.ts';

const LINE_END = /\r\n|[\r\n]/;
const BLANKS_AT_START = /^[ \t\f]+/;
const SEPARATOR = /[ \t\f]*(?:[=:][ \t\f]*)?/y;
const ESCAPE = /\\(?:u([0-9A-Fa-f]{4})|([\s\S]))?/g;
const KEY = /[^\\=: \t\f]*(?:\\[\s\S][^\\=: \t\f]*)*/y;

const ESCAPED: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' };

interface LogicalLine {
  readonly text: string;
  /** Number of its first natural line, starting at 1. */
  readonly line: number;
}

/** Returns the entries of a .properties file in order. In a multi-valued property, commas separate values. */
export function parseProperties(text: string): FileContents {
  const entries: FileEntry[] = [];
  const problems: LineProblem[] = [];
  for (const { text: logical, line } of logicalLines(text)) {
    const key = match(KEY, logical, 0);
    const separator = match(SEPARATOR, logical, key.length);
    const token = unescaped(key);
    const content = unescaped(logical.slice(key.length + separator.length));
    if (token === undefined || content === undefined) {
      problems.push({ line, what: 'has \\u without four hexadecimal digits' });
    } else {
      entries.push({ token, content, isList: true, line });
    }
  }
  return { entries, problems };
}

function logicalLines(text: string): LogicalLine[] {
  const lines: LogicalLine[] = [];
  let current: LogicalLine | undefined;
  for (const [index, natural] of text.split(LINE_END).entries()) {
    const start = natural.replace(BLANKS_AT_START, '');
    if (current === undefined && (start === '' || start.startsWith('#') || start.startsWith('!'))) continue;
    const isContinued = backslashesAtEnd(start) % 2 === 1;
    const joined = (current?.text ?? '') + (isContinued ? start.slice(0, -1) : start);
    current = { text: joined, line: current?.line ?? index + 1 };
    if (isContinued) continue;
    if (joined !== '') lines.push(current);
    current = undefined;
  }
  if (current !== undefined && current.text !== '') lines.push(current);
  return lines;
}

function unescaped(text: string): string | undefined {
  let isWrong = false;
  const plain = text.replace(ESCAPE, (_, code: string | undefined, character: string | undefined) => {
    if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
    if (character === 'u') isWrong = true;
    return character === undefined ? '' : (ESCAPED[character] ?? character);
  });
  return isWrong ? undefined : plain;
}

function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}

function backslashesAtEnd(text: string): number {
  let at = text.length;
  while (at > 0 && text[at - 1] === '\\') at -= 1;
  return text.length - at;
}
