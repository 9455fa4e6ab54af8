// The rooms of src/ and what each may import: the one place where the import table is data.
//
// A new arrow is a changed line here and in ARCHITECTURE.md; `(types)` lets in `import type` and nothing that runs.
// A room may only import rooms that stand above it.

export const EVERYTHING = 'everything';

export const ROOMS: ReadonlyMap<string, readonly string[]> = new Map([
  ['ldap', []],
  ['files', []],
  ['codec', ['ldap']],
  ['schema', ['ldap', 'codec', 'files']],
  ['directory', ['ldap', 'codec', 'schema']],
  ['store', ['ldap', 'codec', 'files']],
  ['expression', ['files']],
  ['config', ['ldap', 'schema', 'expression']],
  ['trust', ['config (types)', 'files']],
  ['mail', ['config (types)', 'trust', 'files']],
  ['runtime', ['ldap', 'files', 'config', 'trust', 'mail']],
  [
    'backend',
    ['ldap', 'files', 'schema', 'directory', 'store', 'expression', 'config', 'trust', 'mail', 'runtime'],
  ],
  ['server', ['ldap', 'files', 'codec', 'config', 'runtime', 'backend']],
  ['ldap-client', ['ldap', 'codec']],
  ['client', ['ldap', 'files', 'config', 'trust', 'mail', 'ldap-client']],
  ['cli', ['ldap', 'files', 'codec', 'schema', 'config', 'trust', 'ldap-client']],
  ['bin', [EVERYTHING]],
]);
