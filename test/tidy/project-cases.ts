// Cases for the rules that look at the project as a whole: dead code, documents, packages.

import { code, manifest, map, type RuleCase } from './rule-case.ts';

export const deadCases: readonly RuleCase[] = [
  {
    rule: 'package.json names only',
    what: 'a program and a script that are not there',
    files: {
      'package.json': manifest({
        bin: { x: './src/bin/x.ts' },
        scripts: { a: 'node scripts/a.ts', b: 'node bench/b.ts' },
      }),
      'bench/b.ts': code(),
    },
    expected: [
      'package.json:1 names src/bin/x.ts, which does not exist',
      'package.json:1 names scripts/a.ts, which does not exist',
    ],
  },
  {
    rule: 'every source file is reached',
    what: 'files that nobody or only a test imports, but not workers',
    files: {
      'package.json': manifest({ bin: { x: './src/bin/x.ts' } }),
      'src/bin/x.ts': code("import '../ldap/used.ts';"),
      'src/ldap/used.ts': code("new Worker(new URL('./worker.ts', import.meta.url));"),
      'src/ldap/worker.ts': code(),
      'src/ldap/dead.ts': code("import './dead-too.ts';"),
      'src/ldap/dead-too.ts': code("import './dead.ts';"),
      'test/ldap/dead.test.ts': code("import '../../src/ldap/dead.ts';"),
    },
    expected: ['src/ldap/dead.ts:1 is used by no program', 'src/ldap/dead-too.ts:1 is used by no program'],
  },
  {
    rule: 'every export is used',
    what: 'names that nobody or only a test imports, but not types that explain others',
    files: {
      'src/ldap/a.ts': code(
        'export const used = 1, dead = 2;',
        'export interface Shape {}',
        'export interface DeadShape {}',
        'export function area(shape: Shape) {}',
        'const late = 1;',
        'export { late };',
        'export const tested = 1;',
      ),
      'test/ldap/a.test.ts': code("import { tested } from '../../src/ldap/a.ts';"),
      'src/ldap/b.ts': code("import { used, area } from './a.ts';", "import * as all from './c.ts';"),
      'src/ldap/c.ts': code('export const anything = 1;'),
    },
    expected: [
      'src/ldap/a.ts:2 exports dead, which only tests use or nobody does',
      'src/ldap/a.ts:4 exports DeadShape, which only tests use or nobody does',
      'src/ldap/a.ts:7 exports late, which only tests use or nobody does',
      'src/ldap/a.ts:8 exports tested, which only tests use or nobody does',
    ],
  },
];

export const documentCases: readonly RuleCase[] = [
  {
    rule: 'the map has every room',
    what: 'a missing room and a row that allows too much',
    files: {
      'ARCHITECTURE.md': map({ ldap: '', codec: '| `codec/` | bytes | ldap, schema |' }),
    },
    expected: [
      'ARCHITECTURE.md:1 the map lacks the room ldap/',
      'ARCHITECTURE.md:4 codec/ may import "ldap, files", the map says "ldap, schema"',
    ],
  },
  {
    rule: 'the map has no room',
    what: 'a room that is gone, one that has been built, but not an empty folder',
    files: {
      'ARCHITECTURE.md': map({
        ldap: '| `ldap/` | nouns | – |',
        schema: '| `schema/` | rules | ldap, codec |',
      }),
      'src/codec/read.ts': code(),
    },
    folders: ['src/schema'],
    expected: [
      'ARCHITECTURE.md:1 ldap/ does not exist: mark it "(not built yet)"',
      'ARCHITECTURE.md:4 codec/ is built: take the mark away',
    ],
  },
  {
    rule: 'every npm command',
    what: 'a command that is not there',
    files: {
      'package.json': manifest({ scripts: { start: 'x', ok: 'x' } }),
      'README.md': 'Type `npm start`, `npm run ok`, `npm ci`.\nThen `npm run fly` and `npm test`.\n',
    },
    expected: [
      'README.md:2 names npm run fly, which package.json does not have',
      'README.md:2 names npm test, which package.json does not have',
    ],
  },
  {
    rule: 'every path and link',
    what: 'a path and a link that lead nowhere, but not in the changelog',
    files: {
      'src/ldap/dn.ts': code(),
      'README.md':
        '`src/ldap/dn.ts`, `src/ldap/`, `src/ldap/gone.ts`\n[a](docs/a.md) [b](CHANGELOG.md#top) [c](https://x.example)\n',
      'CHANGELOG.md': '`src/ldap/gone.ts`\n',
    },
    expected: [
      'README.md:1 names src/ldap/gone.ts, which does not exist',
      'README.md:2 links to docs/a.md, which does not exist',
    ],
  },
  {
    rule: 'documents keep to the words',
    what: 'a word of the table, but not in the table, in the changelog or inside another word',
    files: {
      'CONTRIBUTING.md': '# A\n\n## Words\n\n| write | not |\n| is | `stands`, `lies in` |\n',
      'README.md': 'It stands here.\nBystanders are fine.\nA file Lies in a folder.\n',
      'CHANGELOG.md': 'It stands here.\n',
    },
    expected: [
      'README.md:1 says "stands"; CONTRIBUTING has a better word',
      'README.md:3 says "Lies in"; CONTRIBUTING has a better word',
    ],
  },
  {
    rule: 'every step of a walk',
    what: 'a file and functions that are gone, and a step without any, but not functions that are there',
    files: {
      'src/ldap/dn.ts': code('export function parse() {}', 'class Dn {', '  async #read() {}', '}'),
      'ARCHITECTURE.md': [
        '1. `ldap/dn.ts`: `parse`, `#read`. Parses.',
        '2. **read**: `ldap/dn.ts`: `parse`, `gone`. Reads.',
        '3. `ldap/gone.ts`: `parse`. Is gone.',
        '4. Nobody knows.',
      ].join('\n'),
    },
    expected: [
      'ARCHITECTURE.md:2 names gone, which src/ldap/dn.ts does not declare',
      'ARCHITECTURE.md:3 names src/ldap/gone.ts, which does not exist',
      'ARCHITECTURE.md:4 has a step that names no file and no function',
    ],
  },
];

export const packageCases: readonly RuleCase[] = [
  {
    rule: 'every dependency is used',
    what: 'a package nobody imports, names or runs, and types without their package',
    files: {
      'package.json': manifest({
        scripts: { lint: 'checker .' },
        dependencies: { a: '1', b: '1', unused: '1' },
        devDependencies: { '@types/node': '1', '@types/a': '1', '@types/c': '1', '@tool/check': '1' },
      }),
      'src/ldap/a.ts': code("import 'a/deep';", "const target = 'b';"),
    },
    expected: ['package.json:8 unused is used nowhere', 'package.json:13 @types/c is used nowhere'],
  },
  {
    rule: 'the lock file names no registry',
    what: 'an address, and a package without a checksum',
    files: {
      'package-lock.json': JSON.stringify(
        {
          packages: {
            '': {},
            'node_modules/a': { resolved: 'https://x/a.tgz', integrity: 'x' },
            'node_modules/b': {},
          },
        },
        null,
        1,
      ),
    },
    expected: [
      'package-lock.json:4 node_modules/a names the address it came from',
      'package-lock.json:8 node_modules/b has no checksum',
    ],
  },
  {
    rule: 'the lock file is complete',
    what: 'a package that is left out, but not one that lies deeper',
    files: {
      'package-lock.json': JSON.stringify(
        {
          packages: {
            '': { dependencies: { a: '1', gone: '1' } },
            'node_modules/a': { dependencies: { b: '1' }, optionalDependencies: { '@c/mac': '1' } },
            'node_modules/a/node_modules/b': { dependencies: { a: '1' } },
          },
        },
        null,
        1,
      ),
    },
    expected: [
      'package-lock.json:3 lacks gone, which the project needs',
      'package-lock.json:9 lacks @c/mac, which node_modules/a needs',
    ],
  },
];
