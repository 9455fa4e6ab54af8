// What comes from outside: files are read by the room files/ only, and what is read as JSON is unknown until it is checked.

import { finding, type Rule } from './finding.ts';
import type { Project } from './project.ts';
import { isNode, nameOf, nodesOf, type SyntaxNode, walk } from './source-file.ts';

export const inputRules: readonly Rule[] = [
  { title: 'only the room files/ opens files to read them', find: findOpenedFiles },
  { title: 'text that comes in is decoded by the room files/', find: findOtherDecoders },
  { title: 'what a terminal obeys is in src/cli/terminal.ts only', find: findTerminalSequences },
  { title: 'what is read as JSON is unknown until it is checked', find: findTrustedJson },
];

/** Everything of node:fs that gives the content of a file; `*` and `default` give all of it. */
const OPENING =
  /^(?:\*|default|promises|open(?:Sync|AsBlob)?|readFile(?:Sync)?|createReadStream|readSync|read|readv(?:Sync)?)$/;
/** Each reads or writes files that the server made itself, and that no value and no command line names. */
const OWN_FILES: ReadonlyMap<string, string> = new Map([
  ['src/mail/spool.ts', 'the messages that wait'],
  ['src/store/journal-pieces.ts', 'the journal'],
  ['src/instance/version.ts', 'package.json of the program'],
]);

function findOpenedFiles(project: Project): string[] {
  const unused = [...OWN_FILES.keys()].filter(
    (path) => project.files.has('ARCHITECTURE.md') && !project.files.has(path),
  );
  const findings = unused.map((path) => finding(path, 1, 'is an exception of a rule, and is not there'));
  for (const file of project.source) {
    if (file.room === 'files' || OWN_FILES.has(file.path)) continue;
    for (const { specifier, names, isTypeOnly, line } of file.imports) {
      if (isTypeOnly || !/^(?:node:)?fs(?:\/promises)?$/.test(specifier)) continue;
      for (const name of names.filter((one) => OPENING.test(one)))
        findings.push(
          finding(file.path, line, `imports ${name} from ${specifier}; read with files/ instead`),
        );
    }
  }
  return findings;
}

/** What of them gives octets. */
const OCTETS_ONLY: ReadonlySet<string> = new Set(['buffer', 'arrayBuffer', 'bytes', 'blob']);

/** Both replace octets that are not UTF-8, and then something is stored that nobody wrote. */
function findOtherDecoders(project: Project): string[] {
  return project.source.flatMap((file) =>
    file.imports
      .filter(
        ({ specifier, names }) =>
          /^(?:node:)?(?:stream\/consumers|string_decoder)$/.test(specifier) &&
          names.some((name) => !OCTETS_ONLY.has(name)),
      )
      .map(({ specifier, line }) =>
        finding(file.path, line, `imports ${specifier}, which replaces what is not UTF-8; read with files/`),
      ),
  );
}

/** An escape as source text writes it; the room of one place shows texts, and would show these. */
const ESCAPE = /\\(?:x1b|u001b|u\{1b\}|033)(?!\()/i;
const TERMINAL_FILE = 'src/cli/terminal.ts';

function findTerminalSequences(project: Project): string[] {
  return project.source
    .filter(({ path, room }) => (room === 'cli' || room === 'bin') && path !== TERMINAL_FILE)
    .flatMap(({ path, text }) =>
      text
        .split('\n')
        .flatMap((line, index) =>
          ESCAPE.test(line) && !/^\s*(?:\/\/|\*|\/\*\*)/.test(line)
            ? [finding(path, index + 1, `writes an escape sequence; use a mark of ${TERMINAL_FILE}`)]
            : [],
        ),
    );
}

function findTrustedJson(project: Project): string[] {
  return project.source.flatMap((file) => {
    const findings: string[] = [];
    walk(file.program, (node, parents) => {
      if (!readsJson(node) || isUnknown(parents.at(-1))) return;
      const what = 'reads JSON that is not declared unknown: const value: unknown = JSON.parse(…)';
      findings.push(finding(file.path, file.lineOf(node.start), what));
    });
    return findings;
  });
}

function readsJson(node: SyntaxNode): boolean {
  if (node.type !== 'CallExpression' || !isNode(node.callee)) return false;
  const { callee } = node;
  if (callee.type !== 'MemberExpression') return false;
  const [object, member] = [nameOf(callee.object), nameOf(callee.property)];
  return (
    (object === 'JSON' && member === 'parse') ||
    (member === 'json' && nodesOf(node, 'arguments').length === 0)
  );
}

function isUnknown(parent: SyntaxNode | undefined): boolean {
  const holder = parent?.type === 'AwaitExpression' ? undefined : parent;
  if (holder?.type !== 'VariableDeclarator' || !isNode(holder.id) || !isNode(holder.id.typeAnnotation))
    return false;
  const annotation = holder.id.typeAnnotation;
  return isNode(annotation.typeAnnotation) && annotation.typeAnnotation.type === 'TSUnknownKeyword';
}
