// LDIF text to entries and changes (RFC 2849), for files of any size: text goes in by chunks, complete records
// come out. Does not open files, does not know the schema, and does not apply what it reads.

import { LdifError } from './ldif-error.ts';
import { type LdifLine, LdifLines } from './ldif-lines.ts';
import { type LdifRecord, parseLdifRecord } from './ldif-record.ts';
import { LdifValueReader, type ReadUrl } from './ldif-value.ts';

export interface LdifReaderOptions {
  /** Gives the content behind `attribute:< file:///…`; without it such a line is refused. */
  readonly readUrl?: ReadUrl;
  /** The number of the first line, where the text is a part of a file. */
  readonly firstLine?: number;
  /** A record longer than this is refused. */
  readonly recordCharactersMax?: number;
}

const RECORD_CHARACTERS_MAX = 64 * 1024 * 1024;

export class LdifReader {
  readonly #lines: LdifLines;
  readonly #values: LdifValueReader;
  readonly #recordCharactersMax: number;
  #record: LdifLine[] = [];
  #recordCharacters = 0;
  #isFirst = true;

  constructor(options: LdifReaderOptions = {}) {
    this.#recordCharactersMax = options.recordCharactersMax ?? RECORD_CHARACTERS_MAX;
    this.#lines = new LdifLines(options.firstLine ?? 1, this.#recordCharactersMax);
    this.#values = new LdifValueReader(options.readUrl);
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
    if (line.text === '') {
      this.#finish(records);
      return;
    }
    if (this.#isFirst) {
      this.#isFirst = false;
      if (isVersion(line)) return;
    }
    this.#recordCharacters += line.text.length;
    if (this.#recordCharacters > this.#recordCharactersMax) {
      throw new LdifError(
        line.number,
        `The record is longer than the ${this.#recordCharactersMax} characters allowed.`,
      );
    }
    this.#record.push(line);
  }

  #finish(records: LdifRecord[]): void {
    if (this.#record.length === 0) return;
    const lines = this.#record;
    this.#record = [];
    this.#recordCharacters = 0;
    records.push(parseLdifRecord(lines, this.#values));
  }
}

/** A whole text at once; throws LdifError. */
export function readLdif(text: string, options: LdifReaderOptions = {}): LdifRecord[] {
  const reader = new LdifReader(options);
  const records = reader.push(text);
  return [...records, ...reader.end()];
}

function isVersion(line: LdifLine): boolean {
  const [name, version] = line.text.split(':', 2);
  if (name?.toLowerCase() !== 'version') return false;
  if (version?.trim() !== '1') throw new LdifError(line.number, 'The LDIF version must be 1 (RFC 2849).');
  return true;
}
