// The rooms of src/ and what each may import: the one place where the import table is data.
//
// A new arrow is a changed line here and in ARCHITECTURE.md; `(types)` lets in `import type` and nothing that runs.
// A room may only import rooms that stand above it.

export const EVERYTHING = 'everything';

export const ROOMS: ReadonlyMap<string, readonly string[]> = new Map([
  ['ldap', []],
  ['codec', ['ldap']],
  ['schema', ['ldap', 'codec']],
  ['directory', ['ldap', 'codec', 'schema']],
  ['store', ['ldap', 'codec']],
  ['expression', []],
  ['config', ['ldap', 'schema', 'expression']],
  ['trust', ['config (types)']],
  ['mail', ['config (types)', 'trust']],
  ['runtime', ['ldap', 'config', 'trust', 'mail']],
  ['backend', ['ldap', 'schema', 'directory', 'store', 'expression', 'config', 'trust', 'mail', 'runtime']],
  ['server', ['ldap', 'codec', 'config', 'runtime', 'backend']],
  ['client', ['ldap', 'config', 'trust', 'mail']],
  ['cli', ['ldap', 'codec', 'schema', 'config', 'client']],
  ['bin', [EVERYTHING]],
]);
