// Octets of files as text: UTF-8 or nothing. An octet that is not UTF-8 is never replaced, so that nothing is stored that
// nobody wrote. A byte order mark is no part of the text.

import { readNamedFile, UnreadableFile } from './named-file.ts';

const UTF_16_MARKS: readonly (readonly [first: number, second: number, name: string])[] = [
  [0xff, 0xfe, 'UTF-16LE'],
  [0xfe, 0xff, 'UTF-16BE'],
];
const LINE_FEED = 0x0a;

/** Returns the text; undefined when the octets are not UTF-8 (RFC 3629). */
export function decodeUtf8(octets: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(octets);
  } catch {
    return undefined;
  }
}

/** Returns the text of a file. Throws UnreadableFile with the line and the encoding that the file seems to have. */
export function decodeText(octets: Uint8Array, path: string): string {
  const text = decodeUtf8(octets);
  const encoding = encodingByMark(octets) ?? (hasUtf16Look(octets) ? 'UTF-16LE' : undefined);
  if (text !== undefined && encoding === undefined) return text;
  const seeming = encoding ?? 'ISO-8859-1';
  const line =
    encoding === undefined ? `line ${lineOfFirstWrong(octets)} has octets that are none` : 'it is none';
  throw new UnreadableFile(
    path,
    `is not UTF-8: ${line}. It seems to be ${seeming}. Convert it: iconv -f ${seeming} -t UTF-8 ${path} > NEW_FILE`,
  );
}

function encodingByMark(octets: Uint8Array): string | undefined {
  return UTF_16_MARKS.find(([first, second]) => octets[0] === first && octets[1] === second)?.[2];
}

/** ASCII in UTF-16 without a mark is UTF-8 as well, with a NUL after each letter. */
function hasUtf16Look(octets: Uint8Array): boolean {
  return octets.length >= 4 && octets[0] !== 0 && octets[1] === 0 && octets[2] !== 0 && octets[3] === 0;
}

/** The line, counted from 1, of the first octet that is no part of UTF-8. */
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
