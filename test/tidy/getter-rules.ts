// Getters say what is so now. Destructuring calls a getter once, at the beginning: what it said then is kept while things change,
// and it is computed also where nobody asks.

import { finding, type Rule } from './finding.ts';
import type { Project } from './project.ts';
import { isNode, nameOf, nodesOf, type SourceFile, type SyntaxNode, walk } from './source-file.ts';

export const getterRules: readonly Rule[] = [
  { title: 'a getter is not destructured by a function that waits afterwards', find: findKept },
  { title: 'a getter of an object without a class computes nothing', find: findComputing },
];

const FUNCTION = /Function/;
/** Their getters remember what they have computed. */
const REMEMBERING: ReadonlySet<string> = new Set(['src/operations/connection-facts.ts']);

interface Destructured {
  readonly file: SourceFile;
  readonly name: string;
  readonly pattern: SyntaxNode;
  /** The innermost function that the pattern is in, as a parameter or in its body. */
  readonly within: SyntaxNode | undefined;
}

function findKept({ source }: Project): string[] {
  const live = onlyGetters(source);
  return source
    .flatMap(destructuredIn)
    .flatMap(({ file, name, pattern, within }) =>
      live.has(name) && within !== undefined && waitsAfter(within, pattern)
        ? [
            finding(
              file.path,
              file.lineOf(pattern.start),
              `destructures the getter ${name} and waits; read it where it is needed`,
            ),
          ]
        : [],
    );
}

/** What only passes on the state of another object costs nothing where nobody asks. */
function findComputing({ source }: Project): string[] {
  return source.flatMap((file) => {
    if (REMEMBERING.has(file.path)) return [];
    const found: string[] = [];
    walk(file.program, (node) => {
      if (node.type !== 'Property' || node.kind !== 'get' || isPassedOn(node.value)) return;
      const what = `has the getter ${nameOf(node.key)} in an object, which computes; make it a function`;
      found.push(finding(file.path, file.lineOf(node.start), what));
    });
    return found;
  });
}

/** Returns true for a body such as `return store.failure`. */
function isPassedOn(getter: unknown): boolean {
  const body = isNode(getter) && isNode(getter.body) ? nodesOf(getter.body, 'body') : [];
  const [only, ...others] = body;
  const value = only?.type === 'ReturnStatement' ? only.argument : undefined;
  return others.length === 0 && isNode(value) && value.type === 'MemberExpression';
}

/** Names that are getters wherever they are made: no class has a field of the name, and no object a plain value. */
function onlyGetters(source: readonly SourceFile[]): ReadonlySet<string> {
  const names = new Set(source.flatMap(gettersOf));
  for (const { program } of source) {
    walk(program, (node, parents) => {
      const isField = node.type === 'PropertyDefinition';
      const isValue =
        node.type === 'Property' && node.kind === 'init' && parents.at(-1)?.type === 'ObjectExpression';
      if (isField || isValue) names.delete(nameOf(node.key));
    });
  }
  return names;
}

function gettersOf({ program }: SourceFile): readonly string[] {
  const names: string[] = [];
  walk(program, (node) => {
    if (node.kind === 'get') names.push(nameOf(node.key));
  });
  return names;
}

function destructuredIn(file: SourceFile): readonly Destructured[] {
  const found: Destructured[] = [];
  walk(file.program, (node, parents) => {
    if (node.type !== 'ObjectPattern') return;
    const within = parents.findLast(({ type }) => FUNCTION.test(type));
    for (const { key } of nodesOf(node, 'properties'))
      found.push({ file, name: nameOf(key), pattern: node, within });
  });
  return found;
}

/** Returns true if the function itself, not one inside it, waits behind the pattern. */
function waitsAfter(within: SyntaxNode, pattern: SyntaxNode): boolean {
  let waits = false;
  walk(within, (node, parents) => {
    if (node.type !== 'AwaitExpression' || node.start < pattern.end) return;
    if (parents.findLast(({ type }) => FUNCTION.test(type)) === within) waits = true;
  });
  return waits && isNode(within.body);
}
