// Octets of files as text: UTF-8 only. An octet that is not UTF-8 is never replaced, so that nothing is stored that nobody
// wrote. A byte order mark is no part of the text.

import { readNamedFile, UnreadableFile } from './named-file.ts';

/** A longer mark comes before the one it begins with. */
const MARKS: readonly (readonly [name: string, ...octets: number[]])[] = [
  ['UTF-32LE', 0xff, 0xfe, 0, 0],
  ['UTF-32BE', 0, 0, 0xfe, 0xff],
  ['UTF-16LE', 0xff, 0xfe],
  ['UTF-16BE', 0xfe, 0xff],
];
const UTF_16_ZEROS: ReadonlyMap<string, string> = new Map([
  ['false,true,false,true', 'UTF-16LE'],
  ['true,false,true,false', 'UTF-16BE'],
]);
const LINE_FEED = 0x0a;

/** The content of a file is not UTF-8. */
export class UndecodableFile extends UnreadableFile {
  /** The first wrong line, counted from 1; 0 if the whole file is in another encoding. */
  readonly line: number;
  /** The reason without the advice, which names the path. */
  readonly whyInShort: string;

  constructor(path: string, why: string, advice: string, line: number) {
    super(path, `${why}. ${advice}`);
    this.whyInShort = why;
    this.name = 'UndecodableFile';
    this.line = line;
  }
}

/** Returns the text; undefined when the octets are not UTF-8 (RFC 3629). */
export function decodeUtf8(octets: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(octets);
  } catch {
    return undefined;
  }
}

/** The line where octets stop being UTF-8, and the encoding they seem to have. */
interface ForeignText {
  readonly encoding: string;
  /** Counted from 1; 0 for all of it. */
  readonly line: number;
}

/** Returns why octets are no text, to be read after the file's path: `is not UTF-8 (…)`; undefined for UTF-8. */
export function whyNotUtf8(octets: Uint8Array): string | undefined {
  const foreign = foreignText(octets);
  return foreign === undefined ? undefined : sentenceOf(foreign);
}

/**
 * Returns the text of a file of lines. Throws UndecodableFile with the line and the encoding that the file seems to have,
 * and for a carriage return that ends no line together with a line feed.
 */
export function decodeText(octets: Uint8Array, path: string): string {
  const foreign = foreignText(octets);
  if (foreign !== undefined) {
    const advice = `Convert it: iconv -f ${foreign.encoding} -t UTF-8 ${path} > NEW_FILE`;
    throw new UndecodableFile(path, sentenceOf(foreign), advice, foreign.line);
  }
  const text = new TextDecoder('utf-8', { fatal: true }).decode(octets);
  const lone = /\r(?!\n)/.exec(text);
  if (lone === null) return text;
  const line = text.slice(0, lone.index).split('\n').length;
  if (text.includes('\n')) {
    const why = `has a carriage return (CR) in line ${line} that no line feed follows`;
    throw new UndecodableFile(path, why, 'End lines with LF or CRLF', line);
  }
  const why = 'has line ends of CR alone, as old Mac OS wrote them';
  throw new UndecodableFile(path, why, `Convert it: tr '\\r' '\\n' < ${path} > NEW_FILE`, 1);
}

function sentenceOf({ encoding, line }: ForeignText): string {
  const where = line === 0 ? '' : `line ${line} has octets that are none; `;
  return `is not UTF-8 (${where}it seems to be ${encoding})`;
}

function foreignText(octets: Uint8Array): ForeignText | undefined {
  const encoding = encodingByMark(octets) ?? encodingByZeros(octets);
  if (encoding !== undefined) return { encoding, line: 0 };
  if (decodeUtf8(octets) !== undefined) return undefined;
  // The two encodings differ here only, and ISO-8859-1 has no printable characters in this range.
  const isWindows = octets.some((octet) => octet >= 0x80 && octet <= 0x9f);
  return { encoding: isWindows ? 'WINDOWS-1252' : 'ISO-8859-1', line: lineOfFirstWrong(octets) };
}

function encodingByMark(octets: Uint8Array): string | undefined {
  return MARKS.find(([, ...mark]) => mark.every((octet, index) => octets[index] === octet))?.[0];
}

/** Recognises UTF-16 without a mark by its NULs: ASCII in it is valid UTF-8. */
function encodingByZeros(octets: Uint8Array): string | undefined {
  if (octets.length < 4 || octets.length % 2 !== 0) return undefined;
  const isZero = [0, 1, 2, 3].map((index) => octets[index] === 0).join();
  return UTF_16_ZEROS.get(isZero);
}

/** Returns the line, counted from 1, of the first octet that is not UTF-8. */
function lineOfFirstWrong(octets: Uint8Array): number {
  let line = 1;
  let start = 0;
  for (let at = octets.indexOf(LINE_FEED); at >= 0; at = octets.indexOf(LINE_FEED, start)) {
    if (decodeUtf8(octets.subarray(start, at)) === undefined) return line;
    line += 1;
    start = at + 1;
  }
  return line;
}

/** Octets of a text file that a person writes; LDIF files are the largest. */
const TEXT_OCTETS_MAX = 256 * 1024 * 1024;

/** Reads a text file that somebody named. Throws UnreadableFile. */
export async function readText(path: string, octetsMax = TEXT_OCTETS_MAX): Promise<string> {
  return decodeText((await readNamedFile(path, octetsMax)).octets, path);
}
