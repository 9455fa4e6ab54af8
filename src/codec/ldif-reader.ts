// LDIF text to entries and changes (RFC 2849), for files of any size: text goes in by chunks, complete records
// come out. Does not open files, does not know the schema, and does not apply what it reads.

import { textFromOctets } from '../ldap/octets.ts';
import { LdifError } from './ldif-error.ts';
import { type LdifLine, LdifLines } from './ldif-lines.ts';
import { findLdifProblems, type LdifRecord, parseLdifRecord } from './ldif-record.ts';
import { LdifValueReader, type ReadUrl } from './ldif-value.ts';

export interface LdifReaderOptions {
  /** Gives the content behind `attribute:< file:///…`; without it such a line is refused. */
  readonly readUrl?: ReadUrl;
  /** The number of the first line, where the text is a part of a file. */
  readonly firstLine?: number;
  /** A record longer than this is refused. */
  readonly recordCharactersMax?: number;
  /**
   * Told of everything that is wrong: the record is left out, and reading goes on with the next. Without it the first
   * LdifError is thrown.
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
  /** Whether the record is left out up to the next blank line. */
  #isLeftOut = false;
  /** Whether a line of the record was told of already: the record is left out, and its other lines are looked at. */
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

  /** Takes any piece of the text, gives the records it completes; throws LdifError, after which the reader is of no more use. */
  push(chunk: string): LdifRecord[] {
    const records: LdifRecord[] = [];
    for (const line of this.#lines.push(chunk)) this.#take(line, records);
    return records;
  }

  /** The record that no blank line ended. */
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
      // Without its first line nothing can be said of the others.
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

/** The records in octets that come in any pieces; throws what `LdifReader` throws. */
export async function* readLdifPieces(
  pieces: AsyncIterable<Buffer>,
  options: LdifReaderOptions = {},
): AsyncGenerator<LdifRecord[], void> {
  const reader = new LdifReader(options);
  const octetsMax = options.recordCharactersMax ?? RECORD_CHARACTERS_MAX;
  let carried: Buffer = EMPTY;
  for await (const piece of pieces) {
    const octets = carried.length === 0 ? piece : Buffer.concat([carried, piece]);
    // What ends with a line cuts no character. A line that is too long anyway need not be waited for.
    const cut = octets.length > octetsMax ? octets.length : octets.lastIndexOf(NEWLINE) + 1;
    yield reader.push(textFromOctets(octets.subarray(0, cut)));
    carried = octets.subarray(cut);
  }
  yield reader.push(textFromOctets(carried));
  yield reader.end();
}

/** A whole text at once; throws LdifError. */
export function readLdif(text: string, options: LdifReaderOptions = {}): LdifRecord[] {
  const reader = new LdifReader(options);
  const records = reader.push(text);
  return [...records, ...reader.end()];
}
