// Sources of token values: the environment, the definitions of the command line, expression files, the files
// that `$<file:path>` names, systemd's credentials (`$<cred:NAME>`), and what was fetched for `$<http:NAME>`. They are read once; a reload makes a new
// Sources. It returns raw content; resolve.ts resolves the expressions in it.

import { resolve as resolvePath } from 'node:path';
import { ABSENT_STAMP, FileReader, untrustedFile } from '../files/file-reader.ts';
import { type NamedFile, readNamedFileSync, UnreadableFile } from '../files/named-file.ts';
import { findUntrustedNow } from '../files/ownership.ts';
import { decodeUtf8, whyNotUtf8 } from '../files/text.ts';
import type { Definition } from './definition.ts';
import { type ExpressionFiles, type FolderRequest, readExpressionFiles } from './expression-files.ts';
import { isKeptBack, KEPT_FILE_VARIABLES, KEPT_VARIABLES, realPathOf } from './kept-back.ts';
import { FILE_OCTETS_MAX, REMEMBERED_OCTETS_MAX } from './limits.ts';
import { SourcesError } from './sources-error.ts';
import { printable } from './template.ts';

export interface SourcesOptions {
  /** Environment variables; copied, so that later changes have no effect. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly definitions?: readonly Definition[];
  /** Folders of expression files, relative to the instance folder. By default the environment names them. */
  readonly directories?: readonly string[];
  readonly instanceFolder: string;
  readonly files?: FileReader;
}

/** Content of a file, or the reason why it cannot be read. */
export type FileReading =
  /** The stamp changes when the content does. */
  | { readonly kind: 'text'; readonly text: string; readonly octets: number; readonly stamp: string }
  | { readonly kind: 'absent' }
  /** `why` is a predicate of the file: `is not a regular file`. */
  | { readonly kind: 'unreadable'; readonly why: string };

export interface Found {
  readonly origin: 'environment' | 'definition' | 'file';
  /** Place for messages: `the environment variable SMTP_HOST`. A name, never a value. */
  readonly place: string;
  /** Place without the kind of source: `SMTP_HOST`, `config/expressions/mail.json line 3 (smtp.host)`. */
  readonly source: string;
  readonly content: string | readonly string[];
  /** True if commas separate values in a multi-valued property. */
  readonly isList: boolean;
  /** Reason why the content cannot be used, a predicate of the place: `has a null in its list`. */
  readonly problem?: string;
}

const FOLDER_VARIABLES = ['CONFDIT_ENVCONFIG_DIRS', 'DS_ENVCONFIG_DIRS'] as const;
/** Folder of the credentials of a service (systemd.exec(5), LoadCredential=). */
const CREDENTIALS_VARIABLE = 'CREDENTIALS_DIRECTORY';
const DEFAULT_FOLDER = 'config/expressions';
const NULL_IN_LIST =
  'has a null in its list; write a text, a number, true or false in its place, or remove it';
const FILE_NAMES_SHOWN_MAX = 3;
const ABSENT: FileReading = { kind: 'absent' };
const KEPT_BACK: FileReading = { kind: 'unreadable', why: 'is one that the server keeps to itself' };

/** The sources of token values of one instance, as read at one moment. */
export class Sources {
  /** Absolute path. Relative paths start here. */
  readonly instanceFolder: string;
  readonly #environment: ReadonlyMap<string, string>;
  readonly #definitions: ReadonlyMap<string, string>;
  readonly #files: ExpressionFiles;
  readonly #reader: FileReader;
  readonly #remembered = new Map<string, FileReading>();
  /** Values that were fetched from secret sources, by the names that expressions have. */
  readonly #secrets = new Map<string, string>();
  /** Errors of files that were read ahead, and of secrets that were fetched. */
  readonly #failures = new Map<string, FileReading>();
  /** Collects file paths instead of reading them; undefined during normal use. */
  #wanted: Set<string> | undefined;
  #rememberedOctets = 0;

  private constructor(
    instanceFolder: string,
    environment: ReadonlyMap<string, string>,
    definitions: ReadonlyMap<string, string>,
    files: ExpressionFiles,
    reader: FileReader,
  ) {
    this.instanceFolder = instanceFolder;
    this.#reader = reader;
    this.#environment = environment;
    this.#definitions = definitions;
    this.#files = files;
  }

  /** Reads all sources. Rejects with a SourcesError that lists every problem. */
  static async open(options: SourcesOptions): Promise<Sources> {
    const instanceFolder = resolvePath(options.instanceFolder);
    const environment = new Map<string, string>();
    for (const [name, value] of Object.entries(options.environment)) {
      if (value !== undefined && !KEPT_VARIABLES.has(name)) environment.set(name, value);
    }
    const problems: string[] = [];
    const definitions = new Map<string, string>();
    for (const { token, value } of options.definitions ?? []) {
      if (definitions.has(token)) problems.push(`--define ${token}=… is given twice; keep one of them`);
      definitions.set(token, value);
    }
    const folders = folderRequests(options.directories, environment);
    const reader = options.files ?? new FileReader();
    const files = await readExpressionFiles(folders, instanceFolder, reader);
    problems.push(...files.problems);
    if (problems.length > 0) throw new SourcesError(problems);
    return new Sources(instanceFolder, environment, definitions, files, reader);
  }

  /**
   * Returns the content of a token in the first source that has it: environment, then definitions, then files.
   */
  find(token: string): Found | undefined {
    const found = this.findVariable(variableNameFor(token));
    if (found !== undefined) return found;
    const definition = this.#definitions.get(token);
    if (definition !== undefined) {
      const place = `--define ${token}=…`;
      return { origin: 'definition', place, source: token, content: definition, isList: true };
    }
    const entry = this.#files.entries.get(token);
    if (entry === undefined || entry.flaw === 'null') return undefined;
    const { content, isList, place, flaw } = entry;
    const source = `${place} (${token})`;
    const inFile: Found = { origin: 'file', place: `${token} in ${place}`, source, content, isList };
    return flaw === undefined ? inFile : { ...inFile, problem: NULL_IN_LIST };
  }

  /** Returns the environment variable with exactly this name. */
  findVariable(name: string): Found | undefined {
    const content = this.#environment.get(name);
    if (content === undefined) return undefined;
    const place = `the environment variable ${name}`;
    return { origin: 'environment', place, source: name, content, isList: true };
  }

  /** Returns the places where `find` looks, for messages. Without a token, it names none. */
  places(token: string | undefined): readonly string[] {
    const entry = token ?? 'its entry';
    const folders = this.#files.folders.map(({ path, files }) => {
      const folder = path.endsWith('/') ? path : `${path}/`;
      return `${entry} in ${printable(folder)} (${fileNames(files)})`;
    });
    if (token === undefined) return ['its environment variable', 'its definition (--define)', ...folders];
    const named = this.#files.entries.get(token);
    const nothing = named?.flaw === 'null' ? [`${token} in ${named.place}, which gives null to it`] : folders;
    return [`the environment variable ${variableNameFor(token)}`, `--define ${token}=…`, ...nothing];
  }

  /**
   * Reads a small regular file. A relative path starts at the instance folder. Caches the first content, and
   * the absence of a file whose expression has a default, so that all values use the same content.
   */
  readFile(path: string, options: { readonly hasDefault: boolean }): FileReading {
    const absolute = resolvePath(this.instanceFolder, path);
    const known = this.#remembered.get(absolute) ?? this.#failures.get(absolute);
    if (known === undefined && this.#wanted !== undefined) {
      this.#wanted.add(absolute);
      return { kind: 'unreadable', why: 'is not read yet' };
    }
    const reading = known ?? this.#readNow(absolute);
    if (reading.kind === 'absent' && options.hasDefault) return this.#remember(absolute, ABSENT, 0);
    return reading;
  }

  /** Reads a credential, once, as a file is read. Takes a valid name; without a folder of credentials, it is absent. */
  readCredential(name: string): FileReading {
    const path = this.#credentialPath(name);
    return path === undefined ? ABSENT : this.readFile(path, { hasDefault: false });
  }

  /** Returns the place where `readCredential` looks, for messages. Without a name, it names no file. */
  credentialPlace(name: string | undefined): string {
    const path = this.#credentialPath(name ?? '');
    if (path === undefined) return `the folder of credentials, which ${CREDENTIALS_VARIABLE} does not name`;
    return `the file ${printable(name === undefined ? `that it names in ${path}` : path)}`;
  }

  /** Returns a value of a secret source, as it was fetched before. Absent: nobody has asked for it. */
  readSecret(name: string): FileReading {
    const text = this.#secrets.get(name);
    if (text === undefined) return this.#failures.get(`http:${name}`) ?? ABSENT;
    return { kind: 'text', text, octets: text.length, stamp: '' };
  }

  /** Keeps what became of fetching a secret: its value, or `why` it could not be fetched, a predicate of its source. */
  keepSecret(name: string, fetched: { readonly text: string } | { readonly why: string }): void {
    const fail = (why: string) => void this.#failures.set(`http:${name}`, { kind: 'unreadable', why });
    if ('why' in fetched) return fail(fetched.why);
    const { text } = fetched;
    const total = this.#rememberedOctets + text.length - (this.#secrets.get(name)?.length ?? 0);
    if (total > REMEMBERED_OCTETS_MAX)
      return fail(`brings what expressions have read to more than ${REMEMBERED_OCTETS_MAX} octets`);
    this.#rememberedOctets = total;
    this.#secrets.set(name, text);
  }

  hasSecret(name: string): boolean {
    return this.#secrets.has(name);
  }

  #credentialPath(name: string): string | undefined {
    const folder = this.#environment.get(CREDENTIALS_VARIABLE) ?? '';
    return folder === '' ? undefined : resolvePath(this.instanceFolder, folder, name);
  }

  /** Returns the absolute paths of the files that `work` asks for and that are not read yet. */
  filesWanted(work: () => void): readonly string[] {
    const wanted = new Set<string>();
    this.#wanted = wanted;
    try {
      work();
    } finally {
      this.#wanted = undefined;
    }
    return [...wanted];
  }

  /**
   * Reads a file for the next `readFile`, within the deadline of the reader. Takes an absolute path. Never
   * rejects.
   */
  async readFileAhead(path: string): Promise<void> {
    let reading: FileReading;
    try {
      const real = await this.#reader.realPath(path);
      const instance = await this.#reader.realPath(this.instanceFolder);
      reading =
        isKeptBack(real, instance) || this.#isNamedByKeptVariable(real)
          ? KEPT_BACK
          : this.#decode(path, await this.#reader.read(path, FILE_OCTETS_MAX));
    } catch (error) {
      reading = failureOf(error);
    }
    if (reading.kind !== 'text') this.#failures.set(path, reading);
  }

  /** Forgets read errors, so that these files are tried again. */
  forgetFailures(): void {
    this.#failures.clear();
  }

  /** Returns true for a file of the server itself that the environment names, such as one with its master key. */
  #isNamedByKeptVariable(real: string): boolean {
    return KEPT_FILE_VARIABLES.some((name) => {
      const path = this.#environment.get(name);
      return path !== undefined && path !== '' && realPathOf(resolvePath(path)) === real;
    });
  }

  #readNow(path: string): FileReading {
    try {
      const real = realPathOf(path);
      if (isKeptBack(real, realPathOf(this.instanceFolder)) || this.#isNamedByKeptVariable(real))
        return KEPT_BACK;
      const { user } = this.#reader;
      const untrusted = user === undefined ? undefined : findUntrustedNow(path, user);
      if (untrusted !== undefined) throw untrustedFile(path, untrusted);
      return this.#decode(path, readNamedFileSync(path, FILE_OCTETS_MAX));
    } catch (error) {
      return failureOf(error);
    }
  }

  #decode(path: string, { octets, stamp }: NamedFile): FileReading {
    const text = decodeUtf8(octets);
    if (text === undefined) return { kind: 'unreadable', why: whyNotUtf8(octets) ?? 'is not UTF-8' };
    return this.#remember(path, { kind: 'text', text, octets: octets.length, stamp }, octets.length);
  }

  /** Yields the files that were read, or found absent with a default: absolute path and stamp. */
  *filesRead(): Generator<{ readonly path: string; readonly stamp: string }> {
    for (const [path, reading] of this.#remembered)
      yield { path, stamp: reading.kind === 'text' ? reading.stamp : ABSENT_STAMP };
  }

  #remember(path: string, reading: FileReading, octets: number): FileReading {
    // The path is counted too, which limits the number of absent files.
    const total = this.#rememberedOctets + octets + path.length;
    if (total > REMEMBERED_OCTETS_MAX) {
      const why = `brings the files read by expressions to more than ${REMEMBERED_OCTETS_MAX} octets`;
      return { kind: 'unreadable', why };
    }
    this.#rememberedOctets = total;
    this.#remembered.set(path, reading);
    return reading;
  }
}

function failureOf(error: unknown): FileReading {
  if (!(error instanceof UnreadableFile)) throw error;
  return error.isAbsent ? ABSENT : { kind: 'unreadable', why: error.why };
}

/** Returns the environment variable of a token: `SMTP_HOST_1` for `smtp.host-1`. */
function variableNameFor(token: string): string {
  return token.toUpperCase().replace(/[^A-Z0-9]/g, '_');
}

function folderRequests(
  directories: readonly string[] | undefined,
  environment: ReadonlyMap<string, string>,
): readonly FolderRequest[] {
  if (directories !== undefined) return directories.map((path) => ({ path, namedBy: 'the start options' }));
  for (const namedBy of FOLDER_VARIABLES) {
    const paths = (environment.get(namedBy) ?? '').split(',').map((path) => path.trim());
    const given = paths.filter((path) => path !== '');
    if (given.length > 0) return given.map((path) => ({ path, namedBy }));
  }
  return [{ path: DEFAULT_FOLDER }];
}

function fileNames(files: readonly string[]): string {
  if (files.length === 0) return 'no files there';
  if (files.length > FILE_NAMES_SHOWN_MAX) return `${files.length} files there`;
  return printable(files.join(', '));
}
