// Where the values of tokens come from: the environment, the definitions of the command line, expression files,
// and the files that `$<file:path>` names. Read once: a new Sources is what a reload makes. It answers with what
// a place holds as it is; scanning that for further expressions is the work of resolve.

import { resolve as resolvePath } from 'node:path';
import { ABSENT_STAMP, type FileReading, readRegularFile } from '../files/regular-file.ts';
import type { Definition } from './definition.ts';
import { type ExpressionFiles, type FolderRequest, readExpressionFiles } from './expression-files.ts';
import { isKeptBack, KEPT_VARIABLES } from './kept-back.ts';
import { FILE_OCTETS_MAX, REMEMBERED_OCTETS_MAX } from './limits.ts';
import { SourcesError } from './sources-error.ts';
import { printable } from './template.ts';

export interface SourcesOptions {
  /** Copied; later changes of the object are not seen. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly definitions?: readonly Definition[];
  /** Folders of expression files, relative to the instance folder; without it the environment names them. */
  readonly directories?: readonly string[];
  readonly instanceFolder: string;
}

export interface Found {
  readonly origin: 'environment' | 'definition' | 'file';
  /** `the environment variable SMTP_HOST`; a name, never a value. */
  readonly place: string;
  readonly content: string | readonly string[];
  /** Whether commas separate values where several are asked for. */
  readonly isList: boolean;
}

const FOLDER_VARIABLES = ['CONFDIT_ENVCONFIG_DIRS', 'DS_ENVCONFIG_DIRS'] as const;
const DEFAULT_FOLDER = 'config/expressions';
const FILE_NAMES_SHOWN_MAX = 3;
const ABSENT: FileReading = { kind: 'absent' };

export class Sources {
  /** Absolute; relative paths start here. */
  readonly instanceFolder: string;
  readonly #environment: ReadonlyMap<string, string>;
  readonly #definitions: ReadonlyMap<string, string>;
  readonly #files: ExpressionFiles;
  readonly #remembered = new Map<string, FileReading>();
  #rememberedOctets = 0;

  private constructor(
    instanceFolder: string,
    environment: ReadonlyMap<string, string>,
    definitions: ReadonlyMap<string, string>,
    files: ExpressionFiles,
  ) {
    this.instanceFolder = instanceFolder;
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
    const files = await readExpressionFiles(folders, instanceFolder);
    problems.push(...files.problems);
    if (problems.length > 0) throw new SourcesError(problems);
    return new Sources(instanceFolder, environment, definitions, files);
  }

  /** What the first source that knows the token has for it: environment, then definitions, then files. */
  find(token: string): Found | undefined {
    const found = this.findVariable(variableNameFor(token));
    if (found !== undefined) return found;
    const definition = this.#definitions.get(token);
    if (definition !== undefined) {
      return { origin: 'definition', place: `--define ${token}=…`, content: definition, isList: true };
    }
    const entry = this.#files.entries.get(token);
    if (entry === undefined) return undefined;
    const { content, isList, place } = entry;
    return { origin: 'file', place: `${token} in ${place}`, content, isList };
  }

  /** The environment variable of exactly this name. */
  findVariable(name: string): Found | undefined {
    const content = this.#environment.get(name);
    if (content === undefined) return undefined;
    return { origin: 'environment', place: `the environment variable ${name}`, content, isList: true };
  }

  /** Where `find` looks; without a token in words that name none. */
  places(token: string | undefined): readonly string[] {
    const entry = token ?? 'its entry';
    const folders = this.#files.folders.map(({ path, files }) => {
      const folder = path.endsWith('/') ? path : `${path}/`;
      return `${entry} in ${printable(folder)} (${fileNames(files)})`;
    });
    return token === undefined
      ? ['its environment variable', 'its definition (--define)', ...folders]
      : [`the environment variable ${variableNameFor(token)}`, `--define ${token}=…`, ...folders];
  }

  /**
   * The text of a small regular file; a relative path starts at the instance folder. The first content read is
   * remembered, and an absence if a default takes its place: what is in force cannot differ from place to place.
   */
  readFile(path: string, options: { readonly hasDefault: boolean }): FileReading {
    const absolute = resolvePath(this.instanceFolder, path);
    const remembered = this.#remembered.get(absolute);
    if (remembered !== undefined) return remembered;
    if (isKeptBack(absolute, this.instanceFolder))
      return { kind: 'unreadable', why: 'is one that the server keeps to itself' };
    const reading = readRegularFile(absolute, FILE_OCTETS_MAX);
    if (reading.kind === 'unreadable') return reading;
    if (reading.kind === 'absent') return options.hasDefault ? this.#remember(absolute, ABSENT, 0) : reading;
    return this.#remember(absolute, reading, reading.octets);
  }

  /** The files that were read, or found missing where a default stands in: absolute, with what they looked like. */
  *filesRead(): Generator<{ readonly path: string; readonly stamp: string }> {
    for (const [path, reading] of this.#remembered)
      yield { path, stamp: reading.kind === 'text' ? reading.stamp : ABSENT_STAMP };
  }

  #remember(path: string, reading: FileReading, octets: number): FileReading {
    // The path is counted too: it bounds the number of absences.
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

/** `smtp.host-1` is `SMTP_HOST_1`. */
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
