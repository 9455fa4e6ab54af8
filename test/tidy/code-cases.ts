// Cases for the rules that look at code: imports, sizes, words.

import { code, manifest, type RuleCase } from './rule-case.ts';

export const importCases: readonly RuleCase[] = [
  {
    rule: 'commands and applications reach servers',
    what: 'sockets in cli/ and client/, and neither types, addresses, nor those of ldap-client/',
    files: {
      'src/cli/ask.ts': code(
        "import { connect } from 'node:tls';",
        "import type { Socket } from 'node:net';",
      ),
      'src/client/open.ts': code("import * as net from 'node:net';", "import { isIP } from 'node:net';"),
      'src/ldap-client/socket.ts': code("import { connect } from 'node:net';"),
    },
    expected: [
      'src/cli/ask.ts:2 opens sockets of its own (node:tls)',
      'src/client/open.ts:2 opens sockets of its own (node:net)',
    ],
  },
  {
    rule: 'rooms import only',
    what: 'an import upwards, one from outside src/, an unknown room, no room, and a value where types are allowed',
    files: {
      'src/ldap/dn.ts': code("import { read } from '../codec/read.ts';"),
      'src/ldap/entry.ts': code("import { start } from '../../test/support/start.ts';"),
      'src/extra/thing.ts': code(),
      'src/loose.ts': code(),
      'src/mail/transport.ts': code("import { Thing } from '../config/thing.ts';"),
      'src/store/lazy.ts': code("export const lazy = () => import('../server/server.ts');"),
    },
    expected: [
      'src/ldap/dn.ts:2 ldap/ may not import codec/ (../codec/read.ts)',
      'src/ldap/entry.ts:2 imports test/support/start.ts, which is outside src/',
      'src/extra/thing.ts:1 is in extra/, which is not in the table of rooms',
      'src/loose.ts:1 is in no room',
      'src/mail/transport.ts:2 mail/ may import only types from config/ (../config/thing.ts)',
      'src/store/lazy.ts:2 store/ may not import server/ (../server/server.ts)',
    ],
  },
  {
    rule: 'rooms import only',
    what: 'imports down, within a room, of types where only types are allowed, and everything into bin/',
    files: {
      'src/codec/read.ts': code("import { Dn } from '../ldap/dn.ts';", "import './write.ts';"),
      'src/mail/transport.ts': code(
        "import type { Thing } from '../config/thing.ts';",
        "import { type Other } from '../config/other.ts';",
        "export type Third = import('../config/third.ts').Third;",
      ),
      'src/bin/confdit.ts': code(
        "import { serve } from '../server/serve.ts';",
        "import '../../package.json';",
      ),
    },
    expected: [],
  },
  {
    rule: 'what is imported of Node.js',
    what: 'a function that came later, a module that is not known, and neither types nor what has always been there',
    files: {
      'src/files/old.ts': code("import crypto, { type KeyObject, scrypt } from 'node:crypto';"),
      'src/files/new.ts': code("import { argon2, scrypt } from 'node:crypto';"),
      'src/files/other.ts': code("import { DatabaseSync } from 'node:sqlite';"),
    },
    expected: [
      'src/files/new.ts:2 imports argon2, which Node.js 24.0 does not have',
      'src/files/other.ts:2 imports node:sqlite, which oldest-node.json does not know',
    ],
  },
  {
    rule: 'no files of a room',
    what: 'a circle of three',
    files: {
      'src/ldap/a.ts': code("import './b.ts';"),
      'src/ldap/b.ts': code("import './c.ts';"),
      'src/ldap/c.ts': code("import './a.ts';"),
    },
    expected: [
      'src/ldap/a.ts:1 imports itself: src/ldap/a.ts → src/ldap/b.ts → src/ldap/c.ts → src/ldap/a.ts',
    ],
  },
  {
    rule: 'no files of a room',
    what: 'a circle of types only',
    files: {
      'src/ldap/a.ts': code("import { b } from './b.ts';"),
      'src/ldap/b.ts': code("import type { A } from './a.ts';"),
    },
    expected: ['src/ldap/a.ts:1 imports itself: src/ldap/a.ts → src/ldap/b.ts → src/ldap/a.ts'],
  },
  {
    rule: 'every imported package',
    what: 'a package that is not named, and a development package in src/',
    files: {
      'package.json': manifest({
        dependencies: { pino: '1' },
        devDependencies: { vitest: '1', '@a/b': '1' },
      }),
      'src/ldap/a.ts': code("import 'pino';", "import '@a/b/deep';", "import 'node:fs';"),
      'test/a.test.ts': code("import 'vitest';", "import 'chai';"),
    },
    expected: [
      'src/ldap/a.ts:3 imports @a/b, which is not in the dependencies of package.json',
      'test/a.test.ts:3 imports chai, which is not in package.json',
    ],
  },
];

const lines = (count: number): string[] => Array.from({ length: count }, () => '  work();');

export const sizeCases: readonly RuleCase[] = [
  {
    rule: 'no object literal',
    what: 'a spread literal, but not a spread name, nor a literal that a condition chooses',
    files: {
      'src/ldap/a.ts': code(
        'const rest = { c: 3 };',
        'export const all = { ...{ a: 1, b: 2 }, ...rest, ...(rest.c > 2 ? { d: 4 } : {}) };',
      ),
    },
    expected: ['src/ldap/a.ts:3 spreads an object literal; write its properties'],
  },
  {
    rule: 'no small file',
    what: 'a small file for one other, but not one for two, nor one for another room',
    files: {
      'src/ldap/small.ts': code(),
      'src/ldap/shared.ts': code(),
      'src/ldap/seam.ts': code(),
      'src/ldap/a.ts': code("import './small.ts';", "import './shared.ts';"),
      'src/ldap/b.ts': code("import './shared.ts';", "import './a.ts';", "import './c.ts';"),
      'src/ldap/c.ts': code("import './a.ts';"),
      'src/codec/d.ts': code("import '../ldap/seam.ts';", "import '../ldap/b.ts';", "import '../ldap/c.ts';"),
    },
    expected: ['src/ldap/small.ts:1 has 2 lines; merge it into src/ldap/a.ts'],
  },
  {
    rule: 'no file has more',
    what: '401 lines, but not 400',
    files: { 'src/ldap/a.ts': code(...lines(400)), 'bench/b.ts': code(...lines(399)) },
    expected: ['src/ldap/a.ts:401 the file has 401 lines'],
  },
  {
    rule: 'no folder of code has more',
    what: '31 files in src/ and test/, but not 30, nor folders within',
    files: Object.fromEntries([
      ...Array.from({ length: 31 }, (_, at) => [`src/ldap/a${at}.ts`, code()]),
      ...Array.from({ length: 31 }, (_, at) => [`test/ldap/a${at}.test.ts`, code()]),
      ...Array.from({ length: 30 }, (_, at) => [`src/ldap/within/b${at}.ts`, code()]),
    ]),
    expected: ['src/ldap:1 the folder has 31 files', 'test/ldap:1 the folder has 31 files'],
  },
  {
    rule: 'no function has more',
    what: 'functions, methods and arrow functions of 71 lines, but not of 70, nor a group of tests',
    files: {
      'src/ldap/a.ts': code('function long() {', ...lines(69), '}', 'function fits() {', ...lines(68), '}'),
      'src/ldap/b.ts': code('class A {', 'method() {', ...lines(69), '}', '}'),
      'src/ldap/c.ts': code('const text = `}`;', 'const arrow = () => {', ...lines(69), '};'),
      'test/d.test.ts': code(
        "describe('x', () => {",
        ...lines(90),
        '});',
        "describe.each([])('x', () => {",
        '});',
      ),
      'test/e.test.ts': code("it('x', () => {", ...lines(69), '});'),
    },
    expected: [
      'src/ldap/a.ts:2 long has 71 lines',
      'src/ldap/b.ts:3 method has 71 lines',
      'src/ldap/c.ts:3 arrow has 71 lines',
      'test/e.test.ts:2 a function has 71 lines',
    ],
  },
];

export const wordCases: readonly RuleCase[] = [
  {
    rule: 'doc comments begin',
    what: 'riddles, but not a noun',
    files: {
      'src/store/a.ts': code('/** What it does. */', 'export const a = 1;'),
      'src/store/b.ts': code('/** Number of files. */', 'export const b = 1;'),
      'src/instance/c.ts': code('/** Whether it is so. */', 'export const c = 1;'),
    },
    expected: [
      'src/store/a.ts:2 a doc comment begins with "What"',
      'src/instance/c.ts:2 a doc comment begins with "Whether"',
    ],
  },
  {
    rule: 'sentences for people',
    what: 'vague words in texts of four words or more, but not in comments and short texts',
    files: {
      'src/store/a.ts': code('const a = "This file is not right.";', "const c = 'not right';"),
      'src/store/b.ts': code("const d = 'The value is an invalid one.';", '// The file of before.'),
    },
    expected: ['src/store/a.ts:2 a sentence has "not right"', 'src/store/b.ts:2 a sentence has "invalid"'],
  },
  {
    rule: 'every exported function',
    what: 'a function without a doc comment, but not one of the file alone',
    files: {
      'src/store/a.ts': code('/** Returns one. */', 'export const one = 1;', 'export function two() {}'),
      'src/store/b.ts': code(
        '/** Returns three. */',
        'export async function three() {}',
        'function four() {}',
      ),
    },
    expected: ['src/store/a.ts:4 says of an exported function not what it takes and returns'],
  },
  {
    rule: 'file and class names',
    what: 'empty words and other spellings, but not the managers that LDAP servers have',
    files: {
      'src/ldap/dn-utils.ts': code(),
      'src/ldap/DnParser.ts': code(),
      'src/ldap/entry.ts': code('export class EntryManager {}', 'export class TrustManager {}'),
      'src/config/trust-manager-provider.ts': code('export class KeyManager {}'),
    },
    expected: [
      'src/ldap/dn-utils.ts:1 the file name has the word "utils"',
      'src/ldap/DnParser.ts:1 the file name is not in kebab-case',
      'src/ldap/entry.ts:2 the class EntryManager is a "Manager"',
    ],
  },
  {
    rule: 'every source file opens',
    what: 'a file that begins with code',
    files: {
      'src/ldap/a.ts': 'export {};\n',
      'src/ldap/b.ts': '/* A file. */\n',
      'src/bin/c.ts': '#!/usr/bin/env node\n// A program.\n',
    },
    expected: ['src/ldap/a.ts:1 does not open with a comment that says what it is'],
  },
  {
    rule: 'nothing is left unfinished',
    what: 'marks of unfinished work and comments that silence the compiler',
    files: { 'src/ldap/a.ts': code('// TODO later', 'const todo = 1;', '// @ts-ignore', '// XXX') },
    expected: [
      'src/ldap/a.ts:2 has the word TODO',
      'src/ldap/a.ts:5 has the word XXX',
      'src/ldap/a.ts:4 has @ts-ignore',
    ],
  },
  {
    rule: 'no `any`',
    what: 'any, a non-null assertion and a double assertion, but not the word in a comment',
    files: {
      'src/ldap/a.ts': code(
        '// as any client does',
        'const a = b as any;',
        'const c = d!;',
        'const e = f as unknown as string;',
      ),
    },
    expected: [
      'src/ldap/a.ts:3 uses the type any',
      'src/ldap/a.ts:4 uses "!" instead of a check',
      'src/ldap/a.ts:5 uses a double type assertion',
    ],
  },
  {
    rule: 'tests remove folders',
    what: 'a removal of its own, and neither one of a file nor the one of test/support/',
    files: {
      'test/a.test.ts': code('await rm(folder, { recursive: true, force: true });', 'await rm(file);'),
      'test/support/folders.ts': code('await rm(folder, { recursive: true });'),
    },
    expected: ['test/a.test.ts:2 removes a folder: use removeFolder of test/support/folders.ts'],
  },
  {
    rule: 'tests wait for events',
    what: 'sleeps, elapsed times and limits of a test of its own',
    files: {
      'test/a.test.ts': code(
        'await setTimeout(100);',
        'expect(performance.now() - start).toBeLessThan(5);',
        'expect(Date.now() - start).toBeLessThan(5);',
        "it('a', { timeout: 5 }, () => {});",
        'const soon = Date.now() + 5;',
      ),
      'test/support/a.ts': code('setTimeout(wake, 5);'),
    },
    expected: [
      'test/a.test.ts:2 has setTimeout(: wait with test/support/until.ts, and assert no time',
      'test/a.test.ts:3 has performance.now(: wait with test/support/until.ts, and assert no time',
      'test/a.test.ts:4 has Date.now() -: wait with test/support/until.ts, and assert no time',
      'test/a.test.ts:5 has { timeout: : wait with test/support/until.ts, and assert no time',
    ],
  },
  {
    rule: 'every error that is made has a class of its own',
    what: 'plain errors in the program',
    files: {
      'src/server/a.ts': code(
        "throw new Error('no');",
        "throw new RangeError('no');",
        "throw new Reason('no');",
      ),
      'test/support/a.ts': code("throw new Error('no');"),
    },
    expected: [
      'src/server/a.ts:2 makes new Error(…); use an error class, or one of src/files/program-error.ts',
    ],
  },
  {
    rule: 'tests take random values',
    what: 'values that are others in every run',
    files: {
      'test/a.test.ts': code('const at = Math.floor(Math.random() * 5);', 'const octets = randomBytes(5);'),
      'test/support/a.ts': code('const port = Math.random();'),
    },
    expected: [
      'test/a.test.ts:2 has Math.random(: take the values from test/support/seed.ts',
      'test/a.test.ts:3 has randomBytes(: take the values from test/support/seed.ts',
    ],
  },
  {
    rule: 'every test runs',
    what: 'tests that are skipped or run alone',
    files: {
      'test/a.test.ts': code(
        "it.only('a', () => {});",
        "describe.skip('b', () => {});",
        "test.todo('c');",
        'a.skip();',
      ),
    },
    expected: ['test/a.test.ts:2 it.only', 'test/a.test.ts:3 describe.skip', 'test/a.test.ts:4 test.todo'],
  },
  {
    rule: 'no module has state',
    what: 'variables and collections to be filled, but not constants',
    files: {
      'src/ldap/a.ts': code(
        'let count = 0;',
        'export const seen = new Map<string, string>();',
        'const list: string[] = [];',
        'const none: readonly string[] = [];',
        'const some = new Set([1]);',
        'function f() { let inside = 0; return inside; }',
      ),
    },
    expected: [
      'src/ldap/a.ts:2 has a module-level let',
      'src/ldap/a.ts:3 seen is state of the module',
      'src/ldap/a.ts:4 list is state of the module',
    ],
  },
  {
    rule: 'no path of a machine',
    what: 'folders of somebody, in any file',
    files: { 'README.md': `See /${'home'}/somebody/x.\nNot https://example.com/work/here.\n` },
    expected: [`README.md:1 has the path /${'home'}/somebody`],
  },
];
