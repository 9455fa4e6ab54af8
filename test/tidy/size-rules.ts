// Files, functions and folders that fit in a head.

import { finding, type Rule } from './finding.ts';
import type { Project } from './project.ts';
import { nameOf, type SourceFile, type SyntaxNode, walk } from './source-file.ts';

const FILE_LINES_MAX = 400;
const FUNCTION_LINES_MAX = 70;
const FOLDER_FILES_MAX = 30;
const FUNCTIONS = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);

export const sizeRules: readonly Rule[] = [
  { title: `no file has more than ${FILE_LINES_MAX} lines`, find: findLongFiles },
  { title: `no function has more than ${FUNCTION_LINES_MAX} lines`, find: findLongFunctions },
  { title: `no folder of src/ has more than ${FOLDER_FILES_MAX} files`, find: findFullFolders },
];

function findLongFiles(project: Project): string[] {
  return project.code
    .filter((file) => file.lineCount > FILE_LINES_MAX)
    .map((file) => finding(file.path, FILE_LINES_MAX + 1, `the file has ${file.lineCount} lines`));
}

function findFullFolders(project: Project): string[] {
  const folders = Map.groupBy(project.source, ({ path }) => path.slice(0, path.lastIndexOf('/')));
  return [...folders].flatMap(([folder, { length }]) =>
    length > FOLDER_FILES_MAX ? [finding(folder, 1, `the folder has ${length} files`)] : [],
  );
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
