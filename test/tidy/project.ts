// The project as the tidy rules see it: the text of every file that belongs to it, and nothing that is made by tools.
//
// Rules get a Project and never the disk, so that each can be tried on a small made-up one.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SourceFile } from './source-file.ts';

/** At the root: `src/instance` is a room. */
const FOLDERS_LEFT_OUT = new Set(['node_modules', '.git', 'instance', 'dist', 'coverage']);
const TEXT_FILE =
  /\.(?:ts|mts|mjs|js|json|md|ldif|properties|sh|ya?ml)$|^\.ci\/|^(?:LICENSE|\.npmrc|\.gitignore)$/;
const CODE_FILE = /^(?:src|test|bench|scripts)\/.*\.(?:ts|mts|mjs|js)$/;

export interface Manifest {
  readonly bin?: Readonly<Record<string, string>>;
  readonly exports?: unknown;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

interface Parts {
  readonly files: ReadonlyMap<string, string>;
  readonly folders?: ReadonlySet<string>;
  readonly programs?: ReadonlyMap<string, readonly string[]>;
}

export class Project {
  /** Path from the root, with forward slashes, to text. */
  readonly files: ReadonlyMap<string, string>;
  readonly folders: ReadonlySet<string>;
  /** Package name to the programs it brings. */
  readonly programs: ReadonlyMap<string, readonly string[]>;
  readonly code: readonly SourceFile[];

  constructor(parts: Parts) {
    this.files = parts.files;
    this.folders = parts.folders ?? new Set();
    this.programs = parts.programs ?? new Map();
    this.code = [...parts.files]
      .filter(([path]) => CODE_FILE.test(path))
      .map(([path, text]) => new SourceFile(path, text));
  }

  /** Builds a project from plain data, for trying a rule. */
  static of(files: Readonly<Record<string, string>>, rest: Omit<Parts, 'files'> = {}): Project {
    return new Project({ ...rest, files: new Map(Object.entries(files)) });
  }

  /** Reads the project in this folder. */
  static read(root: string): Project {
    const files = new Map<string, string>();
    const folders = new Set<string>();
    readFolder(root, '', files, folders);
    return new Project({ files, folders, programs: readPrograms(root, parseManifest(files)) });
  }

  get manifest(): Manifest {
    return parseManifest(this.files);
  }

  get source(): readonly SourceFile[] {
    return this.code.filter((file) => file.path.startsWith('src/'));
  }

  get tests(): readonly SourceFile[] {
    return this.code.filter((file) => file.path.startsWith('test/'));
  }
}

function parseManifest(files: ReadonlyMap<string, string>): Manifest {
  return JSON.parse(files.get('package.json') ?? '{}');
}

function readFolder(root: string, folder: string, files: Map<string, string>, folders: Set<string>): void {
  for (const item of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = folder === '' ? item.name : `${folder}/${item.name}`;
    if (item.isDirectory() && !FOLDERS_LEFT_OUT.has(path)) {
      folders.add(path);
      readFolder(root, path, files, folders);
    } else if (item.isFile() && TEXT_FILE.test(path)) {
      files.set(path, readFileSync(join(root, path), 'utf8'));
    }
  }
}

function readPrograms(root: string, manifest: Manifest): Map<string, readonly string[]> {
  const programs = new Map<string, readonly string[]>();
  for (const name of Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })) {
    const path = join(root, 'node_modules', name, 'package.json');
    if (!existsSync(path)) continue;
    const bin: unknown = JSON.parse(readFileSync(path, 'utf8')).bin;
    if (typeof bin === 'string') programs.set(name, [name.replace(/^.*\//, '')]);
    else if (typeof bin === 'object' && bin !== null) programs.set(name, Object.keys(bin));
  }
  return programs;
}
