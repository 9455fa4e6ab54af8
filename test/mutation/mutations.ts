// The mutations of a source file: small changes of its meaning, each of which a test should notice.

import { nameOf, SourceFile, type SyntaxNode, walk } from '../tidy/source-file.ts';

export interface Mutation {
  /** From 1. */
  readonly line: number;
  /** Place of the changed code in the file: offsets of its first character, and behind its last one. */
  readonly start: number;
  readonly end: number;
  readonly isStatement: boolean;
  readonly original: string;
  readonly replacement: string;
  /** The whole file with the change. */
  readonly text: string;
}

interface Replacement {
  readonly node: { readonly type: string; readonly start: number; readonly end: number };
  readonly text: string;
}

const OPERATORS: ReadonlyMap<string, string> = new Map([
  ['===', '!=='],
  ['!==', '==='],
  ['<', '<='],
  ['<=', '<'],
  ['>', '>='],
  ['>=', '>'],
  ['+', '-'],
  ['-', '+'],
  ['*', '/'],
  ['/', '*'],
  ['&&', '||'],
  ['||', '&&'],
  ['??', '&&'],
]);

/** Nodes of TypeScript that hold expressions which run. */
const RUNNING_TYPES: ReadonlySet<string> = new Set([
  'TSAsExpression',
  'TSNonNullExpression',
  'TSSatisfiesExpression',
]);

/** Returns every mutation of a file, in the order of its lines. */
export function mutationsOf(path: string, source: string): readonly Mutation[] {
  const file = new SourceFile(path, source);
  const replacements: Replacement[] = [];
  walk(file.program, (node, parents) => {
    if (parents.some(isOnlyType) || isOnlyType(node)) return;
    replacements.push(...replacementsOf(node, parents, source));
  });
  return replacements
    .toSorted((one, other) => one.node.start - other.node.start)
    .map(({ node, text }) => ({
      line: file.lineOf(node.start),
      start: node.start,
      end: node.end,
      isStatement: node.type.endsWith('Statement'),
      original: source.slice(node.start, node.end),
      replacement: text,
      text: `${source.slice(0, node.start)}${text}${source.slice(node.end)}`,
    }));
}

function isOnlyType({ type }: SyntaxNode): boolean {
  return (type.startsWith('TS') && !RUNNING_TYPES.has(type)) || type === 'ImportDeclaration';
}

function replacementsOf(
  node: SyntaxNode,
  parents: readonly SyntaxNode[],
  source: string,
): readonly Replacement[] {
  const textOf = (part: SyntaxNode) => source.slice(part.start, part.end);
  switch (node.type) {
    case 'BinaryExpression':
    case 'LogicalExpression':
      return otherOperator(node, source);
    case 'UnaryExpression':
      return node.operator === '!' ? [{ node, text: `(${textOf(childOf(node, 'argument'))})` }] : [];
    case 'IfStatement': {
      const test = childOf(node, 'test');
      return [
        { node: test, text: 'true' },
        { node: test, text: 'false' },
      ];
    }
    case 'WhileStatement':
      return [{ node: childOf(node, 'test'), text: 'false' }];
    case 'ConditionalExpression': {
      const test = childOf(node, 'test');
      return [{ node: test, text: `!(${textOf(test)})` }];
    }
    case 'UpdateExpression':
      return [{ node, text: textOf(node).replace('++', '+-').replace('--', '++').replace('+-', '--') }];
    case 'Literal':
      return otherLiteral(node, parents);
    case 'ThrowStatement':
      return [{ node, text: ';' }];
    case 'ExpressionStatement':
      return isWithoutEffect(node) ? [] : [{ node, text: ';' }];
    case 'ReturnStatement': {
      const { argument } = node;
      const isUndefined = argument === null || textOf(childOf(node, 'argument')) === 'undefined';
      return isUndefined ? [] : [{ node, text: 'return undefined;' }];
    }
    default:
      return [];
  }
}

function otherOperator(node: SyntaxNode, source: string): readonly Replacement[] {
  const other = OPERATORS.get(String(node.operator));
  const [left, right] = [childOf(node, 'left'), childOf(node, 'right')];
  if (other === undefined || (node.operator === '+' && [left, right].some(isText))) return [];
  const between = source.slice(left.end, right.start).replace(String(node.operator), other);
  return [
    { node, text: `${source.slice(node.start, left.end)}${between}${source.slice(right.start, node.end)}` },
  ];
}

function otherLiteral(node: SyntaxNode, parents: readonly SyntaxNode[]): readonly Replacement[] {
  const parent = parents.at(-1);
  // A name, not a value.
  if (parent?.type === 'Property' && parent.key === node) return [];
  if (typeof node.value === 'boolean') return [{ node, text: String(!node.value) }];
  return typeof node.value === 'number' ? [{ node, text: String(node.value + 1) }] : [];
}

function isText({ type, value }: SyntaxNode): boolean {
  return type === 'TemplateLiteral' || (type === 'Literal' && typeof value === 'string');
}

/** The call of a super constructor cannot be left out. */
function isWithoutEffect(node: SyntaxNode): boolean {
  const expression = childOf(node, 'expression');
  return expression.type === 'Literal' || nameOf(expression.callee) === 'super' || isSuper(expression.callee);
}

function isSuper(callee: unknown): boolean {
  return typeof callee === 'object' && callee !== null && 'type' in callee && callee.type === 'Super';
}

function childOf(node: SyntaxNode, field: string): SyntaxNode {
  return node[field] as SyntaxNode;
}
