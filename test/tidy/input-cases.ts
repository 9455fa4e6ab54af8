// Cases for the rules about what comes from outside.

import { code, type RuleCase } from './rule-case.ts';

export const inputCases: readonly RuleCase[] = [
  {
    rule: 'only the room files/',
    what: 'functions that open files, by any import, but not those that write or look, nor the room itself',
    files: {
      'src/files/a.ts': code("import { open } from 'node:fs/promises';"),
      'src/ldap/b.ts': code("import { readFileSync, statSync } from 'node:fs';"),
      'src/ldap/c.ts': code("import * as fs from 'node:fs';"),
      'src/ldap/d.ts': code("import { open as look, rename } from 'fs/promises';"),
      'src/ldap/e.ts': code("import type { FileHandle } from 'node:fs/promises';"),
      'src/ldap/f.ts': code("import fs from 'node:fs';", "const g = () => import('node:fs');"),
      'test/g.test.ts': code("import { readFile } from 'node:fs/promises';"),
    },
    expected: [
      'src/ldap/b.ts:2 imports readFileSync from node:fs; read with files/ instead',
      'src/ldap/c.ts:2 imports * from node:fs; read with files/ instead',
      'src/ldap/d.ts:2 imports open from fs/promises; read with files/ instead',
      'src/ldap/f.ts:2 imports default from node:fs; read with files/ instead',
      'src/ldap/f.ts:3 imports * from node:fs; read with files/ instead',
    ],
  },
  {
    rule: 'text that comes in',
    what: 'decoders that replace octets',
    files: {
      'src/cli/a.ts': code("import { text } from 'node:stream/consumers';"),
      'src/cli/b.ts': code("import { Readable } from 'node:stream';"),
      'src/cli/c.ts': code("import { buffer } from 'node:stream/consumers';"),
    },
    expected: [
      'src/cli/a.ts:2 imports node:stream/consumers, which replaces what is not UTF-8; read with files/',
    ],
  },
  {
    rule: 'what a terminal obeys',
    what: 'escapes in commands, but not in the place of them, nor in comments',
    files: {
      'src/cli/a.ts': code("stderr.write('\\x1b[K');", '// \\u001b'),
      'src/cli/terminal.ts': code("const ESCAPE = '\\u001b';"),
      'src/ldap/b.ts': code("const ESCAPE = '\\u001b';"),
    },
    expected: ['src/cli/a.ts:2 writes an escape sequence; use a mark of src/cli/terminal.ts'],
  },
  {
    rule: 'what is read as JSON',
    what: 'JSON that is declared as something, handed on, or not declared, but not unknown JSON',
    files: {
      'src/ldap/a.ts': code(
        'const a: unknown = JSON.parse(text);',
        'const b: Manifest = JSON.parse(text);',
        'const c = JSON.parse(text);',
        'take(JSON.parse(text));',
        'const d = JSON.parse(text) as Manifest;',
        'const e = JSON.stringify(a);',
        'const f = await response.json();',
      ),
    },
    expected: [3, 4, 5, 6, 8].map(
      (line) =>
        `src/ldap/a.ts:${line} reads JSON that is not declared unknown: const value: unknown = JSON.parse(…)`,
    ),
  },
];
