// The expression files: every *.json and *.properties file of the given folders, read once. A token may be
// defined in one place only; a second definition is a problem that names both. Hidden files and subfolders are
// ignored.

import { join, resolve as resolvePath } from 'node:path';
import { errorCode } from '../files/file-error.ts';
import type { FileReader } from '../files/file-reader.ts';
import { UnreadableFile } from '../files/named-file.ts';
import { decodeUtf8, whyNotUtf8 } from '../files/text.ts';
import type { FileContents, FileEntry } from './file-contents.ts';
import { parseJsonFile } from './json-file.ts';
import { EXPRESSION_FILES_MAX, FILE_OCTETS_MAX } from './limits.ts';
import { parseProperties } from './properties-file.ts';
import { printable } from './template.ts';

export interface FolderRequest {
  /** Path as given; relative to the instance folder. */
  readonly path: string;
  /** Setting that names the folder, for messages. Undefined for the default folder, which may be absent. */
  readonly namedBy?: string;
}

export interface Folder {
  readonly path: string;
  /** Names of its expression files. */
  readonly files: readonly string[];
}

export interface PlacedEntry extends FileEntry {
  /** Place for messages: `config/expressions/mail.json line 3`. */
  readonly place: string;
}

export interface ExpressionFiles {
  readonly folders: readonly Folder[];
  readonly entries: ReadonlyMap<string, PlacedEntry>;
  readonly problems: readonly string[];
}

const PARSERS: Readonly<Record<string, (text: string) => FileContents>> = {
  json: parseJsonFile,
  properties: parseProperties,
};

/** Reads all expression files. Never rejects; returns what is wrong in `problems`. */
export async function readExpressionFiles(
  requests: readonly FolderRequest[],
  instanceFolder: string,
  files: FileReader,
): Promise<ExpressionFiles> {
  const reading = new Reading(instanceFolder, files);
  for (const request of requests) await reading.addFolder(request);
  return reading;
}

class Reading implements ExpressionFiles {
  readonly folders: Folder[] = [];
  readonly entries = new Map<string, PlacedEntry>();
  readonly problems: string[] = [];
  readonly #instanceFolder: string;
  readonly #reader: FileReader;
  readonly #seen = new Set<string>();
  #filesCount = 0;

  constructor(instanceFolder: string, reader: FileReader) {
    this.#instanceFolder = instanceFolder;
    this.#reader = reader;
  }

  async addFolder(request: FolderRequest): Promise<void> {
    const absolute = resolvePath(this.#instanceFolder, request.path);
    const names = await this.#names(absolute, request);
    if (names === undefined) return;
    this.#filesCount += names.length;
    this.folders.push({ path: request.path, files: names });
    if (this.#filesCount > EXPRESSION_FILES_MAX) {
      this.problems.push(
        `${printable(request.path)} brings the expression files to ${this.#filesCount}; ` +
          `at most ${EXPRESSION_FILES_MAX} are allowed`,
      );
      return;
    }
    for (const name of names)
      await this.#addFile(join(absolute, name), printable(join(request.path, name)), name);
  }

  /**
   * Returns the names of the expression files of a folder, sorted. Returns undefined if the folder was read
   * under another name or cannot be read.
   */
  async #names(absolute: string, request: FolderRequest): Promise<readonly string[] | undefined> {
    try {
      const real = await this.#reader.realPath(absolute);
      if (this.#seen.has(real)) return undefined;
      this.#seen.add(real);
      const names = (await this.#reader.list(real)).map(({ name }) => name);
      return names.filter((name) => !name.startsWith('.') && parserFor(name) !== undefined).sort();
    } catch (error) {
      if (!(error instanceof UnreadableFile)) throw error;
      if (error.isAbsent && request.namedBy === undefined) return [];
      const namedBy = request.namedBy === undefined ? '' : ` (named by ${request.namedBy})`;
      const code = errorCode(error.cause);
      const what = code === 'ENOENT' ? 'is missing' : code === 'ENOTDIR' ? 'is not a folder' : error.why;
      this.problems.push(`the folder of expression files ${printable(absolute)}${namedBy} ${what}`);
      return undefined;
    }
  }

  async #addFile(path: string, shown: string, name: string): Promise<void> {
    const text = await this.#read(path, shown);
    if (text === undefined) return;
    const { entries, problems } = parserFor(name)?.(text) ?? { entries: [], problems: [] };
    for (const { line, what } of problems) this.problems.push(`${shown} line ${line} ${what}`);
    for (const entry of entries) this.#addEntry({ ...entry, place: `${shown} line ${entry.line}` });
  }

  async #read(path: string, shown: string): Promise<string | undefined> {
    try {
      const { octets } = await this.#reader.read(path, FILE_OCTETS_MAX);
      const text = decodeUtf8(octets);
      if (text === undefined) this.problems.push(`${shown} ${whyNotUtf8(octets) ?? 'is not UTF-8'}`);
      return text;
    } catch (error) {
      if (!(error instanceof UnreadableFile)) throw error;
      this.problems.push(`${shown} ${error.isAbsent ? 'is missing' : error.why}`);
      return undefined;
    }
  }

  #addEntry(entry: PlacedEntry): void {
    const other = this.entries.get(entry.token);
    const token = printable(entry.token);
    if (other !== undefined) {
      this.problems.push(`${token} is in ${other.place} and in ${entry.place}; keep one of them`);
      return;
    }
    this.entries.set(entry.token, entry);
    const texts = typeof entry.content === 'string' ? [entry.content] : entry.content;
    if (!texts.every((text) => text.isWellFormed())) {
      this.problems.push(`${entry.place} gives ${token} a value with half a character (one \\u of a pair)`);
    }
  }
}

function parserFor(name: string): ((text: string) => FileContents) | undefined {
  const dot = name.lastIndexOf('.');
  const extension = dot === -1 ? '' : name.slice(dot + 1);
  return Object.hasOwn(PARSERS, extension) ? PARSERS[extension] : undefined;
}
