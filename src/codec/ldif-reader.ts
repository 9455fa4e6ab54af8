// LDIF text to entries and changes (RFC 2849), for files of any size: takes text in chunks and returns complete records.
// Opens no files, does not know the schema, and does not apply what it reads.

import { textFromOctets } from '../ldap/octets.ts';
import { LdifError } from './ldif-error.ts';
import { type LdifLine, LdifLines } from './ldif-lines.ts';
import { findLdifProblems, type LdifRecord, parseLdifRecord } from './ldif-record.ts';
import { LdifValueReader, type ReadUrl } from './ldif-value.ts';

export interface LdifReaderOptions {
  /** Returns the content of `attribute:< file:///…`; without it such a line is refused. */
  readonly readUrl?: ReadUrl;
  /** Number of the first line, if the text is a part of a file. */
  readonly firstLine?: number;
  /** A record longer than this is refused. */
  readonly recordCharactersMax?: number;
  /**
   * Receives every error: the record is left out, and reading continues with the next. Without it, the first LdifError is
   * thrown.
   */
  readonly wrong?: (error: LdifError) => void;
}

const NEWLINE = 0x0a;
const EMPTY = Buffer.alloc(0);
const RECORD_CHARACTERS_MAX = 64 * 1024 * 1024;

export class LdifReader {
  readonly #lines: LdifLines;
  readonly #values: LdifValueReader;
  readonly #recordCharactersMax: number;
  readonly #wrong: ((error: LdifError) => void) | undefined;
  /** True while the record is left out, up to the next blank line. */
  #isLeftOut = false;
  /** True after a line of the record was reported: the record is left out, but its other lines are checked. */
  #isWrong = false;
  #record: LdifLine[] = [];
  #recordCharacters = 0;
  #isFirst = true;

  constructor(options: LdifReaderOptions = {}) {
    this.#recordCharactersMax = options.recordCharactersMax ?? RECORD_CHARACTERS_MAX;
    this.#lines = new LdifLines(options.firstLine ?? 1, this.#recordCharactersMax);
    this.#values = new LdifValueReader(options.readUrl);
    this.#wrong = options.wrong;
  }

  /** Takes a piece of the text. Returns the records it completes. Throws LdifError; the reader cannot be used after that. */
  push(chunk: string): LdifRecord[] {
    const records: LdifRecord[] = [];
    for (const line of this.#lines.push(chunk)) this.#take(line, records);
    return records;
  }

  /** Returns the last record, if no blank line ended it. */
  end(): LdifRecord[] {
    const records: LdifRecord[] = [];
    for (const line of this.#lines.end()) this.#take(line, records);
    this.#finish(records);
    return records;
  }

  #take(line: LdifLine, records: LdifRecord[]): void {
    if (line.error !== undefined) {
      if (this.#wrong === undefined) throw line.error;
      this.#wrong(line.error);
      this.#isWrong = true;
      // Without its first line the others cannot be judged.
      if (this.#record.length === 0) this.#isLeftOut = true;
      return;
    }
    if (line.text === '') {
      this.#finish(records);
      return;
    }
    if (this.#isFirst) {
      this.#isFirst = false;
      if (this.#isVersion(line)) return;
    }
    if (this.#isLeftOut) return;
    this.#recordCharacters += line.text.length;
    if (this.#recordCharacters > this.#recordCharactersMax) {
      const problem = `The record is longer than the ${this.#recordCharactersMax} characters allowed.`;
      this.#leaveOut(new LdifError(line.number, problem));
      return;
    }
    this.#record.push(line);
  }

  #leaveOut(error: LdifError): void {
    if (this.#wrong === undefined) throw error;
    this.#wrong(error);
    this.#isLeftOut = true;
    this.#record = [];
  }

  #finish(records: LdifRecord[]): void {
    const lines = this.#record;
    const isLeftOut = this.#isLeftOut;
    const isWrong = this.#isWrong;
    this.#isLeftOut = false;
    this.#isWrong = false;
    this.#recordCharacters = 0;
    if (lines.length === 0 || isLeftOut) return;
    this.#record = [];
    if (isWrong) {
      this.#tell(findLdifProblems(lines, this.#values));
      return;
    }
    try {
      records.push(parseLdifRecord(lines, this.#values));
    } catch (error) {
      if (this.#wrong === undefined || !(error instanceof LdifError)) throw error;
      const problems = findLdifProblems(lines, this.#values);
      this.#tell(problems.length === 0 ? [error] : problems);
    }
  }

  #tell(problems: readonly LdifError[]): void {
    for (const problem of problems) this.#wrong?.(problem);
  }

  #isVersion(line: LdifLine): boolean {
    const [name, version] = line.text.split(':', 2);
    if (name?.toLowerCase() !== 'version') return false;
    if (version?.trim() !== '1') {
      this.#leaveOut(new LdifError(line.number, 'The LDIF version must be 1 (RFC 2849).'));
      this.#isLeftOut = false;
    }
    return true;
  }
}

/** Reads records from octets in pieces of any size. Throws what `LdifReader` throws. */
export async function* readLdifPieces(
  pieces: AsyncIterable<Buffer>,
  options: LdifReaderOptions = {},
): AsyncGenerator<LdifRecord[], void> {
  const reader = new LdifReader(options);
  const octetsMax = options.recordCharactersMax ?? RECORD_CHARACTERS_MAX;
  let carried: Buffer = EMPTY;
  for await (const piece of pieces) {
    const octets = carried.length === 0 ? piece : Buffer.concat([carried, piece]);
    // A cut after a line end splits no character. A line over the limit fails anyway.
    const cut = octets.length > octetsMax ? octets.length : octets.lastIndexOf(NEWLINE) + 1;
    yield reader.push(textFromOctets(octets.subarray(0, cut)));
    carried = octets.subarray(cut);
  }
  yield reader.push(textFromOctets(carried));
  yield reader.end();
}

/** Reads a whole text. Throws LdifError. */
export function readLdif(text: string, options: LdifReaderOptions = {}): LdifRecord[] {
  const reader = new LdifReader(options);
  const records = reader.push(text);
  return [...records, ...reader.end()];
}
