// Code that nobody uses: files no program reaches, names no other file imports.

import { finding, type Rule } from './finding.ts';
import type { Manifest, Project } from './project.ts';
import { type ExportedName, nameOf, type SourceFile, walk } from './source-file.ts';

/** Exports that stay although no file imports them: `path name` to the reason. */
const EXPORTS_KEPT: ReadonlyMap<string, string> = new Map();

/** What is published is built: `dist/client/x.js` is `src/client/x.ts`. */
const BUILT_FILE = /\bdist\/([\w./-]+)\.(?:d\.ts|js)\b/g;
const FILE_IN_TEXT = /\b(?:src|scripts|bench)\/[\w./-]+\.(?:ts|mjs|js)\b/g;

export const deadRules: readonly Rule[] = [
  { title: 'package.json names only files that exist', find: findMissingEntryPoints },
  { title: 'every source file is reached from a program', find: findDeadFiles },
  {
    title: 'every export is used by a program: what only tests use is in test/support/',
    find: findDeadExports,
  },
];

function findMissingEntryPoints(project: Project): string[] {
  return entryPointsOf(project.manifest)
    .filter((path) => !project.files.has(path))
    .map((path) => finding('package.json', 1, `names ${path}, which does not exist`));
}

/** Tests reach nothing here: what only a test uses is not used. */
function findDeadFiles(project: Project): string[] {
  const files = new Map(project.code.map((file) => [file.path, file]));
  const programs = project.code.map(({ path }) => path).filter((path) => /^(?:scripts|bench)\//.test(path));
  const waiting = [...entryPointsOf(project.manifest), ...programs];
  const reached = new Set<string>();
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (reached.has(path)) continue;
    reached.add(path);
    for (const item of files.get(path)?.imports ?? []) if (item.path !== undefined) waiting.push(item.path);
  }
  return project.source
    .filter((file) => !reached.has(file.path))
    .map((file) => finding(file.path, 1, 'is used by no program'));
}

function findDeadExports(project: Project): string[] {
  const used = new Set<string>();
  for (const file of project.code) {
    if (file.path.startsWith('test/')) continue;
    for (const item of file.imports) for (const name of item.names) used.add(`${item.path} ${name}`);
  }
  const entryPoints = entryPointsOf(project.manifest);
  const dead = project.source
    .filter((file) => !entryPoints.includes(file.path) && !used.has(`${file.path} *`))
    .flatMap((file) => {
      const names = file.exports.filter(
        (item) => !used.has(`${file.path} ${item.name}`) && !isUsedInside(file, item),
      );
      return names.map((item) => ({ file, item, key: `${file.path} ${item.name}` }));
    });
  const keptInVain = [...EXPORTS_KEPT.keys()].filter((key) => !dead.some((found) => found.key === key));
  return [
    ...dead
      .filter(({ key }) => !EXPORTS_KEPT.has(key))
      .map(({ file, item }) =>
        finding(file.path, item.line, `exports ${item.name}, which only tests use or nobody does`),
      ),
    ...keptInVain.map((key) => finding('test/tidy/dead-rules.ts', 1, `keeps "${key}" without need`)),
  ];
}

/** A name that other declarations of its file use, or a type that is part of what they say: it is exported for tests at most. */
function isUsedInside(file: SourceFile, item: ExportedName): boolean {
  let isMentioned = false;
  walk(file.program, (node, parents) => {
    const isInside = node.start >= item.declaration.start && node.end <= item.declaration.end;
    const parent = parents.at(-1);
    const isExport = parent?.type === 'ExportSpecifier' || parent?.id === node;
    if (node.type === 'Identifier' && nameOf(node) === item.name && !isInside && !isExport)
      isMentioned = true;
  });
  return isMentioned;
}

/** The files that run or are imported from outside: programs, the package's exports, what the npm scripts name. */
function entryPointsOf(manifest: Manifest): string[] {
  const texts = [manifest.bin, manifest.exports, manifest.scripts].map((part) =>
    JSON.stringify(part ?? null).replaceAll(BUILT_FILE, 'src/$1.ts'),
  );
  return [...new Set(texts.join('\n').match(FILE_IN_TEXT) ?? [])];
}
