// Files, functions and folders that fit in a head.

import { finding, type Rule } from './finding.ts';
import type { Project } from './project.ts';
import { isNode, nameOf, type SourceFile, type SyntaxNode, walk } from './source-file.ts';

const FILE_LINES_MAX = 400;
const FUNCTION_LINES_MAX = 70;
const FOLDER_FILES_MAX = 30;
/** A smaller file that one other file of its room imports belongs to that one. */
const FILE_LINES_MIN = 25;
/** Small files, and folders of them, that are seams: path to the reason. Whatever another room imports is one. */
const SMALL_FILES_KEPT: ReadonlyMap<string, string> = new Map([
  ['src/config/passwords/derivation-worker.ts', 'runs as a thread'],
  ['src/config/objects/', 'managed objects have a file each'],
  ['src/config/types/', 'property types have a file each'],
  ['src/schema/rules/standard.ts', 'lists the files of its folder'],
  ['src/trust/operating-system.ts', 'is read without the worker by its test'],
]);
const FUNCTIONS = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);

export const sizeRules: readonly Rule[] = [
  { title: `no file has more than ${FILE_LINES_MAX} lines`, find: findLongFiles },
  { title: `no function has more than ${FUNCTION_LINES_MAX} lines`, find: findLongFunctions },
  { title: 'no object literal is spread to save lines', find: findSpreadLiterals },
  { title: 'no small file is imported by one other file of its room only', find: findSmallFiles },
  { title: `no folder of code has more than ${FOLDER_FILES_MAX} files`, find: findFullFolders },
];

function findLongFiles(project: Project): string[] {
  return project.code
    .filter((file) => file.lineCount > FILE_LINES_MAX)
    .map((file) => finding(file.path, FILE_LINES_MAX + 1, `the file has ${file.lineCount} lines`));
}

function findFullFolders(project: Project): string[] {
  const folders = Map.groupBy(project.code, ({ path }) => path.slice(0, path.lastIndexOf('/')));
  return [...folders].flatMap(([folder, { length }]) =>
    length > FOLDER_FILES_MAX ? [finding(folder, 1, `the folder has ${length} files`)] : [],
  );
}

function findSpreadLiterals(project: Project): string[] {
  return project.code.flatMap((file) => {
    const findings: string[] = [];
    walk(file.program, (node) => {
      if (node.type !== 'SpreadElement' || !isNode(node.argument)) return;
      if (node.argument.type === 'ObjectExpression')
        findings.push(
          finding(file.path, file.lineOf(node.start), 'spreads an object literal; write its properties'),
        );
    });
    return findings;
  });
}

function findSmallFiles(project: Project): string[] {
  const users = new Map<string, Set<string>>();
  for (const { path, imports } of project.source)
    for (const item of imports)
      users.set(item.path ?? '', (users.get(item.path ?? '') ?? new Set()).add(path));
  const roomOf = (path: string) => path.split('/')[1];
  const small = project.source.filter(({ path, lineCount, room }) => {
    const by = [...(users.get(path) ?? [])];
    return lineCount < FILE_LINES_MIN && by.length === 1 && by.every((one) => roomOf(one) === room);
  });
  const kept = [...SMALL_FILES_KEPT.keys()];
  const keptInVain = kept.filter((path) => !small.some((file) => file.path.startsWith(path)));
  return [
    ...small
      .filter(({ path }) => !kept.some((one) => path.startsWith(one)))
      .map(({ path, lineCount }) =>
        finding(path, 1, `has ${lineCount} lines; merge it into ${[...(users.get(path) ?? [])].join()}`),
      ),
    ...keptInVain
      .filter((path) => project.files.has(path))
      .map((path) => finding('test/tidy/size-rules.ts', 1, `keeps ${path} without need`)),
  ];
}

function findLongFunctions(project: Project): string[] {
  return project.code.flatMap((file) => {
    const findings: string[] = [];
    walk(file.program, (node, parents) => {
      if (!FUNCTIONS.has(node.type) || isGroupOfTests(parents.at(-1))) return;
      const lines = lineCountOf(file, node);
      if (lines <= FUNCTION_LINES_MAX) return;
      const name =
        nameOf(node.id) || nameOf(parents.at(-1)?.key) || nameOf(parents.at(-1)?.id) || 'a function';
      findings.push(finding(file.path, file.lineOf(node.start), `${name} has ${lines} lines`));
    });
    return findings;
  });
}

/** What stands in a `describe` is a list of tests, not a function to understand as a whole. */
function isGroupOfTests(parent: SyntaxNode | undefined): boolean {
  return parent?.type === 'CallExpression' && /^describe\b/.test(calleeText(parent.callee));
}

function calleeText(callee: unknown): string {
  const node = callee as SyntaxNode;
  return nameOf(node.object) || nameOf(node);
}

function lineCountOf(file: SourceFile, node: SyntaxNode): number {
  return file.text.slice(node.start, node.end).split('\n').length;
}
