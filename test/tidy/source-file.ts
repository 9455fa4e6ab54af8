// One file of code, parsed: its imports, what it exports, and a walk over its syntax tree.
//
// The parser is the one vitest itself uses; it gives ESTree with TypeScript's nodes, without comments.

import { posix } from 'node:path';
import { parseAst } from 'vitest/node';

/** A node of the syntax tree. Rules look at few kinds, so the fields are read by name. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

export interface Import {
  /** As written: `./dn.ts`, `node:fs`, `vitest`. */
  readonly specifier: string;
  /** The path from the root of the project; undefined for packages. */
  readonly path: string | undefined;
  /** Only types come in: nothing happens at run time. */
  readonly isTypeOnly: boolean;
  /** The names as the other file exports them; `*` for all. */
  readonly names: readonly string[];
  readonly line: number;
}

export interface ExportedName {
  readonly name: string;
  readonly isType: boolean;
  readonly declaration: SyntaxNode;
  readonly line: number;
}

export class SourceFile {
  readonly path: string;
  readonly text: string;
  readonly lineCount: number;
  readonly program: SyntaxNode;
  readonly imports: readonly Import[];
  readonly exports: readonly ExportedName[];

  constructor(path: string, text: string) {
    this.path = path;
    this.text = text;
    this.lineCount = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
    this.program = parse(path, text);
    this.imports = this.#findImports();
    this.exports = nodesOf(this.program, 'body').flatMap((statement) => this.#exportsOf(statement));
  }

  /** The room of a file in src/, or the folder of another one. */
  get room(): string | undefined {
    return /^src\/([^/]+)\//.exec(this.path)?.[1];
  }

  lineOf(offset: number): number {
    return this.text.slice(0, offset).split('\n').length;
  }

  #findImports(): Import[] {
    const imports: Import[] = [];
    walk(this.program, (node) => {
      const specifier = specifierOf(node);
      if (specifier === undefined) return;
      const isRelative = specifier.startsWith('.');
      imports.push({
        specifier,
        path: isRelative ? posix.join(posix.dirname(this.path), specifier) : undefined,
        isTypeOnly: isTypeOnly(node),
        names: importedNames(node),
        line: this.lineOf(node.start),
      });
    });
    return imports;
  }

  #exportsOf(statement: SyntaxNode): ExportedName[] {
    const line = this.lineOf(statement.start);
    if (statement.type === 'ExportDefaultDeclaration') {
      return [{ name: 'default', isType: false, declaration: statement, line }];
    }
    if (statement.type !== 'ExportNamedDeclaration') return [];
    const { declaration } = statement;
    if (isNode(declaration)) {
      const isType = statement.exportKind === 'type' || declaration.type.startsWith('TS');
      return declaredNames(declaration).map((name) => ({ name, isType, declaration, line }));
    }
    const isType = statement.exportKind === 'type';
    return nodesOf(statement, 'specifiers').map((item) => {
      return { name: nameOf(item.exported), isType, declaration: item, line };
    });
  }
}

function parse(path: string, text: string): SyntaxNode {
  try {
    const program: unknown = parseAst(text, { lang: path.endsWith('ts') ? 'ts' : 'js' });
    if (isNode(program)) return program;
  } catch (cause) {
    throw new Error(`${path} cannot be parsed`, { cause });
  }
  throw new Error(`${path} has no syntax tree`);
}

/** Calls `visit` for the node and everything below it; `parents` leads from the root to the node's parent. */
export function walk(
  node: SyntaxNode,
  visit: (node: SyntaxNode, parents: readonly SyntaxNode[]) => void,
  parents: readonly SyntaxNode[] = [],
): void {
  visit(node, parents);
  const below = [...parents, node];
  for (const value of Object.values(node)) {
    if (isNode(value)) walk(value, visit, below);
    else if (Array.isArray(value)) for (const item of value) if (isNode(item)) walk(item, visit, below);
  }
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

export function nodesOf(node: SyntaxNode, field: string): readonly SyntaxNode[] {
  const value = node[field];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** The text of an identifier or of a string literal; empty for anything else. */
export function nameOf(node: unknown): string {
  if (!isNode(node)) return '';
  if (typeof node.name === 'string') return node.name;
  return typeof node.value === 'string' ? node.value : '';
}

/** `import.meta.url` with a relative path names a file that runs as a worker or a process of its own. */
function isModuleUrl(node: SyntaxNode): boolean {
  if (node.type !== 'NewExpression' || nameOf(node.callee) !== 'URL') return false;
  const [first, second] = nodesOf(node, 'arguments');
  return /^\.{1,2}\/.*\.(?:ts|mjs|js)$/.test(nameOf(first)) && second?.type === 'MemberExpression';
}

function specifierOf(node: SyntaxNode): string | undefined {
  if (isModuleUrl(node)) return nameOf(nodesOf(node, 'arguments')[0]);
  const hasSource = /^(?:ImportDeclaration|ImportExpression|TSImportType|Export(?:Named|All)Declaration)$/;
  if (!hasSource.test(node.type) || !isNode(node.source)) return undefined;
  return nameOf(node.source) || undefined;
}

function isTypeOnly(node: SyntaxNode): boolean {
  if (node.type === 'TSImportType') return true;
  if (node.importKind === 'type' || node.exportKind === 'type') return true;
  const specifiers = nodesOf(node, 'specifiers');
  return (
    specifiers.length > 0 &&
    specifiers.every((item) => item.importKind === 'type' || item.exportKind === 'type')
  );
}

function importedNames(node: SyntaxNode): string[] {
  if (node.type === 'TSImportType') return [nameOf(node.qualifier) || '*'];
  if (node.type !== 'ImportDeclaration' && node.type !== 'ExportNamedDeclaration') return ['*'];
  return nodesOf(node, 'specifiers').map((item) => {
    if (item.type === 'ImportSpecifier') return nameOf(item.imported);
    if (item.type === 'ExportSpecifier') return nameOf(item.local);
    return item.type === 'ImportDefaultSpecifier' ? 'default' : '*';
  });
}

function declaredNames(declaration: SyntaxNode): string[] {
  if (declaration.type !== 'VariableDeclaration') return [nameOf(declaration.id)];
  return nodesOf(declaration, 'declarations').map((item) => nameOf(item.id));
}
