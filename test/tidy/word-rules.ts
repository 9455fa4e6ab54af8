// Words and constructs that have no place: in file names, in the code, anywhere in the project.

import { finding, findLines, type Rule } from './finding.ts';
import type { Project } from './project.ts';
import { nameOf, type SourceFile, type SyntaxNode, walk } from './source-file.ts';

const KEBAB_CASE = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.test)?\.(?:ts|mjs)$/;
const EMPTY_NAMES = /^(?:utils?|helpers?|common|managers?|misc)$/i;
/** LDAP servers and TLS libraries call these so; they are nouns of the configuration, not of our classes' roles. */
const DOMAIN_MANAGERS = /(?:trust|key)-?manager/gi;
const UNFINISHED = /\b(?:TODO|FIXME|XXX)\b/;
const SILENCED_COMPILER = /@ts-(?:ignore|expect-error|nocheck)\b/;
/** A test that measures time, or waits for it to pass, fails on a machine that has other work. */
const CLOCK_OF_TEST =
  /\b(?:setTimeout\(|performance\.now\(|hrtime\b|AbortSignal\.timeout\(|scheduler\.wait\()|\bDate\.now\(\) -|\{ timeout: /;
/** A test that takes other values in every run is green and red by chance. */
const CHANCE_OF_TEST = /\bMath\.random\(|\brandom(?:Bytes|Int)\(/;
/** A server that is about to end writes into its folder while that is removed: one removal in a few thousand fails. */
const REMOVAL_OF_TEST = /\brm(?:Sync)?\([^;]*\brecursive: true/;
const REMOVER = 'test/support/folders.ts';
const MACHINE_PATH = /(?<![\w.$}])\/(?:work|root|home|Users)\/\w+/;

const RIDDLE = /\/\*\*\s*\*?\s*(What|Whether|The same|Whoever)\b/g;

const EXPORTED_FUNCTION = /^export (?:async )?function\b/;

export const wordRules: readonly Rule[] = [
  { title: 'file and class names say what is inside', find: findEmptyNames },
  { title: 'every source file opens with a comment', find: findMissingOpenings },
  { title: 'nothing is left unfinished, and the compiler is not silenced', find: findBannedText },
  { title: 'no `any`, no `!`, no `as unknown as`', find: findBannedTypes },
  { title: 'every test runs', find: findSkippedTests },
  { title: 'tests wait for events and assert no time', find: findClocksOfTests },
  { title: 'tests take random values from the seed', find: findChance },
  { title: 'tests remove folders in one way', find: findRemovals },
  { title: 'every exported function has a doc comment', find: findUndocumented },
  { title: 'no module has state', find: findModuleState },
  { title: 'doc comments begin with a verb or a noun', find: findRiddles },
  { title: 'no path of a machine stands in the project', find: findMachinePaths },
];

function findEmptyNames(project: Project): string[] {
  return project.code.flatMap((file) => {
    const findings: string[] = [];
    const name = file.path.replace(/^.*\//, '');
    if (!KEBAB_CASE.test(name)) findings.push(finding(file.path, 1, 'the file name is not in kebab-case'));
    const words = name.replace(DOMAIN_MANAGERS, '').split(/[-.]/);
    const empty = words.find((word) => EMPTY_NAMES.test(word));
    if (empty !== undefined) findings.push(finding(file.path, 1, `the file name has the word "${empty}"`));
    walk(file.program, (node) => {
      if (node.type !== 'ClassDeclaration') return;
      const last = nameOf(node.id)
        .replace(DOMAIN_MANAGERS, '')
        .replace(/^.*(?=[A-Z])/, '');
      if (!EMPTY_NAMES.test(last)) return;
      findings.push(
        finding(file.path, file.lineOf(node.start), `the class ${nameOf(node.id)} is a "${last}"`),
      );
    });
    return findings;
  });
}

function findMissingOpenings(project: Project): string[] {
  return project.source
    .filter((file) => !/^(?:#!.*\n)?\s*(?:\/\/|\/\*)/.test(file.text))
    .map((file) => finding(file.path, 1, 'does not open with a comment that says what it is'));
}

function findBannedText(project: Project): string[] {
  return project.code.flatMap(({ path, text }) => {
    // These rules and their tests have to name the words.
    if (path.startsWith('test/tidy/')) return [];
    return [
      ...findLines(path, text, UNFINISHED, 'has the word %s'),
      ...findLines(path, text, SILENCED_COMPILER, 'has %s'),
    ];
  });
}

function findBannedTypes(project: Project): string[] {
  return project.code.flatMap((file) =>
    findNodes(file, (node) => {
      if (node.type === 'TSAnyKeyword') return 'uses the type any';
      if (node.type === 'TSNonNullExpression') return 'uses "!" instead of a check';
      const inner = node.expression as SyntaxNode | undefined;
      const isDouble = node.type === 'TSAsExpression' && inner?.type === 'TSAsExpression';
      return isDouble ? 'uses a double type assertion' : undefined;
    }),
  );
}

function findSkippedTests(project: Project): string[] {
  return project.tests.flatMap((file) =>
    findNodes(file, (node) => {
      if (node.type !== 'MemberExpression' || !/^(?:only|skip|todo)$/.test(nameOf(node.property)))
        return undefined;
      const subject = nameOf(node.object);
      return /^(?:it|test|describe)$/.test(subject) ? `${subject}.${nameOf(node.property)}` : undefined;
    }),
  );
}

function findClocksOfTests(project: Project): string[] {
  return project.tests
    .filter(({ path }) => path.endsWith('.test.ts') && !path.startsWith('test/tidy/'))
    .flatMap(({ path, text }) =>
      findLines(path, text, CLOCK_OF_TEST, 'has %s: wait with test/support/until.ts, and assert no time'),
    );
}

function findChance(project: Project): string[] {
  return project.tests
    .filter(({ path }) => path.endsWith('.test.ts') && !path.startsWith('test/tidy/'))
    .flatMap(({ path, text }) =>
      findLines(path, text, CHANCE_OF_TEST, 'has %s: take the values from test/support/seed.ts'),
    );
}

function findRemovals(project: Project): string[] {
  return project.tests
    .filter(({ path }) => path !== REMOVER && !path.startsWith('test/tidy/'))
    .flatMap(({ path, text }) =>
      findLines(path, text, REMOVAL_OF_TEST, `removes a folder: use removeFolder of ${REMOVER}`),
    );
}

function findRiddles(project: Project): string[] {
  return project.source
    .filter(({ path }) => path.startsWith('src/'))
    .flatMap((file) =>
      [...file.text.matchAll(RIDDLE)].map(({ index, 1: word }) =>
        finding(file.path, file.lineOf(index), `a doc comment begins with "${word}"`),
      ),
    );
}

function findUndocumented(project: Project): string[] {
  return project.source.flatMap(({ path, text }) =>
    text
      .split('\n')
      .flatMap((line, index, lines) =>
        EXPORTED_FUNCTION.test(line) && lines[index - 1]?.trimEnd().endsWith('*/') !== true
          ? [finding(path, index + 1, 'says of an exported function not what it takes and returns')]
          : [],
      ),
  );
}

function findModuleState(project: Project): string[] {
  return project.source.flatMap((file) => {
    const statements = (file.program.body as readonly SyntaxNode[]).map((statement) => {
      return (statement.declaration as SyntaxNode | undefined | null) ?? statement;
    });
    return statements
      .filter((statement) => statement.type === 'VariableDeclaration')
      .flatMap((statement) => {
        const line = file.lineOf(statement.start);
        if (statement.kind !== 'const')
          return [finding(file.path, line, `has a module-level ${statement.kind}`)];
        const declarations = statement.declarations as readonly SyntaxNode[];
        const filledLater = declarations.filter((item) => isFilledLater(file, item));
        return filledLater.map((item) =>
          finding(file.path, line, `${nameOf(item.id)} is state of the module`),
        );
      });
  });
}

/** An empty collection that is not read-only is there to be filled. */
function isFilledLater(file: SourceFile, declaration: SyntaxNode): boolean {
  const value = declaration.init as SyntaxNode | null;
  const name = declaration.id as SyntaxNode;
  if (value === null || /readonly/i.test(file.text.slice(name.start, name.end))) return false;
  if (value.type === 'NewExpression') {
    const isCollection = /^(?:Weak)?(?:Map|Set)$/.test(nameOf(value.callee));
    return isCollection && (value.arguments as readonly SyntaxNode[]).length === 0;
  }
  if (value.type === 'ArrayExpression') return (value.elements as readonly SyntaxNode[]).length === 0;
  return value.type === 'ObjectExpression' && (value.properties as readonly SyntaxNode[]).length === 0;
}

function findMachinePaths(project: Project): string[] {
  return [...project.files].flatMap(([path, text]) => {
    return findLines(path, text, MACHINE_PATH, 'has the path %s');
  });
}

function findNodes(file: SourceFile, judge: (node: SyntaxNode) => string | undefined): string[] {
  const findings: string[] = [];
  walk(file.program, (node) => {
    const what = judge(node);
    if (what !== undefined) findings.push(finding(file.path, file.lineOf(node.start), what));
  });
  return findings;
}
